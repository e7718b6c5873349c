"""Moments for the tests of schedules and windows: nights on which clocks are put forward or back, and others."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Iterator

BERLIN, NEW_YORK, LORD_HOWE, KATHMANDU, SANTIAGO, APIA, MONROVIA = (
    "Europe/Berlin",  # 2026-03-29 02:00 -> 03:00, 2026-10-25 03:00 -> 02:00
    "America/New_York",  # 2026-03-08 02:00 -> 03:00, 2026-11-01 02:00 -> 01:00
    "Australia/Lord_Howe",  # 2026-10-04 02:00 -> 02:30, 2026-04-05 02:00 -> 01:30
    "Asia/Kathmandu",  # +05:45, always
    "America/Santiago",  # 2026-09-06 00:00 -> 01:00, 2026-04-05 00:00 -> 23:00 of the day before
    "Pacific/Apia",  # 2011-12-30 is not in its calendar
    "Africa/Monrovia",  # -00:44:30 until 1972
)
ZONES = (BERLIN, NEW_YORK, LORD_HOWE, KATHMANDU, SANTIAGO, "UTC")

# Midnight UTC of days around which the clocks of these zones change.
_CHANGES = ("2026-03-08", "2026-03-29", "2026-04-05", "2026-09-06", "2026-10-04", "2026-10-25", "2026-11-01")

zones = st.sampled_from(ZONES).map(ZoneInfo)
moments = st.one_of(
    st.datetimes(min_value=datetime(1975, 1, 1), max_value=datetime(2090, 1, 1)),
    st.builds(
        lambda day, minutes: datetime.fromisoformat(day) + timedelta(minutes=minutes),
        st.sampled_from(_CHANGES),
        st.integers(min_value=-1440, max_value=2880),
    ),
).map(lambda moment: moment.replace(tzinfo=UTC))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def shown(moment: datetime, zone: str) -> str:
    """`29 01:30 +0100`: day, clock, and which of two."""
    return moment.astimezone(ZoneInfo(zone)).strftime("%d %H:%M %z")


def minutes(start: datetime, hours: int) -> Iterator[datetime]:
    """Every minute from there, by real time."""
    first = start.replace(second=0, microsecond=0)
    return (first + timedelta(minutes=count) for count in range(hours * 60))
