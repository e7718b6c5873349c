"""What more must be known of a container whose digest differs? Asked once per image, however many containers run it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from updater.errors import EngineError, EngineNotFound, RegistryError
from updater.model.candidate import Candidate, Status
from updater.model.platform import Platform
from updater.model.published import Published
from updater.model.reason import ReasonCode
from updater.watcher.compare import is_same_image
from updater.watcher.dependents import dependents_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from concurrent.futures import Executor

    from updater.model.container import Inventory
    from updater.model.digest import Digest
    from updater.model.published import PublishedImage
    from updater.model.reason import Reason
    from updater.model.reference import ImageReference
    from updater.watcher.survey import Engine, Registry

    Json = dict[str, Any]
    Image = tuple[ImageReference, Digest, Platform]

Key = TypeVar("Key")
Value = TypeVar("Value")


def look_closer(
    candidates: Sequence[Candidate], inventory: Inventory, engine: Engine, registry: Registry, pool: Executor
) -> tuple[Candidate, ...]:
    """Settle every outdated candidate: is it the same image after all, is there one for its platform, who needs it?

    Failures become findings. Costs nothing where nothing is outdated.
    """
    outdated = [candidate for candidate in candidates if candidate.status is Status.OUTDATED]
    if not outdated:
        return tuple(candidates)
    inspected, unseen = _each(pool, engine.inspect_container, {container.id for container in inventory.containers})
    # One that is gone needs nobody; of one that could not be looked at nobody knows whom it needs.
    unclear = next((reason for reason in unseen.values() if reason.code is not ReasonCode.CONTAINER_GONE), None)
    platforms, lost = _each(pool, lambda image: _platform(image, engine), {one.container.image_id for one in outdated})
    wanted = {image for one in outdated if (image := _wanted(one, platforms)) is not None}
    images, refused = _each(pool, lambda image: registry.image(*image), wanted)
    settled = []
    for candidate in candidates:
        if candidate.status is not Status.OUTDATED:
            settled.append(candidate)
            continue
        image = _wanted(candidate, platforms)
        failure = unclear or (lost.get(candidate.container.image_id) if image is None else refused.get(image))
        if image is None or failure is not None:
            settled.append(replace(candidate, status=Status.UNKNOWN, finding=failure))
        else:
            settled.append(_settle(candidate, image[2], images[image], inspected, inventory))
    return tuple(settled)


def _each(
    pool: Executor, ask: Callable[[Key], Value], keys: Iterable[Key]
) -> tuple[dict[Key, Value], dict[Key, Reason]]:
    """The answers, and the reasons for those that there are none of."""

    def one(key: Key) -> tuple[Key, Value | None, Reason | None]:
        try:
            return key, ask(key), None
        except (RegistryError, EngineError) as error:
            return key, None, error.reason

    answers: dict[Key, Value] = {}
    failures: dict[Key, Reason] = {}
    for key, answer, reason in pool.map(one, keys):
        if reason is not None:
            failures[key] = reason
        elif answer is not None:
            answers[key] = answer
    return answers, failures


def _wanted(candidate: Candidate, platforms: Mapping[str, Platform]) -> Image | None:
    container, lookup = candidate.container, candidate.lookup
    platform = platforms.get(container.image_id)
    if platform is None or container.reference is None or not isinstance(lookup, Published):
        return None
    return container.reference, lookup.digest, platform


def _settle(
    candidate: Candidate,
    platform: Platform,
    image: PublishedImage,
    inspected: Mapping[str, Json],
    inventory: Inventory,
) -> Candidate:
    container = candidate.container
    own = inspected.get(container.id) or {"HostConfig": {}}
    return replace(
        candidate,
        status=Status.CURRENT if is_same_image(container, image) else Status.OUTDATED,
        published_image=image,
        platform=platform,
        auto_remove=bool(own["HostConfig"].get("AutoRemove")),
        dependents=dependents_of(container, inventory.containers, inspected),
    )


def _platform(image_id: str, engine: Engine) -> Platform:
    """The platform that the container's own image was made for, which may be another than the host's."""
    image = engine.image_by_id(image_id)
    if image is None:
        raise EngineNotFound("the image that it runs was removed a moment ago")
    return Platform(image["Os"], image["Architecture"], image.get("Variant") or "")
