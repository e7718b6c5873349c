"""Is all in order? What `updater doctor` looks at, in its order: the engine, ourselves, hooks, names, registries."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from updater import examination
from updater.engine.docker_engine import DockerEngine
from updater.errors import EngineError
from updater.own_part import in_own_container
from updater.policy.scope import consider
from updater.registry.client import RegistryClient
from updater.state.store import open_store
from updater.watcher.compare import not_comparable
from updater.wiring import known_credentials, request_of, state_folder

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from updater.model.container import Inventory
    from updater.model.finding import Finding
    from updater.model.reference import ImageReference
    from updater.policy.terms import Request
    from updater.settings import Settings


def examined(settings: Settings, environment: Mapping[str, str]) -> Iterator[Finding]:
    """Everything that a cycle needs, looked at one by one; what is out of order is a finding. Raises InvalidSetting."""
    access = {entry.host: entry for entry in settings.registries}
    credentials = known_credentials(access, environment)
    references: list[ImageReference] = []
    with ExitStack() as stack:
        try:
            engine = stack.enter_context(DockerEngine.open(settings["host"], environment))
            yield from examination.engine_findings(engine)
            inventory = engine.inventory()
            yield examination.itself_finding(inventory, engine)
            request = in_own_container(
                request_of(settings, [], environment), inventory.containers, engine.find_container
            )
            considered = [consider(container, request) for container in inventory.containers]
            yield from examination.hook_findings(engine, considered)
            if (named := examination.names_finding(inventory.containers, request)) is not None:
                yield named
            references = followed(inventory, request)
            clock = examination.clock_finding(engine)
        except EngineError as error:
            yield examination.failure("engine", error)
            clock = examination.clock_finding(None)
        yield clock
        folder = state_folder(settings, environment)
        with open_store(folder, writable=False) as store:
            yield examination.state_finding(folder, store.warnings)
        registry = stack.enter_context(RegistryClient(credentials, access))
        yield from examination.registry_findings(registry, references, access)


def followed(inventory: Inventory, request: Request) -> list[ImageReference]:
    """The references that a cycle would ask registries for."""
    return [
        container.reference
        for container in inventory.containers
        if container.reference is not None
        and consider(container, request).objection is None
        and not_comparable(container, inventory.registry_tags) is None
    ]
