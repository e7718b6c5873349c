"""How do all containers compare with their registries?

One request per distinct reference, in threads, and more only where a digest differs.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from updater.errors import EngineError, RegistryError
from updater.model.candidate import Candidate, Status
from updater.model.platform import Platform
from updater.model.published import LookupFailed
from updater.watcher.compare import compare, is_same_image, not_comparable, running_digest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from updater.model.consideration import Consideration
    from updater.model.container import ContainerSnapshot, Inventory
    from updater.model.digest import Digest
    from updater.model.published import Lookup, Published, PublishedImage
    from updater.model.reference import ImageReference


class Engine(Protocol):
    """What the watcher asks of an engine; none of it changes anything."""

    def with_reference(self, container: ContainerSnapshot) -> ContainerSnapshot: ...
    def with_image(self, container: ContainerSnapshot) -> ContainerSnapshot: ...
    def inspect_container(self, container_id: str) -> dict[str, Any]: ...
    def inspect_image(self, name_or_id: str) -> dict[str, Any]: ...


class Registry(Protocol):
    """What the watcher asks of registries."""

    def published(self, reference: ImageReference) -> Published: ...
    def image(self, reference: ImageReference, digest: Digest, platform: Platform) -> PublishedImage: ...


def survey(
    considerations: Sequence[Consideration],
    inventory: Inventory,
    engine: Engine,
    registry: Registry,
    parallel_checks: int,
) -> tuple[Candidate, ...]:
    """Compare each container that nothing objects to; the order stays. Failures become candidates, not exceptions."""
    located = [_locate(consideration, inventory, engine) for consideration in considerations]
    references = {
        reference
        for found in located
        if not isinstance(found, Candidate) and (reference := found.container.reference) is not None
    }
    with ThreadPoolExecutor(parallel_checks, thread_name_prefix="lookup") as pool:
        answers = pool.map(lambda reference: _look_up(reference, registry), references)
        lookups = dict(zip(references, answers, strict=True))
        compared = [found if isinstance(found, Candidate) else _compare(found, lookups) for found in located]
        sharing = _who_shares(compared, inventory, engine)
        return tuple(pool.map(lambda candidate: _settle(candidate, engine, registry, sharing), compared))


def _locate(consideration: Consideration, inventory: Inventory, engine: Engine) -> Consideration | Candidate:
    """The consideration with what the list left out, or at once the candidate there is no comparing with."""
    if consideration.objection is not None:
        return Candidate(
            consideration,
            Status.IGNORED,
            running_digest(consideration.container),
            finding=consideration.objection,
        )
    try:
        container = engine.with_reference(engine.with_image(consideration.container))
    except EngineError as error:
        return Candidate(consideration, Status.UNKNOWN, finding=error.reason)
    located = replace(consideration, container=container)
    reason = not_comparable(container, inventory.registry_tags)
    if reason is None:
        return located
    return Candidate(located, Status.IGNORED, running_digest(container), finding=reason)


def _look_up(reference: ImageReference, registry: Registry) -> Lookup:
    try:
        return registry.published(reference)
    except RegistryError as error:
        return LookupFailed(reference, error.reason)


def _compare(consideration: Consideration, lookups: Mapping[ImageReference, Lookup]) -> Candidate:
    reference = consideration.container.reference
    assert reference is not None  # _locate made a candidate of those without
    return compare(consideration, lookups[reference])


def _settle(
    candidate: Candidate, engine: Engine, registry: Registry, sharing: Mapping[str, tuple[str, ...]]
) -> Candidate:
    """Read what is published where the digest differs: is it the same image after all, and is there one for us?"""
    if candidate.status is not Status.OUTDATED:
        return candidate
    container, lookup = candidate.container, candidate.lookup
    assert container.reference is not None
    assert lookup is not None
    assert not isinstance(lookup, LookupFailed)
    try:
        platform = _platform(container, engine)
        image = registry.image(container.reference, lookup.digest, platform)
        inspected = engine.inspect_container(container.id)
    except (RegistryError, EngineError) as error:
        return replace(candidate, status=Status.UNKNOWN, finding=error.reason)
    return replace(
        candidate,
        status=Status.CURRENT if is_same_image(container, image) else Status.OUTDATED,
        published_image=image,
        platform=platform,
        auto_remove=bool(inspected["HostConfig"].get("AutoRemove")),
        sharing=sharing.get(container.id, ()),
    )


def _platform(container: ContainerSnapshot, engine: Engine) -> Platform:
    """The platform that the container's own image was made for, which may be another than the host's."""
    image = engine.inspect_image(container.image_id)
    return Platform(image["Os"], image["Architecture"], image.get("Variant") or "")


def _who_shares(candidates: Iterable[Candidate], inventory: Inventory, engine: Engine) -> dict[str, tuple[str, ...]]:
    """Container id → names of those that live in its namespaces; only asked where something could be updated."""
    if all(candidate.status is not Status.OUTDATED for candidate in candidates):
        return {}
    found: dict[str, list[str]] = {}
    ids = {container.name: container.id for container in inventory.containers}
    for container in inventory.containers:
        try:
            host_config = engine.inspect_container(container.id)["HostConfig"]
        except EngineError:
            continue  # gone since the list was made; then it shares nothing either
        for provider in _providers(host_config, ids):
            found.setdefault(provider, []).append(container.name)
    return {provider: tuple(names) for provider, names in found.items()}


def _providers(host_config: Mapping[str, Any], ids: Mapping[str, str]) -> set[str]:
    """The ids of the containers that this one could not do without: shared namespaces, and links of the old kind."""
    modes = (str(host_config.get(key) or "") for key in ("NetworkMode", "PidMode", "IpcMode"))
    lent = {mode.removeprefix("container:") for mode in modes if mode.startswith("container:")}
    # `/web:/other/alias`: the engine looks the name up again at each start.
    linked = {str(link).partition(":")[0].lstrip("/") for link in host_config.get("Links") or ()}
    return {ids.get(name, name) for name in lent | linked}
