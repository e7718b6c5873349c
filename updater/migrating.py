"""What of Watchtower's is on this engine, and in this environment? Looks, and changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from updater.errors import EngineNotFound
from updater.watchtower.labels import label_answers, marks_watchtower
from updater.watchtower.migration import Labelled, Migration, Source, source_of
from updater.watchtower.reading import read

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from updater.engine.docker_engine import DockerEngine
    from updater.model.container import ContainerSnapshot

_PROGRAM = "watchtower"


def look_for_watchtower(engine: DockerEngine, environment: Mapping[str, str]) -> Migration:
    """Its containers, running or not, by their image's name or the label it brings; the labels of all containers."""
    containers = sorted(engine.inventory().containers, key=lambda container: container.name)
    found = (_source(container, engine) for container in containers)
    sources = [source for source in found if source is not None]
    everything = read(environment)
    if everything.is_watchtower or everything.unknown:
        sources.append(source_of("", "", "", environment))
    labelled = ((container.name, label_answers(container)) for container in containers)
    return Migration(tuple(sources), tuple(Labelled(name, labels) for name, labels in labelled if labels))


def _source(container: ContainerSnapshot, engine: DockerEngine) -> Source | None:
    try:
        container = engine.with_reference(container)
        if not marks_watchtower(container) and not _is_named_so(container):
            return None
        inspected = engine.inspect_container(container.id)
    except EngineNotFound:
        return None  # it was removed meanwhile
    entries = (entry.partition("=") for entry in inspected["Config"].get("Env") or ())
    environment = {name: value for name, _, value in entries}
    return source_of(container.name, container.image_text, str(container.state), environment, _arguments(inspected))


def _is_named_so(container: ContainerSnapshot) -> bool:
    """`containrrr/watchtower`, `nickfedor/watchtower`, `registry.example/team/my-watchtower`."""
    if container.reference is None:
        return False
    last = container.reference.repository.rpartition("/")[2]
    return last == _PROGRAM or last.endswith("-" + _PROGRAM)


def _arguments(inspected: Mapping[str, Any]) -> Sequence[str]:
    """What follows the program; it may be started by another one, such as tini."""
    words = [str(inspected.get("Path") or ""), *(str(word) for word in inspected.get("Args") or ())]
    at = next((place for place, word in enumerate(words) if word.rpartition("/")[2] == _PROGRAM), 0)
    return words[at + 1 :]
