"""What did the engine tell of a container, in which order?"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Happening:
    """One event (Docker API, `/events`): `what` in the engine's words, and with `kill` the number of the signal."""

    what: str
    signal: int | None = None
