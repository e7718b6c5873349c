"""What does a daemon say of itself in its heartbeat, and how long may it be silent afterwards?"""

from __future__ import annotations

import logging
import os
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from updater import heartbeat
from updater.heartbeat import Beat

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LOGGER = logging.getLogger("updater")

# Waiting, it writes twice a minute; only an engine that does not answer holds it up, for a minute at most. In a cycle
# nothing takes longer by itself: whatever waits for longer waits for an answer from outside, and says how long it may.
_PATIENCE = 150.0
_MARGIN = 30.0  # seconds beyond the time that a wait may take
_WRITE_EVERY = 5.0  # seconds, in a cycle
_TOO_MUCH = 600.0  # seconds of patience that are not left standing until then: a container may have an hour to stop


class Pulse:
    """Written by the loop itself and by what its cycles do; a thread's own would go on while the loop hangs.

    Any thread may call it. `_waits` are by when each wait that is under way is over, on the heartbeat's clock.
    """

    def __init__(self, clock: Callable[[], float] = heartbeat.clock) -> None:
        self._clock = clock
        self._pid = os.getpid()
        process = heartbeat.process_of(self._pid)
        self._born = process[1] if process is not None else ""
        self._last: Beat | None = None
        self._problem: str | None = None
        self._lock = threading.Lock()
        self._waits: dict[object, float] = {}
        self._cycles = False

    def waits(self, doing: str, engine_at: float | None, trouble: str) -> None:
        """A turn of the loop is done; `engine_at` is when the engine last answered, `trouble` why it does not now."""
        with self._lock:
            self._cycles = False
            self._write(Beat(self._pid, self._born, self._clock(), _PATIENCE, engine_at, doing, trouble))

    def begins(self) -> None:
        """A cycle begins, since the engine has just answered."""
        with self._lock:
            self._cycles = True
            self._waits.clear()  # what an earlier cycle gave up
            self._write(self._in_a_cycle())

    def progresses(self) -> None:
        """A step of the cycle is done, and another one begins."""
        with self._lock:
            if self._cycles:
                self._write(self._in_a_cycle())

    @contextmanager
    def silence(self, seconds: float) -> Iterator[None]:
        """Something in the cycle waits for an answer from outside, for so long at most."""
        wait = object()
        with self._lock:
            self._waits[wait] = self._clock() + seconds + _MARGIN
            self._write_if_due()
        try:
            yield
        finally:
            with self._lock:
                self._waits.pop(wait, None)
                self._write_if_due()

    def ends(self) -> None:
        """The daemon ends; its silence is no failure from now on."""
        with self._lock:
            heartbeat.erase(self._pid)

    def _write_if_due(self) -> None:
        last, beat = self._last, self._in_a_cycle()
        if last is None or not self._cycles:
            return  # a question that nobody waits for any more
        longer = beat.at + beat.patience - last.at - last.patience
        if beat.at - last.at >= _WRITE_EVERY or longer > _WRITE_EVERY or longer < -_TOO_MUCH:
            self._write(beat)

    def _in_a_cycle(self) -> Beat:
        now = self._clock()
        patience = max([_PATIENCE, *(until - now for until in self._waits.values())])
        return Beat(self._pid, self._born, now, patience, now, "in a cycle")

    def _write(self, beat: Beat) -> None:
        self._last = beat
        problem = heartbeat.write(beat)
        if problem is not None and problem != self._problem:
            LOGGER.warning("`updater healthcheck` will not know of this daemon: %s", problem)
        self._problem = problem
