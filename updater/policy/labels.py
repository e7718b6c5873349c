"""What do a container's labels say? Pure.

Only labels that the user set get here (`ContainerSnapshot.user_labels`). Which labels there are is declared with the
settings that they set (`declarations.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from updater.model.control_labels import CONTROL_PREFIXES, OPERATION_PREFIX, PREFIX, WATCHTOWER_PREFIX
from updater.model.values import GOOD_BOOLEANS, parse_boolean
from updater.model.wording import printable
from updater.policy.declarations import BY_NAME, LABELS, PER_CONTAINER, WATCHTOWER_LABELS
from updater.policy.watchtower_labels import IGNORED, LEFT_ALONE, NO_PULL

if TYPE_CHECKING:
    from collections.abc import Mapping


_PAGE = "docs/labels.md"


class BadLabel(Exception):
    """A label under a control prefix whose key or value is not understood; `str()` names both and the good ones."""


def read_labels(labels: Mapping[str, str]) -> dict[str, Any]:
    """Setting name → value. An `updater.*` label wins over Watchtower's for the same thing. Raises BadLabel.

    Whoever writes `Updater.enable` means us, too, though Docker tells it from `updater.enable`.
    """
    values: dict[str, Any] = {}
    # Watchtower's come first in this order, so that ours overwrite them.
    for key in sorted(labels, key=lambda key: (key.startswith(PREFIX), key)):
        if not key.lower().startswith(CONTROL_PREFIXES) or key.startswith(OPERATION_PREFIX) or key in IGNORED:
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
    from updater.policy.misspelt import suggestion  # only a mistake has a use for it

    prefix = PREFIX if key.lower().startswith(PREFIX) else WATCHTOWER_PREFIX
    name = key[len(prefix) :].lower().replace("-", "_")
    if prefix == PREFIX and name in BY_NAME and name not in PER_CONTAINER:
        setting = BY_NAME[name]
        where = f"{setting.flag}, {setting.variable} or `{setting.name}:` in the config file"
        return BadLabel(f"label {key} is not known: {name} is a setting of the whole program; expected {where}")
    known = [label.removeprefix(prefix) for label in (*LABELS, *WATCHTOWER_LABELS, NO_PULL) if label.startswith(prefix)]
    meant = suggestion(key, known, _PAGE, prefix)
    return BadLabel(f"label {printable(key, 80)} is not known to this version; {meant}")


def _parsed(key: str, text: str, parse: Any, good: str) -> Any:
    try:
        return parse(text)
    except ValueError as error:
        raise BadLabel(f"label {key}: {error}; expected {good}") from None
