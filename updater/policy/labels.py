"""What do a container's labels say? Pure.

Only labels that the user set get here (`ContainerSnapshot.user_labels`). Which labels there are is declared with the
settings that they set (`declarations.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from updater.model.control_labels import CONTROL_PREFIXES, OPERATION_PREFIX, PREFIX
from updater.model.values import GOOD_BOOLEANS, parse_boolean
from updater.model.wording import printable
from updater.policy.declarations import LABELS, WATCHTOWER_LABELS
from updater.policy.watchtower_labels import IGNORED, LEFT_ALONE, NO_PULL

if TYPE_CHECKING:
    from collections.abc import Mapping


class BadLabel(Exception):
    """A label under a control prefix whose key or value is not understood; `str()` names both and the good ones."""


def read_labels(labels: Mapping[str, str]) -> dict[str, Any]:
    """Setting name → value. An `updater.*` label wins over Watchtower's for the same thing. Raises BadLabel."""
    values: dict[str, Any] = {}
    # Watchtower's come first in this order, so that ours overwrite them.
    for key in sorted(labels, key=lambda key: (key.startswith(PREFIX), key)):
        if not key.startswith(CONTROL_PREFIXES) or key.startswith(OPERATION_PREFIX) or key in IGNORED:
            continue
        values |= _read(key, labels[key])
    return values


def _read(key: str, text: str) -> dict[str, Any]:
    if key == NO_PULL:
        # Whoever wants nothing pulled wants no update that has to be pulled.
        return {"monitor_only": True} if _parsed(key, text, parse_boolean, GOOD_BOOLEANS) else {}
    if key in LABELS:
        setting = LABELS[key]
        return {setting.name: _parsed(key, text, setting.parse, setting.good)}
    if key in WATCHTOWER_LABELS:
        setting = WATCHTOWER_LABELS[key]
        parse, good = setting.parse_watchtower or setting.parse, setting.good_watchtower or setting.good
        return {setting.name: _parsed(key, text, parse, good)}
    if key in LEFT_ALONE:
        raise BadLabel(f"label {key}: {LEFT_ALONE[key]}")
    raise _unknown(key)


def _unknown(key: str) -> BadLabel:
    from difflib import get_close_matches  # only a mistake has a use for it

    known = [*LABELS] if key.startswith(PREFIX) else [*WATCHTOWER_LABELS, NO_PULL]
    near = get_close_matches(key.lower().replace("_", "-"), known, n=1)
    meant = f" (did you mean {near[0]}?)" if near else ""
    return BadLabel(f"label {printable(key, 80)} is not known to this version{meant}; known are {', '.join(known)}")


def _parsed(key: str, text: str, parse: Any, good: str) -> Any:
    try:
        return parse(text)
    except ValueError as error:
        raise BadLabel(f"label {key}: {error}; expected {good}") from None
