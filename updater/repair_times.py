"""When does a daemon look for what was cut short? At its start, after an outage, after a cycle; again if some is left.

A cycle does so itself before anything else, but the next one may be a day away, and a container may be down until then.
Not without end: what cannot be put back, although the engine is there, needs a person, and each attempt is told.
"""

from __future__ import annotations

from dataclasses import dataclass

_PAUSES = (2.0, 15.0, 60.0, 300.0)  # seconds before each further attempt


@dataclass(slots=True)
class RepairTimes:
    """Times in seconds on one monotonic clock; `_next_at` is None where nothing is to be looked for."""

    _next_at: float | None = 0.0
    _attempts: int = 0

    def wanted(self) -> None:
        """Something may have been left half-way: look at once, and as often as at first."""
        self._next_at, self._attempts = 0.0, 0

    def is_due(self, now: float) -> bool:
        """Whether it is time to look."""
        return self._next_at is not None and now >= self._next_at

    def looked(self, now: float, *, all_done: bool) -> None:
        """An attempt is over; `all_done`: nothing is left half-way."""
        left = () if all_done else _PAUSES[self._attempts :]
        self._next_at = now + left[0] if left else None
        self._attempts += 1

    def pause(self, now: float) -> float | None:
        """Seconds until the next attempt; None where there is none to come."""
        return None if self._next_at is None else max(0.0, self._next_at - now)
