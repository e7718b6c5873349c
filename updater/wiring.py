"""How do settings become the engine, the registries and the request of a cycle? The one place that knows all rooms."""

from __future__ import annotations

import logging
import os
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from updater.engine.docker_engine import DockerEngine
from updater.policy.terms import Request
from updater.registry.client import RegistryClient
from updater.registry.credentials import chain, configured, docker_config, docker_config_file
from updater.settings import SETTINGS
from updater.state.store import open_store
from updater.world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from updater.interruption import Interruption
    from updater.model.reference import ImageReference
    from updater.recreator.recreation import Narrator
    from updater.registry.credentials import CredentialSource
    from updater.settings import Settings
    from updater.state.store import Store

LOGGER = logging.getLogger("updater")


@contextmanager
def opened(
    settings: Settings,
    environment: Mapping[str, str],
    narrator: Narrator,
    interruption: Interruption,
    *,
    writable: bool = True,
) -> Iterator[World]:
    """Everything outside, connected; closed at the end. Raises EngineUnreachable, EngineDenied, InvalidSetting."""
    access = {entry.host: entry for entry in settings.registries}
    credentials = chain(configured(access), docker_config(docker_config_file(environment)))
    with ExitStack() as stack:
        engine = stack.enter_context(DockerEngine.open(settings["host"], environment))
        registry = stack.enter_context(RegistryClient(credentials, access))
        memory = stack.enter_context(memory_of(settings, environment, writable=writable))
        yield World(engine, registry, _for_the_engine(credentials), memory, narrator, interruption)


@contextmanager
def memory_of(settings: Settings, environment: Mapping[str, str], *, writable: bool) -> Iterator[Store]:
    """What is remembered; its warnings are logged once."""
    with open_store(_state_folder(settings, environment), writable=writable) as store:
        told = store.warnings
        for warning in told:
            LOGGER.warning("%s", warning)
        yield store
        for warning in store.warnings[len(told) :]:
            LOGGER.warning("%s", warning)


def _state_folder(settings: Settings, environment: Mapping[str, str]) -> Path | None:
    if settings["state_dir"] is not None:
        return Path(settings["state_dir"])
    if os.geteuid() == 0:
        return Path("/var/lib/updater")
    home = environment.get("HOME")
    base = environment.get("XDG_STATE_HOME") or (f"{home}/.local/state" if home else None)
    return Path(base) / "updater" if base else None


def request_of(settings: Settings, names: Sequence[str]) -> Request:
    """What is asked of the policy."""
    return Request(
        names=frozenset(names),
        all=settings["all"],
        defaults={setting.name: settings[setting.name] for setting in SETTINGS if setting.per_container},
        entries=settings.containers,
    )


def _for_the_engine(source: CredentialSource) -> Callable[[ImageReference], Mapping[str, str]]:
    """What the engine is handed for a pull: the credentials of the reference's own registry, as its API wants them."""

    def find(reference: ImageReference) -> Mapping[str, str]:
        found = source(reference.registry)
        if found is None:
            return {}
        address = {"serveraddress": reference.registry}
        if found.identity_token:
            return {"identitytoken": found.identity_token, **address}
        return {"username": found.username, "password": found.password, **address}

    return find
