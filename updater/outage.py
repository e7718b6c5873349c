"""When is an engine that is away tried again?"""

from __future__ import annotations

from dataclasses import dataclass

LONGEST_PAUSE = 300.0  # seconds between two attempts


@dataclass(frozen=True, slots=True)
class Outage:
    """The engine is away: since when, how often it was tried, when it is tried again (of the monotonic clock)."""

    since: float
    attempts: int
    again_at: float


def another_attempt(outage: Outage | None, now: float) -> Outage:
    """After one more attempt in vain: 1 s until the next one, then twice as long each time, up to five minutes."""
    attempts = outage.attempts if outage is not None else 0
    pause = min(2.0 ** min(attempts, 16), LONGEST_PAUSE)
    return Outage(outage.since if outage is not None else now, attempts + 1, now + pause)
