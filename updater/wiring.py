"""How do settings become the engine, the registries and the request of a cycle? The one place that knows all rooms."""

from __future__ import annotations

import logging
import os
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from updater.configuration import LOGIN_VARIABLES
from updater.engine.docker_engine import DockerEngine
from updater.errors import InvalidSetting, RegistryDenied
from updater.model.silence import unheard
from updater.model.zone import GOOD_ZONES, system_zone
from updater.policy.declarations import SETTINGS
from updater.registry.credentials import chain, configured
from updater.registry.docker_config import docker_config, docker_config_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from zoneinfo import ZoneInfo

    from updater.interruption import Interruption
    from updater.model.reference import ImageReference
    from updater.model.silence import Silence
    from updater.policy.terms import Request
    from updater.recreator.recreation import Narrator
    from updater.registry.access import RegistryAccess
    from updater.registry.credentials import CredentialSource
    from updater.settings import Settings
    from updater.state.store import Store
    from updater.watchtower.migration import Migration
    from updater.world import World

LOGGER = logging.getLogger("updater")


@contextmanager
def opened(
    settings: Settings,
    environment: Mapping[str, str],
    narrator: Narrator,
    interruption: Interruption,
    *,
    writable: bool = True,
    listing: bool = False,
    silence: Silence = unheard,
) -> Iterator[World]:
    """Everything outside, connected; closed at the end. Raises EngineUnreachable, EngineDenied, InvalidSetting.

    `listing`: what is going to be done begins with the engine's inventory, and does so at once; an engine takes a while
    for its lists, in which all else is loaded. `silence` hears of each wait for an answer from outside how long it may
    take.
    """
    access = {entry.host: entry for entry in settings.registries}
    credentials = known_credentials(access, environment)
    with ExitStack() as stack:
        engine = stack.enter_context(DockerEngine.open(settings["host"], environment, silence))
        if listing:
            engine.list_ahead()
        from updater.registry.client import RegistryClient  # in the meantime, as what each function below loads
        from updater.world import World

        memory = stack.enter_context(memory_of(settings, environment, writable=writable))
        registry = stack.enter_context(
            RegistryClient(
                credentials,
                access,
                at_once=settings["parallel_checks"],
                open_before=memory.open_registries(),
                silence=silence,
            )
        )
        yield World(engine, registry, credentials_for_pulls(credentials), memory, narrator, interruption)


@contextmanager
def memory_of(settings: Settings, environment: Mapping[str, str], *, writable: bool) -> Iterator[Store]:
    """What is remembered; its warnings are logged once."""
    from updater.state.store import open_store

    with open_store(state_folder(settings, environment), writable=writable) as store:
        told = store.warnings
        for warning in told:
            LOGGER.warning("%s", warning)
        yield store
        for warning in store.warnings[len(told) :]:
            LOGGER.warning("%s", warning)


def state_folder(settings: Settings, environment: Mapping[str, str]) -> Path | None:
    """Where the memory is kept; None where there is no place for it."""
    if settings["state_dir"] is not None:
        given = Path(settings["state_dir"])
        with suppress(RuntimeError):  # nobody's home: the folder is called so, then
            given = given.expanduser()  # no shell has done that to a variable or a config file
        return given
    if os.geteuid() == 0:
        return Path("/var/lib/updater")
    home = environment.get("HOME")
    base = environment.get("XDG_STATE_HOME") or (f"{home}/.local/state" if home else None)
    return Path(base) / "updater" if base else None


def watchtower_found(settings: Settings, environment: Mapping[str, str]) -> Migration:
    """What of Watchtower's is here. Raises EngineUnreachable, EngineDenied, InvalidSetting."""
    from updater.migrating import look_for_watchtower  # no cycle has a use for it

    with DockerEngine.open(settings["host"], environment) as engine:
        return look_for_watchtower(engine, environment)


def request_of(settings: Settings, names: Sequence[str], environment: Mapping[str, str]) -> Request:
    """What is asked of the policy."""
    from updater.policy.terms import Request

    return Request(
        names=frozenset(names),
        all=settings["all"],
        nobody_said_all=settings.nobody_said_all,
        defaults={
            setting.name: settings[setting.name] for setting in SETTINGS if setting.per_container and setting.inherited
        },
        entries=settings.containers,
        scope=settings["scope"],
        include=settings["include"],
        exclude=settings["exclude"],
        warn_majors=settings["warn_majors"],
        zone=zone_of(settings, environment),
        schedule=settings["schedule"],
        state_folder=state_folder(settings, environment),
    )


def zone_of(settings: Settings, environment: Mapping[str, str]) -> ZoneInfo:
    """By whose clock schedules and windows are meant, and times are told. Raises InvalidSetting."""
    zone: ZoneInfo | None = settings["timezone"]
    try:
        return zone or system_zone(environment)
    except ValueError as error:
        raise InvalidSetting("environment variable TZ", str(error), GOOD_ZONES) from None


def known_credentials(access: Mapping[str, RegistryAccess], environment: Mapping[str, str]) -> CredentialSource:
    """All sources of credentials, in their order of precedence. Raises InvalidSetting."""
    # A credential helper has no use for the password of a registry that it may not even serve.
    passed_on = {name: value for name, value in environment.items() if name.upper() not in LOGIN_VARIABLES}
    return chain(configured(access), docker_config(docker_config_file(environment), passed_on))


def credentials_for_pulls(source: CredentialSource) -> Callable[[ImageReference], Mapping[str, str]]:
    """What the engine is handed for a pull: the credentials of the reference's own registry, as its API wants them."""

    def find(reference: ImageReference) -> Mapping[str, str]:
        try:
            found = source(reference.registry)
        except RegistryDenied:
            # The check went through without credentials then, and so will the pull.
            found = None
        if found is None:
            return {}
        address = {"serveraddress": reference.registry}
        if found.identity_token:
            return {"identitytoken": found.identity_token, **address}
        return {"username": found.username, "password": found.password, **address}

    return find
