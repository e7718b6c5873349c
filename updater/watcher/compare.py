"""Does what runs differ from what is published? Pure.

Outdated means: the published digest is none of the digests that the container's own image has in the reference's
repository, nor is it (or its platform's manifest, or its config) the image's id under another name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from updater.model.candidate import Candidate, Status
from updater.model.control_labels import CONTROL_PREFIXES
from updater.model.platform import Platform
from updater.model.published import LookupFailed, Published
from updater.model.reason import Reason, ReasonCode
from updater.model.wording import printable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet

    from updater.model.consideration import Consideration
    from updater.model.container import ContainerSnapshot
    from updater.model.digest import Digest
    from updater.model.goal import Goal
    from updater.model.published import Lookup
    from updater.model.published_content import PublishedImage
    from updater.model.reference import ImageReference


def not_comparable(container: ContainerSnapshot, registry_tags: AbstractSet[ImageReference]) -> Reason | None:
    """Why there is nothing to ask a registry about this container; None where there is."""
    reference = container.reference
    if reference is None:
        return Reason(
            ReasonCode.LOCAL_IMAGE,
            "It was made from an image id, not from a name with a tag, so there is nothing to follow.",
        )
    if reference.is_pinned:
        return Reason(
            ReasonCode.PINNED_BY_DIGEST, "It is pinned to a digest; change the digest where you start it from."
        )
    if container.image is None:
        return Reason(
            ReasonCode.IMAGE_GONE,
            "The image it runs is no longer here, so what you set cannot be told from what the image gave;"
            " recreate it yourself once.",
        )
    if not container.image.digests_for(reference) and reference not in registry_tags:
        return Reason(
            ReasonCode.LOCAL_IMAGE,
            "The engine knows no digest of a registry for its image: it was built or loaded here, or lost its name.",
        )
    return None


def compare(consideration: Consideration, lookup: Lookup, goal: Goal) -> Candidate:
    """The candidate as one request shows it; what differs has still to be read (`look_closer`)."""
    running = _running_digest(consideration.container, lookup)
    if isinstance(lookup, LookupFailed):
        status, finding = Status.UNKNOWN, lookup.reason
    else:
        same = running == lookup.digest or consideration.container.image_id == lookup.digest
        status, finding = Status.CURRENT if same else Status.OUTDATED, None
        if same and goal.failure is not None:
            # Its own tag is where it was; whether there is a newer one, nobody could say.
            status, finding = Status.UNKNOWN, goal.failure
    return Candidate(
        consideration,
        status,
        running,
        lookup,
        finding=finding,
        target=goal.target,
        fallbacks=goal.fallbacks,
        beyond=goal.beyond,
        no_version=goal.no_version,
    )


def is_same_image(container: ContainerSnapshot, image: PublishedImage, manifest: str | None = None) -> bool:
    """Whether a differing digest still names what runs: re-tagged or re-indexed, but the same image.

    An image's id is its config's digest in Docker's classic store, and its manifest's or index's in containerd's;
    there `manifest` is the digest of the platform's manifest that the container runs, where the engine tells it.
    """
    if manifest is not None and manifest == image.manifest_digest:
        return True
    return container.image_id in (image.config_digest, image.manifest_digest, image.digest)


def other_control_labels(container: ContainerSnapshot, image: PublishedImage) -> tuple[str, ...]:
    """The labels by which the new image would tell us what to do, as the one that runs does not.

    One that both have, with another value, is marked: `updater.enable (changed)`. Values are not shown: a hook's line
    may hold a secret.
    """
    now = container.image.labels if container.image is not None else {}
    brought = image.config.get("Labels") or {}
    keys = (str(key) for key in brought if str(key).startswith(CONTROL_PREFIXES) and now.get(key) != brought[key])
    return tuple(f"{printable(key, 80)}{' (changed)' if key in now else ''}" for key in sorted(keys))


def shown_manifest(inspected: Mapping[str, Any] | None) -> str | None:
    """The digest of the manifest that a container runs (Docker API 1.48, with containerd's store only)."""
    descriptor = (inspected or {}).get("ImageManifestDescriptor") or {}
    return descriptor.get("digest") or None


def shown_platform(inspected: Mapping[str, Any] | None) -> Platform | None:
    """The platform of what a container runs, where the engine tells it with the container (as above)."""
    shown = ((inspected or {}).get("ImageManifestDescriptor") or {}).get("platform") or {}
    platform = Platform(shown.get("os") or "", shown.get("architecture") or "", shown.get("variant") or "")
    return platform if platform.os and platform.architecture else None


def _running_digest(container: ContainerSnapshot, lookup: Lookup) -> Digest | None:
    return running_digest(container, lookup.digest if isinstance(lookup, Published) else None)


def running_digest(container: ContainerSnapshot, preferred: Digest | None = None) -> Digest | None:
    """The digest it runs in its reference's repository; `preferred` where the image has several and this is one."""
    if container.reference is None or container.image is None:
        return None
    digests = container.image.digests_for(container.reference)
    if preferred in digests:
        return preferred
    return min(digests, default=None)
