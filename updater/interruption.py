"""Has the user asked to stop? SIGINT, SIGTERM and SIGHUP end a lookup at once, but never a container half-way."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(BaseException):
    """Raised where stopping at once is safe. Like KeyboardInterrupt, no `except Exception` may swallow it."""


class Interruption:
    """Remembers the first signal; inside `deferred` it only remembers, outside it raises. A second one always raises:

    whatever is in hand then stays as it stands, and recovery finishes or undoes it.
    """

    def __init__(self) -> None:
        self.signal: signal.Signals | None = None
        self.insisted = False
        self._deferred = 0

    @property
    def exit_code(self) -> int:
        """128 + the signal's number, as a shell shows it."""
        return 128 + (self.signal or 0)

    def requested(self) -> bool:
        """Whether a signal has come."""
        return self.signal is not None

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Take over both signals, and give them back afterwards."""
        before = {number: signal.signal(number, self._receive) for number in _SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    @contextmanager
    def deferred(self) -> Iterator[None]:
        """A stretch that must not be cut: what is in hand is finished or undone first."""
        self._deferred += 1
        try:
            yield
        finally:
            self._deferred -= 1

    @contextmanager
    def interruptible(self) -> Iterator[None]:
        """A stretch within a deferred one that may be cut all the same: nothing was touched yet."""
        deferred, self._deferred = self._deferred, 0
        try:
            if self.signal is not None:
                raise Interrupted
            yield
        finally:
            self._deferred = deferred

    def _receive(self, number: int, _: FrameType | None) -> None:
        self.insisted = self.signal is not None
        self.signal = self.signal or signal.Signals(number)
        if self.insisted or not self._deferred:
            raise Interrupted
