"""When is a window open: is it now, when does it open, when does it close?

Pure: what time it is, and in which zone, comes from the caller.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from updater.model.zone import civil_time, first_moment, gone_by

if TYPE_CHECKING:
    from collections.abc import Iterator
    from zoneinfo import ZoneInfo

GOOD_WINDOWS = "windows like Mon-Fri 02:00-05:00, 22:00-02:00 or Sat,Sun, several joined with ;"

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_ALL_DAYS = frozenset(range(7))
_DAY_NUMBERS = {name: number for number, day in enumerate(_DAYS) for name in (day, day[:3])}
_PART = re.compile(r"(?P<days>[^\d]*)(?P<times>\d.*)?", re.DOTALL)
_TIMES = re.compile(r"(\d{1,2}:\d\d)\s*-\s*(\d{1,2}:\d\d)", re.ASCII)
_MIDNIGHT = 24 * 60
_DAY = timedelta(days=1)
_LOOK_BACK = 2 * _DAY  # a span lasts a day at most, and one day may be longer than 24 hours
_TWO_WEEKS = 16 * _DAY  # whatever is closed once a week has closed by then, even if one change of the clock hides it
_LONG = 400 * _DAY


@dataclass(frozen=True, slots=True)
class Span:
    """From minute to minute of the day; an end that is not after the start is on the next day."""

    days: frozenset[int]  # Monday is 0
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Windows:
    text: str
    spans: tuple[Span, ...]


def parse_windows(text: str) -> Windows:
    """`Mon-Fri 02:00-05:00; Sat,Sun`: days (all where none is named) with times (the whole day); raises ValueError."""
    parts = text.split(";")
    if not all(part.strip() for part in parts):
        raise ValueError(f"{text!r} " + ("has nothing before or after a ';'" if len(parts) > 1 else "is empty"))
    return Windows(text.strip(), tuple(_span(part.strip()) for part in parts))


def is_open(windows: Windows, now: datetime, zone: ZoneInfo) -> bool:
    return opens_at(windows, now, zone) is None


def opens_at(windows: Windows, now: datetime, zone: ZoneInfo) -> datetime | None:
    """When the next one opens, in UTC; None where one is open now."""
    for opens, closes in _openings(windows, now, zone, _LONG):
        if closes > now:
            return opens if opens > now else None
    raise ValueError(f"{windows.text!r} does not open within a year")  # no clock skips every such time of a year


def closes_at(windows: Windows, now: datetime, zone: ZoneInfo) -> datetime | None:
    """When what is open now closes, in UTC; None where nothing is open now, or it never closes."""
    end = now
    for opens, closes in _openings(windows, now, zone, _TWO_WEEKS):
        if opens > end:
            return end if end > now else None
        end = max(end, closes)
    return None


def _openings(windows: Windows, now: datetime, zone: ZoneInfo, ahead: timedelta) -> Iterator[tuple[datetime, datetime]]:
    """From when to when they are open around that moment and after it, by their openings, neither joined nor empty."""
    today = datetime.combine(civil_time(now, zone), time())
    spans = sorted(windows.spans, key=lambda span: span.start)
    day = today - _LOOK_BACK
    while day < today + ahead:
        for span in spans:
            if day.weekday() in span.days:
                opens, closes = _edges(span, day, zone)
                if opens < closes:
                    yield opens, closes
        day += _DAY


def _edges(span: Span, day: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Of a repeated time the first opens and the last closes, so that no window is shorter than the clock says it is.

    A window that ends where the repeated hour begins is over when the clock first shows that hour. An edge that is
    skipped is right after the gap.
    """
    last_day = day if span.end > span.start else day + _DAY
    opens = first_moment(day + timedelta(minutes=span.start), zone)
    return opens, gone_by(last_day + timedelta(minutes=span.end), zone)


def _span(part: str) -> Span:
    match = _PART.fullmatch(part)
    assert match is not None
    days, times = match["days"].strip(), match["times"]
    start, end = _times(part, times) if times else (0, _MIDNIGHT)
    return Span(_days(part, days) if days else _ALL_DAYS, start, end)


def _times(part: str, times: str) -> tuple[int, int]:
    match = _TIMES.fullmatch(times)
    if match is None:
        raise ValueError(f"{part!r}: {times!r} is not a start and an end like 02:00-05:00")
    start, end = _minute(part, match[1]), _minute(part, match[2])
    if start == _MIDNIGHT:
        raise ValueError(f"{part!r}: nothing starts at 24:00; write 00:00 of the next day")
    if start == end:
        raise ValueError(f"{part!r} starts and ends at the same time; a whole day is 00:00-24:00")
    return start, end


def _minute(part: str, written: str) -> int:
    hours, minutes = map(int, written.split(":"))
    minute = hours * 60 + minutes
    if minutes > 59 or minute > _MIDNIGHT:
        raise ValueError(f"{part!r}: {written!r} is not a time between 00:00 and 24:00")
    return minute


def _days(part: str, written: str) -> frozenset[int]:
    return frozenset(day for item in written.split(",") for day in _day_range(part, item))


def _day_range(part: str, item: str) -> Iterator[int]:
    """`Fri-Mon` goes over the end of the week."""
    ends = [_day(part, name) for name in item.split("-")]
    if len(ends) > 2:
        raise ValueError(f"{part!r}: {item.strip()!r} is not a range of days like Mon-Fri")
    first, last = ends[0], ends[-1]
    yield from ((first + step) % 7 for step in range((last - first) % 7 + 1))


def _day(part: str, name: str) -> int:
    try:
        return _DAY_NUMBERS[name.strip().lower()]
    except KeyError:
        raise ValueError(f"{part!r}: {name.strip()!r} is not a day; days are Mon Tue Wed Thu Fri Sat Sun") from None
