"""What are the settings now? All sources, in their order of precedence.

Command line > environment > Watchtower's variables > config file > default. Per container: label > `containers:` entry
> global.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from updater.errors import InvalidSetting
from updater.model.reference import DOCKER_HUB, NotAReference, parse_reference
from updater.policy.declarations import BY_NAME, DEFAULT_CONFIG, ENVIRONMENT_PREFIX, SETTINGS
from updater.registry.access import RegistryAccess
from updater.settings import Settings, parse_value, read_secret, unknown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from updater.policy.terms import Entry
    from updater.watchtower.drop_in import DropIn

_FROM_FILE = "_FILE"
# The login at one registry. There is no flag for it, since everybody on the machine sees a command line.
_LOGIN = ("registry", "registry_username", "registry_password")
LOGIN_VARIABLES = frozenset(
    f"{ENVIRONMENT_PREFIX}{name.upper()}{ending}" for name in _LOGIN for ending in ("", _FROM_FILE)
) | {"REPO_USER", "REPO_PASS"}  # the same, as Watchtower calls it
_WATCHTOWERS = ("WATCHTOWER_", "REPO_USER", "REPO_PASS")


def resolve(command_line: Mapping[str, str | bool | None], environment: Mapping[str, str]) -> Settings:
    """Read all sources in their order of precedence. Raises InvalidSetting, naming place, value and good values."""
    from_environment, login = _read_environment(environment)
    drop_in = _read_watchtower(environment)
    explicit = {**from_environment, **_read_command_line(command_line)}
    in_file: Mapping[str, Any] = {}
    registries: tuple[RegistryAccess, ...] = ()
    containers: tuple[Entry, ...] = ()
    path = _config_path(explicit.get("config"))
    if path is not None:
        from updater.config_file import read_config_file  # brings PyYAML along, for those who have such a file

        from_file = read_config_file(path)
        in_file, registries, containers = from_file.values, from_file.registries, from_file.containers
    values: dict[str, Any] = {setting.name: setting.default for setting in SETTINGS}
    if drop_in is None:
        values |= {**in_file, **explicit}
        warnings: tuple[str, ...] = ()
        nobody_said_all = "all" not in {**in_file, **explicit}
    else:
        values |= {"all": drop_in.all_containers, **in_file, **drop_in.values, **explicit}
        warnings = tuple(drop_in.hints(explicit, in_file, login))
        login = drop_in.with_login(login)
        nobody_said_all = False
    registries = _with_login(registries, _read_login(login))
    for entry in registries:
        _check_login(entry)
    return Settings(values, registries, containers, warnings, nobody_said_all)


def _read_watchtower(environment: Mapping[str, str]) -> DropIn | None:
    if not any(name.startswith(_WATCHTOWERS) for name in environment):
        return None
    from updater.watchtower.drop_in import read_drop_in  # a long table, for those who have such variables

    return read_drop_in(environment)


def without_watchtower(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment without any variable of Watchtower's that would count here."""
    return {name: value for name, value in environment.items() if not name.startswith(_WATCHTOWERS)}


def _config_path(explicit: str | None) -> str | None:
    if explicit is not None:
        return explicit
    try:
        return DEFAULT_CONFIG if Path(DEFAULT_CONFIG).exists() else None
    except OSError:
        return DEFAULT_CONFIG  # in a folder that is closed to us: reading it says so


def _read_command_line(given: Mapping[str, str | bool | None]) -> dict[str, Any]:
    return {
        name: value if isinstance(value, bool) else parse_value(BY_NAME[name], value, BY_NAME[name].flag)
        for name, value in given.items()
        if value is not None
    }


def _read_environment(environment: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    values: dict[str, Any] = {}
    login: dict[str, str] = {}
    for variable in sorted(environment):
        if not variable.startswith(ENVIRONMENT_PREFIX):
            continue
        name = variable.removeprefix(ENVIRONMENT_PREFIX).lower()
        text = environment[variable]
        from_file = name not in BY_NAME and name.upper().endswith(_FROM_FILE)
        if from_file:
            name = name[: -len(_FROM_FILE)]
        if name not in BY_NAME and name not in _LOGIN:
            raise unknown(f"environment variable {variable}", name, [*BY_NAME, *_LOGIN])
        if from_file:
            text = _read_value(name, text, variable)
        if name in values or name in login:
            plain = ENVIRONMENT_PREFIX + name.upper()
            raise InvalidSetting(variable, f"given together with {plain}", "only one of the two")
        if name in _LOGIN:
            login[name] = text
        else:
            values[name] = parse_value(BY_NAME[name], text, f"environment variable {variable}")
    return values, login


def _read_value(name: str, path: str, variable: str) -> str:
    """What stands in the file. An error must not show much of it: whoever names the wrong file may name a secret."""
    text = read_secret(path, variable)
    if len(text.splitlines()) < 2:
        return text
    good = "a file that holds just the value"
    if name == "config":
        good = f"{ENVIRONMENT_PREFIX}CONFIG for the config file itself, or a file that holds just its path"
    raise InvalidSetting(variable, f"{path} holds several lines", good)


def _read_login(given: Mapping[str, str]) -> RegistryAccess | None:
    if not given:
        return None
    host, username, password = (given.get(name, "") for name in _LOGIN)
    if not username or not password:
        missing = "UPDATER_REGISTRY_USERNAME" if password else "UPDATER_REGISTRY_PASSWORD"
        problem = "it is not given, or empty; a username and a password only make sense together"
        raise InvalidSetting(f"environment variable {missing}", problem, "both of them, or none of UPDATER_REGISTRY…")
    host = host if "registry" in given else DOCKER_HUB
    if not _is_registry(host):
        # Whoever writes an address here may have put a password into it: it is not repeated.
        good = "the part of an image's name before the first slash, as in registry.example:5000"
        raise InvalidSetting("environment variable UPDATER_REGISTRY", "it is not a registry's host", good)
    return RegistryAccess(host, username, password)


def _is_registry(host: str) -> bool:
    try:
        return parse_reference(f"{host}/x").registry == host
    except NotAReference:
        return False


def _with_login(registries: tuple[RegistryAccess, ...], login: RegistryAccess | None) -> tuple[RegistryAccess, ...]:
    """The entries of the file, in which the login of the environment replaces that of its host; the rest stays."""
    if login is None:
        return registries
    others = tuple(entry for entry in registries if entry.host != login.host)
    own = next((entry for entry in registries if entry.host == login.host), login)
    return (*others, replace(own, username=login.username, password=login.password))


def _check_login(entry: RegistryAccess) -> None:
    try:
        f"{entry.username}{entry.password}".encode()
    except UnicodeEncodeError:
        # Bytes of another encoding in the environment, or half a character that YAML escapes.
        raise InvalidSetting(f"the login for {entry.host}", "it is not text that can be sent", "UTF-8") from None
