"""Which settings are there? One declaration feeds flag, variable, file, help and docs.

Where the values come from is in `configuration.py`; the labels of single containers in `policy/labels.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from updater.errors import InvalidSetting
from updater.model.values import (
    GOOD_BOOLEANS,
    GOOD_DURATIONS,
    GOOD_NAMES,
    GOOD_SHELL_LINES,
    parse_boolean,
    parse_duration,
    parse_names,
    parse_shell_line,
    show_duration,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from updater.policy.terms import Entry
    from updater.registry.access import RegistryAccess

ENVIRONMENT_PREFIX = "UPDATER_"
DEFAULT_CONFIG = "/etc/updater/updater.yml"
_LARGEST_SECRET = 64 * 1024  # bytes; a path to a device or a log must not fill the memory


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting's one declaration. `parse` raises ValueError; `good` says what it would have taken."""

    name: str
    default: Any
    parse: Callable[[str], Any]
    good: str
    help: str
    per_container: bool = False
    everywhere: bool = True
    """Whether there is a global value; without one it is only a label, and a key of `containers:` entries."""

    @property
    def flag(self) -> str:
        """`--some-setting`."""
        return "--" + self.name.replace("_", "-")

    @property
    def variable(self) -> str:
        """`UPDATER_SOME_SETTING`."""
        return ENVIRONMENT_PREFIX + self.name.upper()

    @property
    def is_switch(self) -> bool:
        """Whether it is a yes or no, which the command line takes without a value."""
        return self.parse is parse_boolean

    def show(self, value: Any) -> str:
        """The value as one would write it."""
        return show_duration(value) if self.parse is parse_duration else str(value).lower()


