"""What more must be known of a container whose digest differs? Asked once per image, however many containers run it.

One inspection for each container that differs, and for those that the engine's list shows to need it: what a check
costs does not grow with the number of containers. Before anything is touched `all_dependents` looks at every one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from updater.model.candidate import Candidate, Status
from updater.model.published import Published
from updater.model.reason import ReasonCode
from updater.watcher.compare import is_same_image, other_control_labels, shown_manifest
from updater.watcher.dependents import dependents_of, ids_around
from updater.watcher.in_parallel import answers_and_failures

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from updater.model.container import Inventory
    from updater.model.digest import Digest
    from updater.model.platform import Platform
    from updater.model.published_content import PublishedImage
    from updater.model.reason import Reason
    from updater.model.reference import ImageReference
    from updater.watcher.running import RunningImage
    from updater.watcher.sightings import Sightings
    from updater.watcher.survey import Engine

    Json = dict[str, Any]
    Image = tuple[ImageReference, Digest, Platform]


def look_closer(candidates: Sequence[Candidate], inventory: Inventory, sightings: Sightings) -> tuple[Candidate, ...]:
    """Settle every outdated candidate: is it the same image after all, is there one for its platform, who needs it?

    Failures become findings.
    """
    outdated = [candidate for candidate in candidates if candidate.status is Status.OUTDATED]
    around = frozenset[str]().union(*(ids_around(one.container, inventory.containers) for one in outdated))
    inspected, unseen = sightings.at_containers(around)
    running, lost = sightings.at_images_of(outdated)
    wanted = {image for one in outdated if (image := _wanted(one, running)) is not None}
    images, refused = _published(wanted, sightings)
    re_indexed = _of_old_indexes(outdated, running, images, inspected, sightings)
    settled = []
    for candidate in candidates:
        if candidate.status is not Status.OUTDATED:
            settled.append(candidate)
            continue
        container = candidate.container
        image = _wanted(candidate, running)
        failure = _unclear(unseen, ids_around(container, inventory.containers)) or (
            lost.get(container.id) if image is None else refused.get(image)
        )
        if image is None or failure is not None:
            settled.append(replace(candidate, status=Status.UNKNOWN, finding=failure))
            continue
        same = is_same_image(container, images[image], shown_manifest(inspected.get(container.id)))
        same = same or re_indexed.get(container.image_id) == images[image].config_digest
        found = replace(
            candidate,
            status=Status.CURRENT if same else Status.OUTDATED,
            published_image=images[image],
            platform=image[2],
            running_config=running[container.id].config,
            gives_other_labels=other_control_labels(container, images[image]),
        )
        settled.append(_with_dependents(found, inspected, inventory))
    return tuple(settled)


def all_dependents(
    candidates: Sequence[Candidate], inventory: Inventory, engine: Engine, at_once: int
) -> tuple[Candidate, ...]:
    """The candidates with everyone who needs the outdated ones, also by ways that the engine's list does not show.

    One inspection per container. Of one that could not be looked at nobody knows whom it needs, so that no candidate
    counts as outdated then.
    """
    ids = {container.id for container in inventory.containers}
    inspected, unseen = answers_and_failures(engine.inspect_container, ids, at_once)
    unclear = _unclear(unseen, frozenset(unseen))
    return tuple(
        candidate
        if candidate.status is not Status.OUTDATED
        else replace(candidate, status=Status.UNKNOWN, finding=unclear)
        if unclear is not None
        else _with_dependents(candidate, inspected, inventory)
        for candidate in candidates
    )


def _unclear(unseen: Mapping[str, Reason], ids: frozenset[str]) -> Reason | None:
    """Why one of these could not be looked at; one that is gone needs nobody."""
    return next(
        (
            reason
            for container_id, reason in unseen.items()
            if container_id in ids and reason.code is not ReasonCode.CONTAINER_GONE
        ),
        None,
    )


def _published(
    images: Iterable[Image], sightings: Sightings
) -> tuple[Mapping[Image, PublishedImage], Mapping[Image, Reason]]:
    return answers_and_failures(lambda image: sightings.registry.image(*image), images, sightings.at_once)


def _wanted(candidate: Candidate, running: Mapping[str, RunningImage]) -> Image | None:
    container, lookup = candidate.container, candidate.lookup
    runs = running.get(container.id)
    if runs is None or candidate.target is None or not isinstance(lookup, Published):
        return None
    return candidate.target, lookup.digest, runs.platform


def _of_old_indexes(
    outdated: Sequence[Candidate],
    running: Mapping[str, RunningImage],
    images: Mapping[Image, PublishedImage],
    inspected: Mapping[str, Json],
    sightings: Sightings,
) -> dict[str, Digest]:
    """The configuration's digest by image id, where the id is the digest of an index and the engine tells no more.

    So it is with containerd's store in engines before 28: whether a new index holds the image that runs, only the
    registry can say. An index that it no longer has holds another image, then.
    """
    asked: dict[Image, str] = {}
    for one in outdated:
        container, image = one.container, _wanted(one, running)
        if image is None or container.image_id != one.running_digest or image not in images:
            continue
        if shown_manifest(inspected.get(container.id)) is None:
            asked[image[0], one.running_digest, image[2]] = container.image_id
    found, _ = _published(asked, sightings)
    return {asked[image]: published.config_digest for image, published in found.items()}


def _with_dependents(candidate: Candidate, inspected: Mapping[str, Json], inventory: Inventory) -> Candidate:
    own = inspected.get(candidate.container.id) or {"HostConfig": {}}
    return replace(
        candidate,
        auto_remove=bool(own["HostConfig"].get("AutoRemove")),
        dependents=dependents_of(candidate.container, inventory.containers, inspected),
    )
