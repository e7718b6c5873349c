"""At which moments does a schedule happen?

Pure: what time it is, and in which zone, comes from the caller.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

from cronsim import CronSim, CronSimError

from updater.model.values import GOOD_DURATIONS, parse_duration
from updater.model.zone import civil_time, first_moment, is_skipped, last_moment, repetition

if TYPE_CHECKING:
    from collections.abc import Iterable
    from zoneinfo import ZoneInfo

GOOD_SCHEDULES = "five cron fields like 0 4 * * *, @hourly, @daily, @weekly, @monthly, @yearly, or @every 6h"

_NAMED = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
_FIELDS = (
    ("minute", "0-59"),
    ("hour", "0-23"),
    ("day of the month", "1-31 or L (the last)"),
    ("month", "1-12 or jan-dec"),
    ("day of the week", "0-7 or sun-sat (0 and 7 are Sunday, ranges go upwards)"),
)
_SHORTEST = timedelta(minutes=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ANY_DAY = datetime(2024, 1, 1)  # cronsim looks fifty years ahead


@dataclass(frozen=True, slots=True)
class Cron:
    """`by_the_clock`: some hours are named, so each time of the clock is meant once; otherwise real time goes on."""

    expression: str
    by_the_clock: bool


@dataclass(frozen=True, slots=True)
class Every:
    """Counted from the Unix epoch, so that a restart of the program moves nothing and nothing drifts."""

    interval: timedelta


@dataclass(frozen=True, slots=True)
class Schedule:
    text: str
    rule: Cron | Every


def parse_schedule(text: str) -> Schedule:
    """Five cron fields, `@daily` and the like, or `@every 6h`; raises ValueError."""
    words = text.split()
    if not words:
        raise ValueError(f"{text!r} is empty")
    name = words[0].lower()
    if name == "@every":
        return Schedule(text.strip(), _every(text, words[1:]))
    if not name.startswith("@"):
        return Schedule(text.strip(), _cron(text, words))
    if name == "@reboot":
        raise ValueError(f"{text!r} is no time; check_at_start makes a first cycle at the start")
    if name not in _NAMED or len(words) > 1:
        raise ValueError(f"{text!r} is not one of {', '.join(_NAMED)}, @every")
    return Schedule(text.strip(), _cron(text, _NAMED[name].split()))


def next_time(schedule: Schedule, after: datetime, zone: ZoneInfo) -> datetime:
    """The first time strictly after that moment, in UTC."""
    match schedule.rule:
        case Every(interval):
            return _EPOCH + ((after - _EPOCH) // interval + 1) * interval
        case Cron(expression, by_the_clock=True):
            return _time_of_the_clock(expression, after, zone)
        case Cron(expression):
            return _real_time(expression, after, zone)


def fired(schedule: Schedule, since: datetime, until: datetime, zone: ZoneInfo) -> bool:
    """Was there a time after `since`, up to and including `until`? However many there were, it is one yes."""
    return since < until and next_time(schedule, since, zone) <= until


def jitter(seconds: float, seed_text: str) -> float:
    """From 0 up to below `seconds`: the same on one host for ever, spread evenly over a fleet."""
    return seconds * int.from_bytes(sha256(seed_text.encode(errors="surrogatepass")).digest()[:4]) / 2**32


def _time_of_the_clock(expression: str, after: datetime, zone: ZoneInfo) -> datetime:
    """Each civil time once: a skipped one right after the gap, of a repeated one the first."""
    civil_times = CronSim(expression, civil_time(after, zone))
    return _first_after(after, (first_moment(civil, zone) for civil in civil_times))


def _real_time(expression: str, after: datetime, zone: ZoneInfo) -> datetime:
    """Whenever the clock shows such a time: never while it is skipped, twice while it is repeated."""
    here = civil_time(after, zone)
    shown = (civil for civil in CronSim(expression, here) if not is_skipped(civil, zone))
    found = _first_after(after, (first_moment(civil, zone) for civil in shown))
    back = repetition(here, zone)
    if not back:
        return found
    repeated = (civil for civil in CronSim(expression, here - back) if not is_skipped(civil, zone))
    return min(found, _first_after(after, (last_moment(civil, zone) for civil in repeated)))


def _first_after(after: datetime, moments: Iterable[datetime]) -> datetime:
    for moment in moments:
        if moment > after:
            return moment
    raise ValueError("no such day within fifty years")  # parse_schedule has seen one


def _every(text: str, words: list[str]) -> Every:
    if len(words) != 1:
        raise ValueError(f"{text!r} needs one duration: {GOOD_DURATIONS}")
    try:
        interval = timedelta(seconds=parse_duration(words[0]))
    except ValueError as error:
        raise ValueError(f"{text!r}: {error}; good is {GOOD_DURATIONS}") from None
    if interval < _SHORTEST:
        raise ValueError(f"{text!r} is too often; at least one minute, @every 1m, must lie between")
    return Every(interval)


def _cron(text: str, fields: list[str]) -> Cron:
    if len(fields) == 6 and fields[0].upper().startswith(("TZ=", "CRON_TZ=")):
        raise ValueError(f"{text!r} names a zone; leave it out and use the setting timezone")
    if len(fields) == 6:
        raise ValueError(f"{text!r} has six fields; leave out the first, the seconds: {' '.join(fields[1:])!r}")
    if len(fields) != 5:
        raise ValueError(f"{text!r} has {len(fields)} of the five fields {', '.join(name for name, _ in _FIELDS)}")
    expression = " ".join(fields)
    times = _read(expression)
    if times is None:
        raise ValueError(_complaint(text, fields))
    if next(times, None) is None:
        raise ValueError(_never(text))
    return Cron(expression, by_the_clock=len(times.hours) < 24)


def _read(expression: str) -> CronSim | None:
    try:
        return CronSim(expression, _ANY_DAY)
    except (CronSimError, ValueError):  # ValueError: a number of thousands of digits
        return None


def _complaint(text: str, fields: list[str]) -> str:
    """Which field is wrong, seen by reading each alone; where each is good alone, they are no day together."""
    for place, (name, good) in enumerate(_FIELDS):
        alone = ["*"] * place + [fields[place]] + ["*"] * (4 - place)
        if _read(" ".join(alone)) is None:
            return f"{text!r} has {fields[place]!r} as {name}; good are *, {good}, lists, ranges and steps (*/2)"
    return _never(text)


def _never(text: str) -> str:
    return f"{text!r} never happens: no such day is in any year"
