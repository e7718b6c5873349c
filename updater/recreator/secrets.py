"""Which secrets stand in text that a container wrote? A failed container's last words go into reports."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_TELLING_NAME = re.compile(r"pass|secret|token|key|credential|auth|private|dsn|url|uri|conn", re.IGNORECASE)
_SHORTEST = 4  # characters; hiding every "1" or "on" would only make the text unreadable
_HIDDEN = "***"


def without_secrets(text: str, environment: Iterable[str]) -> str:
    """The text without the values of variables whose name says that they are secret."""
    values = {
        value
        for name, separator, value in (entry.partition("=") for entry in environment)
        if separator and len(value) >= _SHORTEST and _TELLING_NAME.search(name)
    }
    # The longest first, so that no part of one is left when another is contained in it.
    for value in sorted(values, key=len, reverse=True):
        text = text.replace(value, _HIDDEN)
    return text
