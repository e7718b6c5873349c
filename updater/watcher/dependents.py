"""Who lives in whose namespaces, or uses whose links or volumes? Pure.

Told from inspections, and of a container that was not inspected from what the engine's list shows. The engine knows
the provider by its id: once that is replaced, even under the same name, these can never start again.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from updater.model.container import OF_CONTAINER, ContainerState
from updater.model.dependent import Dependent
from updater.model.reference import NotAReference, parse_reference

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from updater.model.container import ContainerSnapshot

_MODES = ("NetworkMode", "PidMode", "IpcMode")
_SHORTEST_ID = 4
_BEYOND_HELP = frozenset({ContainerState.DEAD, ContainerState.REMOVING})


def dependents_of(
    provider: ContainerSnapshot, containers: Sequence[ContainerSnapshot], inspected: Mapping[str, Mapping[str, Any]]
) -> tuple[Dependent, ...]:
    """All that need the provider, also by way of others, each after the ones that it needs itself."""
    needs = _needs(containers, inspected)
    group = _reached_from(provider.id, needs)
    by_id = {container.id: container for container in containers}
    found: list[Dependent] = []
    placed = {provider.id}
    while waiting := [identifier for identifier in needs if identifier in group - placed]:
        # In a circle of links nobody comes first; then any may.
        ready = [identifier for identifier in waiting if not (needs[identifier] & group) - placed] or waiting[:1]
        for identifier in ready:
            on = next(by_id[other].name for other in by_id if other in needs[identifier] & group)
            shown = inspected.get(identifier, {})
            auto_remove = bool((shown.get("HostConfig") or {}).get("AutoRemove"))
            found.append(Dependent(_with_reference(by_id[identifier], shown), on, auto_remove))
            placed.add(identifier)
    return tuple(found)


def ids_around(provider: ContainerSnapshot, containers: Sequence[ContainerSnapshot]) -> frozenset[str]:
    """The provider's id, and the ids of all that need it as far as the engine's list shows."""
    return frozenset(_reached_from(provider.id, _needs(containers, {})))


def _needs(containers: Sequence[ContainerSnapshot], inspected: Mapping[str, Mapping[str, Any]]) -> dict[str, set[str]]:
    """By id of each container, the ids of those that it needs."""
    return {
        container.id: _resolved(
            _needed(inspected[container.id]["HostConfig"]) if container.id in inspected else container.needs, containers
        )
        for container in containers
        if container.state not in _BEYOND_HELP
    }


def _with_reference(container: ContainerSnapshot, inspected: Mapping[str, Any]) -> ContainerSnapshot:
    """The list shows an image's id where the tag has moved; the inspection has what the user wrote."""
    text = str((inspected.get("Config") or {}).get("Image") or "")
    if container.reference is not None or not text or text.startswith("sha256:"):
        return container
    try:
        return replace(container, image_text=text, reference=parse_reference(text))
    except NotAReference:
        return container


def _reached_from(provider: str, needs: Mapping[str, set[str]]) -> set[str]:
    group = {provider}
    while more := {identifier for identifier, needed in needs.items() if needed & group} - group:
        group |= more
    return group


def _resolved(names: Iterable[str], containers: Sequence[ContainerSnapshot]) -> set[str]:
    return {found for text in names if (found := _resolve(text, containers)) is not None}


def _needed(host_config: Mapping[str, Any]) -> Iterator[str]:
    """Names or ids, as the user gave them or as the engine wrote them down."""
    for field in _MODES:
        mode = str(host_config.get(field) or "")
        if mode.startswith(OF_CONTAINER):
            yield mode.removeprefix(OF_CONTAINER)
    for link in host_config.get("Links") or ():
        yield str(link).partition(":")[0].lstrip("/")  # `/web:/other/alias`
    for entry in host_config.get("VolumesFrom") or ():
        yield str(entry).partition(":")[0]


def _resolve(text: str, containers: Sequence[ContainerSnapshot]) -> str | None:
    """As the engine does: the whole id, then a name, then the beginning of an id."""
    for container in containers:
        if text in (container.id, container.name):
            return container.id
    beginning = [container.id for container in containers if container.id.startswith(text)]
    return beginning[0] if len(text) >= _SHORTEST_ID and len(beginning) == 1 else None
