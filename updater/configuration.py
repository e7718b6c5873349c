"""What are the settings now? All sources, in their order of precedence.

Command line > environment > config file > default. Per container: label > `containers:` entry > global.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from updater.errors import InvalidSetting
from updater.settings import (
    BY_NAME,
    DEFAULT_CONFIG,
    ENVIRONMENT_PREFIX,
    NOT_YET_HARMLESS,
    SETTINGS,
    Settings,
    not_yet,
    parse_value,
    read_secret,
    unknown,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from updater.policy.terms import Entry
    from updater.registry.access import RegistryAccess

_FROM_FILE = "_FILE"


def resolve(command_line: Mapping[str, str | bool | None], environment: Mapping[str, str]) -> Settings:
    """Read all sources in their order of precedence. Raises InvalidSetting, naming place, value and good values."""
    from_environment, warnings = _read_environment(environment)
    values: dict[str, Any] = {setting.name: setting.default for setting in SETTINGS}
    explicit = {**from_environment, **_read_command_line(command_line)}
    registries: tuple[RegistryAccess, ...] = ()
    containers: tuple[Entry, ...] = ()
    path = _config_path(explicit.get("config"))
    if path is not None:
        from updater.config_file import read_config_file  # brings PyYAML along, for those who have such a file

        from_file = read_config_file(path)
        values |= from_file.values
        registries, containers = from_file.registries, from_file.containers
        warnings += from_file.warnings
    values |= explicit
    return Settings(values, registries, containers, tuple(warnings))


def _config_path(explicit: str | None) -> str | None:
    if explicit is not None:
        return explicit
    return DEFAULT_CONFIG if Path(DEFAULT_CONFIG).exists() else None


def _read_command_line(given: Mapping[str, str | bool | None]) -> dict[str, Any]:
    return {
        name: value if isinstance(value, bool) else parse_value(BY_NAME[name], value, BY_NAME[name].flag)
        for name, value in given.items()
        if value is not None
    }


def _read_environment(environment: Mapping[str, str]) -> tuple[dict[str, Any], list[str]]:
    values: dict[str, Any] = {}
    warnings: list[str] = []
    for variable in sorted(environment):
        if not variable.startswith(ENVIRONMENT_PREFIX):
            continue
        name = variable.removeprefix(ENVIRONMENT_PREFIX).lower()
        text = environment[variable]
        if name not in BY_NAME and name.upper().endswith(_FROM_FILE):
            name = name[: -len(_FROM_FILE)]
            text = read_secret(text, variable)
        if name in NOT_YET_HARMLESS:
            warnings.append(not_yet(name, variable))
        elif name not in BY_NAME:
            raise unknown(f"environment variable {variable}", name, BY_NAME)
        elif name in values:
            raise InvalidSetting(variable, f"given together with {BY_NAME[name].variable}", "only one of the two")
        else:
            values[name] = parse_value(BY_NAME[name], text, f"environment variable {variable}")
    return values, warnings
