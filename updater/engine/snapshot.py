"""What do the engine's lists say? Its JSON in, snapshots out; pure."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from updater.model.container import OF_CONTAINER, ContainerSnapshot, ContainerState, ImageFacts, Inventory
from updater.model.reference import NotAReference, parse_reference, parse_repository_digest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from updater.model.digest import Digest
    from updater.model.reference import ImageReference

_IMAGE_ID = re.compile(r"sha256:[0-9a-f]{64}")
_SHORT_ID = re.compile(r"[0-9a-f]{4,63}")


def inventory(containers: Sequence[Mapping[str, Any]], images: Sequence[Mapping[str, Any]]) -> Inventory:
    """Join `GET /containers/json` with `GET /images/json`; containers in the middle of removal are left out."""
    facts = {image["Id"]: image_facts(image) for image in images}
    linked = _linked(containers)
    return Inventory(
        containers=tuple(
            _snapshot(container, name, facts, linked.get(name, frozenset()))
            for container in containers
            if (name := container_name(container.get("Names") or ()))
        ),
        registry_tags=_tags_from_registries(images, facts),
        tags={tag: image["Id"] for image in images for tag in image.get("RepoTags") or ()},
    )


def image_facts(image: Mapping[str, Any]) -> ImageFacts:
    """An entry of the list, or an inspected image (its labels stand elsewhere)."""
    labels = image.get("Labels") if "Labels" in image else (image.get("Config") or {}).get("Labels")
    return ImageFacts(
        id=image["Id"],
        repository_digests=frozenset(_repository_digests(image.get("RepoDigests") or ())),
        labels=dict(labels or {}),
    )


def container_name(names: Iterable[str]) -> str | None:
    """The container's own name: legacy links add `/other/alias` to it. None while it is being removed."""
    return next((name[1:] for name in names if name.count("/") == 1), None)


def reference_of(image_text: str, image_id: str) -> ImageReference | None:
    """The reference a container was made from; None where the user named an image id, whole or shortened."""
    shortened = _SHORT_ID.fullmatch(image_text) and image_id.partition(":")[2].startswith(image_text)
    if shortened or is_image_id(image_text):
        return None
    try:
        return parse_reference(image_text)
    except NotAReference:
        return None


def is_image_id(image_text: str) -> bool:
    """The list shows the image's id in place of the reference once the tag has moved on."""
    return _IMAGE_ID.fullmatch(image_text) is not None


def _linked(containers: Sequence[Mapping[str, Any]]) -> dict[str, frozenset[str]]:
    """By name of a container, the ids of those it has legacy links to: these bear `/name/alias` as a further name."""
    found: dict[str, frozenset[str]] = {}
    for container in containers:
        for name in container.get("Names") or ():
            _, _, alias = name[1:].partition("/")
            if alias:
                user = name[1:].partition("/")[0]
                found[user] = found.get(user, frozenset()) | {container["Id"]}
    return found


def _network_of(container: Mapping[str, Any]) -> str | None:
    mode = str((container.get("HostConfig") or {}).get("NetworkMode") or "")
    return mode.removeprefix(OF_CONTAINER) if mode.startswith(OF_CONTAINER) else None


def _snapshot(
    container: Mapping[str, Any], name: str, facts: Mapping[str, ImageFacts], linked: frozenset[str]
) -> ContainerSnapshot:
    image_text, image_id, network_of = container["Image"], container["ImageID"], _network_of(container)
    return ContainerSnapshot(
        id=container["Id"],
        name=name,
        image_text=image_text,
        image_id=image_id,
        reference=reference_of(image_text, image_id),
        image=facts.get(image_id),
        state=ContainerState(container["State"]),
        labels=dict(container.get("Labels") or {}),
        created_at=float(container.get("Created") or 0),
        needs=linked | ({network_of} if network_of is not None else frozenset()),
        network_of=network_of,
    )


def _repository_digests(entries: Iterable[str]) -> Iterable[tuple[str, Digest]]:
    for entry in entries:
        with suppress(NotAReference):  # `<none>@<none>` for an image without a name
            yield parse_repository_digest(entry)


def _tags_from_registries(
    images: Sequence[Mapping[str, Any]], facts: Mapping[str, ImageFacts]
) -> frozenset[ImageReference]:
    """The tags that name an image with a digest of the tag's own repository."""
    found = set()
    for image in images:
        for tag in image.get("RepoTags") or ():
            with suppress(NotAReference):  # `<none>:<none>`
                reference = parse_reference(tag)
                if facts[image["Id"]].digests_for(reference):
                    found.add(reference)
    return frozenset(found)