def _choice(*values: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text.strip().lower() not in values:
            raise ValueError(f"{text!r} is not known")
        return text.strip().lower()

    return parse


def _count(text: str) -> int:
    if not text.strip().isdecimal() or not 1 <= int(text) <= 256:
        raise ValueError(f"{text!r} is not a number from 1 to 256")
    return int(text)


def _text(text: str) -> str:
    if not text.strip():
        raise ValueError("it is empty")
    return text.strip()


ALL: tuple[Setting, ...] = (
    Setting(
        "host", None, _text, "an address like unix:///var/run/docker.sock", "The engine; default: as docker finds it."
    ),
    Setting("config", None, _text, "a path", f"The YAML config file; default: {DEFAULT_CONFIG}, if there."),
    Setting(
        "state_dir",
        None,
        _text,
        "a path",
        "Where history and rejected digests are kept; default: /var/lib/updater for root, else ~/.local/state/updater.",
    ),
    Setting(
        "all", False, parse_boolean, GOOD_BOOLEANS, "Consider every container but those with updater.enable=false."
    ),
    Setting(
        "include_stopped",
        False,
        parse_boolean,
        GOOD_BOOLEANS,
        "Also consider containers that are not running; they are recreated, not started.",
        per_container=True,
    ),
    Setting("monitor_only", False, parse_boolean, GOOD_BOOLEANS, "Report, never update.", per_container=True),
    Setting(
        "rollback",
        True,
        parse_boolean,
        GOOD_BOOLEANS,
        "Put the old container back when the new one does not prove healthy.",
        per_container=True,
    ),
    Setting(
        "health_timeout",
        None,
        parse_duration,
        GOOD_DURATIONS,
        "How long a container may take to become healthy; default: computed from its healthcheck.",
        per_container=True,
    ),
    Setting(
        "grace_period",
        15.0,
        parse_duration,
        GOOD_DURATIONS,
        "How long a container without a healthcheck must stay up without a restart.",
        per_container=True,
    ),
    Setting(
        "stop_timeout",
        None,
        parse_duration,
        GOOD_DURATIONS,
        "How long a container may take to stop before it is killed; default: its own.",
        per_container=True,
    ),
    Setting(
        "cleanup",
        False,
        parse_boolean,
        GOOD_BOOLEANS,
        "Remove images that an update replaced and nothing uses any more, but for the previous one.",
        per_container=True,
    ),
    Setting(
        "one_shot",
        False,
        parse_boolean,
        GOOD_BOOLEANS,
        "The container does one job and ends: an end with code 0 is a success, not a crash.",
        per_container=True,
    ),
    Setting(
        "depends_on",
        (),
        parse_names,
        GOOD_NAMES,
        "The containers that it needs: they are updated before it, and where one fails, it is left alone.",
        per_container=True,
        everywhere=False,
    ),
    Setting(
        "hook_pre_update",
        None,
        parse_shell_line,
        GOOD_SHELL_LINES,
        "A shell line to run in the old container before an update; exit code 75 postpones it, another stops it.",
        per_container=True,
        everywhere=False,
    ),
    Setting(
        "hook_pre_update_timeout",
        60.0,
        parse_duration,
        GOOD_DURATIONS,
        "How long the hook before an update may take.",
        per_container=True,
        everywhere=False,
    ),
    Setting(
        "hook_post_update",
        None,
        parse_shell_line,
        GOOD_SHELL_LINES,
        "A shell line to run in the new container once it has proven itself; a failure is reported.",
        per_container=True,
        everywhere=False,
    ),
    Setting(
        "hook_post_update_timeout",
        60.0,
        parse_duration,
        GOOD_DURATIONS,
        "How long the hook after an update may take.",
        per_container=True,
        everywhere=False,
    ),
    Setting("parallel_checks", 16, _count, "a number from 1 to 256", "Images looked up at once."),
    Setting("parallel_updates", 1, _count, "a number from 1 to 256", "Independent containers updated at once."),
    Setting(
        "log_level",
        "info",
        _choice("debug", "info", "warning", "error"),
        "debug, info, warning or error",
        "How much is logged.",
    ),
    Setting("log_format", "text", _choice("text", "json"), "text or json", "How it is logged."),
)
PER_CONTAINER: dict[str, Setting] = {setting.name: setting for setting in ALL if setting.per_container}
SETTINGS: tuple[Setting, ...] = tuple(setting for setting in ALL if setting.everywhere)
BY_NAME: dict[str, Setting] = {setting.name: setting for setting in SETTINGS}
FILE_SECTIONS = ("registries", "containers")

# Settings of the interface that this version does not act on. Taking them silently would be a lie, and refusing
# those that only add something would keep a config file from working with both this version and the next.
NOT_YET_HARMLESS = frozenset({"schedule", "check_at_start", "timezone"})


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings, resolved. Durations in seconds. `warnings` are to be shown once."""

    values: Mapping[str, Any]
    registries: tuple[RegistryAccess, ...] = ()
    containers: tuple[Entry, ...] = ()
    warnings: tuple[str, ...] = ()

    def __getitem__(self, name: str) -> Any:
        return self.values[name]


def parse_value(setting: Setting, text: str, place: str) -> Any:
    """The setting's value; raises InvalidSetting."""
    try:
        return setting.parse(text)
    except ValueError as error:
        raise InvalidSetting(place, str(error), setting.good) from None


def not_yet(name: str, place: str) -> str:
    """The warning for a setting of `NOT_YET_HARMLESS`."""
    return f"{place}: {name} is accepted, but this version does not use it yet"


def unknown(place: str, name: str, known: Iterable[str]) -> InvalidSetting:
    """The error for a name that is no setting."""
    return InvalidSetting(place, f"{name!r} is not a setting", f"one of {', '.join(sorted(known))}")


def read_secret(path: str, place: str) -> str:
    """The content of a file that holds one value, without the line's end; raises InvalidSetting."""
    try:
        with Path(path).open("rb") as file:
            content = file.read(_LARGEST_SECRET + 1)
    except OSError as error:
        raise InvalidSetting(place, f"cannot read {path}: {error.strerror}", "a readable file") from None
    if len(content) > _LARGEST_SECRET:
        raise InvalidSetting(place, f"{path} is larger than 64 KiB", "a file that holds just the value")
    try:
        return content.decode().rstrip("\r\n")
    except UnicodeDecodeError:
        raise InvalidSetting(place, f"{path} is not text", "a file in UTF-8") from None
