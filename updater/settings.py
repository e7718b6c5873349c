"""What are the settings now? Their values, and how a text becomes one.

Which settings there are is declared in `policy/declarations.py`, where the values come from is in `configuration.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from updater.errors import InvalidSetting
from updater.model.wording import printable
from updater.policy.declarations import PER_CONTAINER

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from updater.policy.declarations import Setting
    from updater.policy.terms import Entry
    from updater.registry.access import RegistryAccess

_PAGE = "docs/settings.md"
_LARGEST_SECRET = 64 * 1024  # bytes; a path to a device or a log must not fill the memory


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings, resolved. Durations in seconds. `warnings` are to be shown once. `nobody_said_all`: no source says
    anything of the setting `all`, and no variable of Watchtower's either.
    """

    values: Mapping[str, Any]
    registries: tuple[RegistryAccess, ...] = ()
    containers: tuple[Entry, ...] = ()
    warnings: tuple[str, ...] = ()
    nobody_said_all: bool = False

    def __getitem__(self, name: str) -> Any:
        return self.values[name]


def parse_value(setting: Setting, text: str, place: str) -> Any:
    """The setting's value; raises InvalidSetting."""
    try:
        return setting.parse(text)
    except ValueError as error:
        raise InvalidSetting(place, str(error), setting.good) from None


def unknown(place: str, name: str, known: Iterable[str]) -> InvalidSetting:
    """The error for a name that is no setting, or none that can be given there."""
    from updater.policy.misspelt import suggestion  # only a mistake has a use for it

    known = sorted(known)
    name_here = name.replace("-", "_").lower()
    if name_here in PER_CONTAINER and name_here not in known:
        label = PER_CONTAINER[name_here].label
        good = f"the label {label}, or {name_here} in an entry under `containers:` of the config file ('*' is for all)"
        return InvalidSetting(place, f"{name!r} is not a setting of the whole program, but of single containers", good)
    if name_here in ("containers", "registries") and name_here not in known:
        problem = f"{name!r} is not a setting of a single value"
        alike = [one for one in known if one.startswith(name_here[:5])]  # the login at one registry
        return InvalidSetting(place, problem, " or ".join((f"`{name_here}:` in the config file", *alike)))
    return InvalidSetting(place, f"{printable(name, 80)!r} is not a setting; {suggestion(name, known, _PAGE)}")


def read_secret(path: str, place: str) -> str:
    """The content of a file that holds one value, without the line's end; raises InvalidSetting."""
    try:
        with Path(path).open("rb") as file:
            content = file.read(_LARGEST_SECRET + 1)
    except OSError as error:
        raise InvalidSetting(place, f"cannot read {path}: {error.strerror}", "a readable file") from None
    except ValueError:  # a character that no path has
        raise InvalidSetting(place, f"{path!r} is no path", "a readable file") from None
    if len(content) > _LARGEST_SECRET:
        raise InvalidSetting(place, f"{path} is larger than 64 KiB", "a file that holds just the value")
    try:
        return content.decode().rstrip("\r\n")
    except UnicodeDecodeError:
        raise InvalidSetting(place, f"{path} is not text", "a file in UTF-8") from None
