"""At which moment does a clock on the wall of a time zone show a time, also when the clock is put forward or back?

A civil time is what the wall clock shows: a datetime without a zone. Where the clock is put forward some civil times
are skipped, where it is put back some happen twice (PEP 495: the offset before the change has fold 0, after it fold 1).
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

GOOD_ZONES = "a time zone like Europe/Berlin, America/New_York or UTC"

_LOCALTIME = Path("/etc/localtime")
_NO_TIME = timedelta(0)
_MINUTE = timedelta(minutes=1)


def parse_zone(text: str) -> ZoneInfo:
    """`Europe/Berlin`, with capitals as the tz database has them; raises ValueError."""
    try:
        return ZoneInfo(text.strip())
    except (KeyError, ValueError, OSError):  # a name that is a folder, as Europe is, ends in an OSError
        raise ValueError(f"{text!r} is not a time zone; one is for example 'Europe/Berlin'") from None


def system_zone(environment: Mapping[str, str], localtime: Path = _LOCALTIME) -> ZoneInfo:
    """The zone of `TZ`, else of /etc/localtime, else UTC; raises ValueError where `TZ` is set to something else."""
    named = environment.get("TZ", "").strip().removeprefix(":")  # libc allows the colon
    if not named:
        return _zone_of_file(localtime) or ZoneInfo("UTC")
    if named.startswith("/"):
        return _zone_of_file(Path(named)) or parse_zone(named)
    return parse_zone(named)


def _zone_of_file(path: Path) -> ZoneInfo | None:
    """By its name in the tz database where it is a link into it; a container often has a copy without a name."""
    try:
        target = path.resolve(strict=True)
        _, _, name = target.as_posix().rpartition("/zoneinfo/")
        with suppress(ValueError):
            return parse_zone(name)
        with target.open("rb") as file:
            return ZoneInfo.from_file(file, key=path.as_posix())
    except (ValueError, OSError, RuntimeError):  # RuntimeError: links in a circle
        return None


def show_until(at: datetime, zone: ZoneInfo) -> str:
    """`Wed 2026-03-04 14:00 CET`, for a time to come.

    Rounded up to the minute: whoever waits until then does not come too early.
    """
    over = timedelta(seconds=at.second, microseconds=at.microsecond)
    whole = at.astimezone(UTC) + (_MINUTE - over if over else _NO_TIME)
    return f"{whole.astimezone(zone):%a %Y-%m-%d %H:%M %Z}"


def civil_time(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.astimezone(zone).replace(tzinfo=None, fold=0)


def is_skipped(civil: datetime, zone: ZoneInfo) -> bool:
    before, after = _offsets(civil, zone)
    return before < after


def repetition(civil: datetime, zone: ZoneInfo) -> timedelta:
    """How far apart the two moments are at which the clock shows this; nothing where it shows it once."""
    before, after = _offsets(civil, zone)
    return max(before - after, _NO_TIME)


def first_moment(civil: datetime, zone: ZoneInfo) -> datetime:
    """In UTC. What is skipped is at the first moment after the gap."""
    before, after = _offsets(civil, zone)
    return _end_of_gap(civil, zone) if before < after else (civil - before).replace(tzinfo=UTC)


def last_moment(civil: datetime, zone: ZoneInfo) -> datetime:
    """In UTC. What is skipped is at the first moment after the gap."""
    before, after = _offsets(civil, zone)
    return _end_of_gap(civil, zone) if before < after else (civil - after).replace(tzinfo=UTC)


def gone_by(civil: datetime, zone: ZoneInfo) -> datetime:
    """The moment, in UTC, from which on the clock never again shows an earlier time than this one."""
    just_before = civil - timedelta.resolution
    if repetition(just_before, zone):
        return last_moment(just_before, zone) + timedelta.resolution
    return first_moment(civil, zone)


def _offsets(civil: datetime, zone: ZoneInfo) -> tuple[timedelta, timedelta]:
    before = zone.utcoffset(civil.replace(fold=0))
    after = zone.utcoffset(civil.replace(fold=1))
    assert before is not None
    assert after is not None
    return before, after


def _end_of_gap(civil: datetime, zone: ZoneInfo) -> datetime:
    """The moment of the change is somewhere between the two readings of the skipped time; zoneinfo does not tell it."""
    before, after = _offsets(civil, zone)
    early = (civil - after).replace(tzinfo=UTC)  # still the old offset
    late = (civil - before).replace(tzinfo=UTC)  # the new one
    while late - early > timedelta(seconds=1):
        middle = early + timedelta(seconds=(late - early) // timedelta(seconds=2))
        if middle.astimezone(zone).utcoffset() == before:
            early = middle
        else:
            late = middle
    return late
