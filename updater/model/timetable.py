"""When does the next cycle begin, and for which schedules? Several schedules by one clock.

Pure: what the clock says comes from the caller, who may look as seldom as it likes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from updater.model.schedule import fired, next_time

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from updater.model.schedule import Schedule

# A time server may put a clock back by some seconds; no schedule is to have its time twice for that.
_MENDED = timedelta(minutes=1)
_OLDEST_GOOD_YEAR = 2025


@dataclass(frozen=True, slots=True)
class Timetable:
    """`delay` is by how much a cycle begins later than its schedule says."""

    schedules: frozenset[Schedule]
    zone: ZoneInfo
    delay: timedelta = timedelta()


@dataclass(frozen=True, slots=True)
class Position:
    """How far one has come: `settled` is up to when the times of schedules are over, `seen` what the clock said."""

    settled: datetime
    seen: datetime


def begin(timetable: Timetable, now: datetime) -> Position:
    """What was before the start is nothing missed: a start makes no cycle."""
    return Position(now - timetable.delay, now)


def advance(timetable: Timetable, position: Position, now: datetime) -> tuple[frozenset[Schedule], Position]:
    """The schedules whose time has come since the position, and the one now.

    However many times of a schedule have gone by, in a suspend or while a cycle ran on, it is in the set once. A clock
    that was put back, or had not been set before, begins anew.
    """
    if now < position.seen - _MENDED or (position.seen.year < _OLDEST_GOOD_YEAR <= now.year):
        return frozenset(), begin(timetable, now)
    until = max(position.settled, now - timetable.delay)
    due = (schedule for schedule in timetable.schedules if fired(schedule, position.settled, until, timetable.zone))
    return frozenset(due), Position(until, now)


def next_cycle(timetable: Timetable, position: Position) -> datetime:
    """When the next cycle begins, in UTC."""
    times = (next_time(schedule, position.settled, timetable.zone) for schedule in timetable.schedules)
    return min(times) + timetable.delay
