"""What if a person pauses a container while it is to prove itself? Frozen, it shows nothing, good or bad.

The engine takes it for unhealthy meanwhile. A short pause (`docker commit` brings one, and backups do)
only begins the trial anew; a long one is its user's wish, and ends it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from updater.errors import UpdateFailed
from updater.model.reason import Reason, ReasonCode
from updater.recreator.health import Bad, seconds_for_a_probe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from updater.model.happening import Happening
    from updater.recreator.engine import Json
    from updater.recreator.health import Verdict

_BORNE_SECONDS = 10.0
_MARGIN = 2.0  # seconds, for a busy engine
_PAUSE = "pause"
# What the engine's probes alone have said; a frozen container does not crash.
_PROBED = frozenset({ReasonCode.UNHEALTHY, ReasonCode.HEALTH_TIMEOUT})


class ContainerPaused(UpdateFailed):
    """A person paused the container while it was to prove itself; `still` says whether it is paused now."""

    def __init__(self, *, still: bool) -> None:
        super().__init__(Reason(ReasonCode.USER_CHANGED, "Somebody paused it before it had proven itself."))
        self.still = still


@dataclass(slots=True)
class Pauses:
    """Those of one trial; times in seconds on the monotonic clock."""

    heard: int = 0
    began: float | None = None
    last: float | None = None

    def disturb(self, container: Json, happenings: Sequence[Happening], now: float) -> bool:
        """Whether it is paused, or its health not known yet after a pause. Raises ContainerPaused if it stays paused.

        The engine calls a container unhealthy for having been paused, until a probe has ended well again.
        """
        count = sum(happening.what == _PAUSE for happening in happenings)
        if container["State"].get("Paused"):
            self.heard, self.last = count, now
            self.began = now if self.began is None else self.began
            if now - self.began > _BORNE_SECONDS:
                raise ContainerPaused(still=True)
            return True
        self.began = None
        if count > self.heard:
            self.heard, self.last = count, now
        unhealthy = (container["State"].get("Health") or {}).get("Status") == "unhealthy"
        return unhealthy and self.last is not None and now - self.last <= seconds_for_a_probe(container) + _MARGIN

    def require_innocent(self, verdict: Verdict) -> None:
        """Raises ContainerPaused where the probes failed perhaps only because it was paused."""
        if self.last is not None and isinstance(verdict, Bad) and verdict.reason.code in _PROBED:
            raise ContainerPaused(still=False)
