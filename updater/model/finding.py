"""Is one thing that a cycle needs in order? What was looked at, how it is, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Health(StrEnum):
    """`warning`: a cycle goes through, but not as well as it could. `failed`: something will not work."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Finding:
    """`subject` is a stable name (`engine`, `registry`, `state`, …), `about` which one of several it is."""

    subject: str
    health: Health
    message: str
    about: str = ""
