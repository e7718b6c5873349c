"""How will the engine show an image that it has not pulled yet? Published configuration in, inspect JSON out.

Engines read the configuration with Go's decoder, into the fields they know; what that refuses, no engine can pull.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from updater.recreator.blueprint.inputs import ApiVersion, parse_api_version

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from updater.recreator.blueprint.value import Json

# Engines before that know no such field, and drop it.
START_INTERVAL: ApiVersion = (1, 44)
_SURROGATE = re.compile("[\ud800-\udfff]")


def as_inspected(image_id: str, config: Json, api_version: str) -> dict[str, Any]:
    """The image's inspect, as far as a blueprint asks for it; raises ValueError with the field no engine can read."""
    read = {field: _clean(value) for field, value in config.items()}
    for field, read_as in _READERS.items():
        if read.get(field) is not None:
            try:
                read[field] = read_as(read[field])
            except (TypeError, ValueError):
                raise ValueError(field) from None
    if parse_api_version(api_version) < START_INTERVAL and read.get("Healthcheck"):
        read["Healthcheck"].pop("StartInterval", None)
    return {"Id": image_id, "Config": read}


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _texts(value: Any) -> list[str]:
    if not isinstance(value, list):
        raise TypeError
    return [_text(entry) for entry in value]


def _words(value: Any) -> list[str]:
    """Old images have a single word where newer ones have a list."""
    return [value] if isinstance(value, str) else _texts(value)


def _names(value: Any) -> dict[str, Any]:
    """A map whose keys alone say something."""
    return {name: {} for name in _map(value)}


def _text_map(value: Any) -> dict[str, str]:
    return {name: "" if inner is None else _text(inner) for name, inner in _map(value).items()}


def _healthcheck(value: Any) -> dict[str, Any]:
    known = {name: inner for name, inner in _map(value).items() if name in _HEALTHCHECK and inner is not None}
    return {name: _HEALTHCHECK[name](inner) for name, inner in known.items()}


def _map(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError
    return value


def _number(value: Any) -> int:
    if type(value) is not int or not -_TOO_LARGE <= value < _TOO_LARGE:
        raise TypeError
    return value


_TOO_LARGE = 2**63  # nanoseconds; Go's Duration
_HEALTHCHECK: Mapping[str, Callable[[Any], Any]] = {
    "Test": _texts,
    **dict.fromkeys(("Interval", "Timeout", "StartPeriod", "StartInterval", "Retries"), _number),
}
_READERS: Mapping[str, Callable[[Any], Any]] = {
    **dict.fromkeys(("User", "WorkingDir", "StopSignal"), _text),
    **dict.fromkeys(("Env", "Shell"), _texts),
    **dict.fromkeys(("Cmd", "Entrypoint"), _words),
    **dict.fromkeys(("ExposedPorts", "Volumes"), _names),
    "Labels": _text_map,
    "Healthcheck": _healthcheck,
}


def _clean(value: Any) -> Any:
    """Half of a surrogate pair is no character; Go puts U+FFFD in its place."""
    if isinstance(value, str):
        return _SURROGATE.sub("\ufffd", value)
    if isinstance(value, list):
        return [_clean(inner) for inner in value]
    if isinstance(value, dict):
        return {_clean(key): _clean(inner) for key, inner in value.items()}
    return value
