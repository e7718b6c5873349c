"""What does a daemon say of itself in its heartbeat, and how long may it be silent afterwards?"""

from __future__ import annotations

import logging
import os

from updater import heartbeat
from updater.heartbeat import Beat

LOGGER = logging.getLogger("updater")

# Waiting, it writes twice a minute; only an engine that does not answer holds it up, for a minute at most.
_PATIENCE = 150.0
# In a cycle it writes at each step. The longest that one step is silent for is a container's own time to stop.
_PATIENCE_IN_CYCLE = 3900.0
_WRITE_EVERY = 5.0  # seconds, in a cycle


class Pulse:
    """Written by the loop itself and by the steps of its cycles; a thread's would go on while the loop hangs."""

    def __init__(self) -> None:
        self._pid = os.getpid()
        process = heartbeat.process_of(self._pid)
        self._born = process[1] if process is not None else ""
        self._last: Beat | None = None
        self._problem: str | None = None

    def waits(self, doing: str, engine_at: float | None, trouble: str) -> None:
        """A turn of the loop is done; `engine_at` is when the engine last answered, `trouble` why it does not now."""
        self._write(Beat(self._pid, self._born, heartbeat.clock(), _PATIENCE, engine_at, doing, trouble))

    def begins(self) -> None:
        """A cycle begins, since the engine has just answered."""
        now = heartbeat.clock()
        self._write(Beat(self._pid, self._born, now, _PATIENCE_IN_CYCLE, now, "in a cycle"))

    def progresses(self) -> None:
        """Something happens in the cycle."""
        if self._last is not None and heartbeat.clock() - self._last.at >= _WRITE_EVERY:
            self.begins()

    def ends(self) -> None:
        """The daemon ends; its silence is no failure from now on."""
        heartbeat.erase(self._pid)

    def _write(self, beat: Beat) -> None:
        self._last = beat
        problem = heartbeat.write(beat)
        if problem is not None and problem != self._problem:
            LOGGER.warning("`updater healthcheck` will not know of this daemon: %s", problem)
        self._problem = problem
