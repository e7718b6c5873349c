"""Has the user asked to stop? SIGINT, SIGTERM and SIGHUP end a lookup at once, but never a container half-way.

To a daemon SIGHUP means something else: read the configuration again.
"""

from __future__ import annotations

import os
import select
import signal
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(BaseException):
    """Raised where stopping at once is safe. Like KeyboardInterrupt, no `except Exception` may swallow it."""


class Interruption:
    """Remembers the first signal; inside `deferred` it only remembers, outside it raises. A second one always raises:

    whatever is in hand then stays as it stands, and recovery finishes or undoes it. With `reloads` SIGHUP ends nothing,
    and is remembered as the wish to reload.
    """

    def __init__(self, *, reloads: bool = False) -> None:
        self.signal: signal.Signals | None = None
        self.insisted = False
        self.reload_wanted = False
        self._reloads = reloads
        self._deferred = 0
        self._bell: int | None = None

    @property
    def exit_code(self) -> int:
        """128 + the signal's number, as a shell shows it."""
        return 128 + (self.signal or 0)

    def requested(self) -> bool:
        """Whether a signal to end has come."""
        return self.signal is not None

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Take over the signals, and give them back afterwards."""
        self._bell, rope = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        rung_before = signal.set_wakeup_fd(rope, warn_on_full_buffer=False)
        before = {number: signal.signal(number, self._receive) for number in _SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
            signal.set_wakeup_fd(rung_before)
            os.close(rope)
            os.close(self._bell)
            self._bell = None

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

    def sleep(self, seconds: float) -> None:
        """Sleep that long, or until a signal comes; none can slip in between the look and the sleep.

        Raises Interrupted at once where one came while it was deferred. A signal rings a bell (a pipe) before its
        handler runs, so one that comes just before the sleep ends it as well. Not `sigtimedwait`: after a stop of the
        whole process (Ctrl-Z, a paused container) Python answers it with a signal that nobody sent.
        """
        assert self._bell is not None  # somebody listens
        with suppress(BlockingIOError):
            os.read(self._bell, 4096)  # what rang until now has been heard: it stands in what is looked at next
        if self.signal is not None:
            raise Interrupted
        if not self.reload_wanted:
            select.select([self._bell], [], [], seconds)

    def _receive(self, number: int, _: FrameType | None) -> None:
        if number == signal.SIGHUP and self._reloads:
            self.reload_wanted = True
            return
        self.insisted = self.signal is not None
        self.signal = self.signal or signal.Signals(number)
        if self.insisted or not self._deferred:
            raise Interrupted
