"""For which schedules is a cycle still to be run, and when does the next one begin?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from updater.model.timetable import advance, begin, next_cycle

if TYPE_CHECKING:
    from datetime import datetime

    from updater.model.schedule import Schedule
    from updater.model.timetable import Timetable


class Agenda:
    """What a daemon has before it. `due` are the schedules whose cycle is still to be run."""

    def __init__(self, timetable: Timetable, due: frozenset[Schedule], now: datetime) -> None:
        self.timetable = timetable
        self.due = due
        self._position = begin(timetable, now)
        self._next: datetime | None = None

    def advance(self, timetable: Timetable, now: datetime) -> None:
        """Add what has become due. The schedules are only asked where a time has come, or something has changed."""
        changed = timetable != self.timetable
        if not changed and self._next is not None and self._position.seen <= now < self._next:
            self._position = replace(self._position, seen=now)
            return
        # By the schedules that were known until now: a new one has missed nothing.
        due, self._position = advance(self.timetable, self._position, now)
        self.due |= due
        self.timetable = timetable

    def replace_due(self, before: Schedule, after: Schedule) -> None:
        """The schedule of all is another one now; a cycle of all that is due stays so."""
        if before in self.due:
            self.due = (self.due - {before}) | {after}

    def find_next(self) -> tuple[datetime, bool]:
        """When the next cycle begins, in the timetable's zone, and whether that has not been told yet."""
        found = next_cycle(self.timetable, self._position)
        is_new, self._next = found != self._next, found
        return found.astimezone(self.timetable.zone), is_new

    def tell_again(self) -> None:
        """The time of the next cycle is news once more."""
        self._next = None

    def seconds_left(self, now: datetime) -> float | None:
        """Until the next cycle; None where that is not known."""
        return None if self._next is None else (self._next - now).total_seconds()
