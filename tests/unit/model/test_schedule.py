"""When schedules happen: through both changes of the clock, over long gaps, in odd zones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.model.clocks import (
    APIA,
    BERLIN,
    KATHMANDU,
    LORD_HOWE,
    MONROVIA,
    NEW_YORK,
    SANTIAGO,
    minutes,
    moments,
    shown,
    utc,
    zones,
)
from updater.model.schedule import Schedule, fired, jitter, next_time, parse_schedule


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "is empty"),
        ("0 4 * *", "has 4 of the five fields minute, hour,"),
        ("0 0 4 * * *", "six fields; leave out the first, the seconds: '0 4 \\* \\* \\*'"),
        ("0 0 0 4 * * *", "has 7 of the five fields"),
        ("CRON_TZ=UTC 0 4 * * *", "names a zone; .* setting timezone"),
        ("60 4 * * *", "'60' as minute; good are \\*, 0-59"),
        ("0 24 * * *", "'24' as hour"),
        ("0 4 32 * *", "'32' as day of the month"),
        ("0 4 * 13 *", "'13' as month"),
        ("0 4 * * 8", "'8' as day of the week"),
        ("0 4 * * fri-mon", "ranges go upwards"),
        ("*/0 * * * *", r"'\*/0' as minute"),
        ("9" * 5000 + " * * * *", "as minute"),
        ("@reboot", "check_at_start"),
        ("@noon", "not one of @hourly, @daily, @midnight, .*@every"),
        ("@daily 4", "not one of"),
        ("@every", "needs one duration"),
        ("@every 6 h", "needs one duration"),
        ("@every six", "'six' is not a duration"),
        ("@every 59s", "at least one minute"),
        ("@every 0", "at least one minute"),
        ("0 0 30 2 *", "never happens"),
        ("0 0 31 4,6,9,11 *", "never happens"),
        ("0 0 30 2 */2", "never happens"),  # with a star in one of the two, a day has to match both
        ("0 0 */40 * 1#2", "never happens"),  # the first, and the second Monday
    ],
)
def test_no_schedules(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        parse_schedule(text)


@given(st.text(alphabet="0123456789*/,-L#W?@ \tMONSUNJANevery\u00b2\u0660", max_size=20))
def test_anything_is_a_schedule_or_a_value_error(text: str) -> None:
    try:
        schedule = parse_schedule(text)
    except ValueError:
        return
    assert schedule == parse_schedule(schedule.text)
    assert len({schedule, parse_schedule(text)}) == 1


@pytest.mark.parametrize(
    ("text", "zone", "after", "expected"),
    [
        ("0 4 * * *", "UTC", "2026-06-01T03:59:59", "2026-06-01T04:00"),
        ("0 4 * * *", "UTC", "2026-06-01T04:00", "2026-06-02T04:00"),
        ("0 4 * * *", "UTC", "2026-06-01T04:00:00.5", "2026-06-02T04:00"),
        (" 0   4 * * * ", BERLIN, "2026-06-01T03:00", "2026-06-02T02:00"),
        ("0 4 * * *", KATHMANDU, "2026-06-01T00:00", "2026-06-01T22:15"),
        ("*/30 * * * *", KATHMANDU, "2026-06-01T00:00", "2026-06-01T00:15"),
        ("0 4 * * *", MONROVIA, "1971-06-01T00:00", "1971-06-01T04:44:30"),
        ("@hourly", KATHMANDU, "2026-06-01T00:00", "2026-06-01T00:15"),
        ("@daily", NEW_YORK, "2026-12-31T04:00", "2026-12-31T05:00"),
        ("@Midnight", NEW_YORK, "2026-12-31T05:00", "2027-01-01T05:00"),  # the year ends
        ("@weekly", "UTC", "2026-12-28T00:00", "2027-01-03T00:00"),
        ("@monthly", BERLIN, "2026-01-31T22:59", "2026-01-31T23:00"),
        ("@yearly", LORD_HOWE, "2026-06-01T00:00", "2026-12-31T13:00"),
        ("@annually", "UTC", "2026-01-01T00:00", "2027-01-01T00:00"),
        ("0 4 29 2 *", "UTC", "2026-01-01T00:00", "2028-02-29T04:00"),
        ("0 4 29 2 *", "UTC", "2096-03-01T00:00", "2104-02-29T04:00"),  # 2100 has none
        ("0 4 * 2 mon#5", "UTC", "2026-01-01T00:00", "2044-02-29T04:00"),
        ("0 4 * 2 *", "UTC", "2028-02-28T04:00", "2028-02-29T04:00"),
        ("0 4 L * *", "UTC", "2027-02-01T00:00", "2027-02-28T04:00"),
        ("0 4 13 * 5", "UTC", "2026-06-01T00:00", "2026-06-05T04:00"),  # either: a Friday
        ("0 4 13 * 5", "UTC", "2026-06-12T04:00", "2026-06-13T04:00"),  # or the 13th
        ("0 4 30 2 5", "UTC", "2026-01-01T00:00", "2026-02-06T04:00"),
        ("0 4 * * 7", "UTC", "2026-06-01T00:00", "2026-06-07T04:00"),
        ("0 4 * * mon-fri", "UTC", "2026-06-05T04:00", "2026-06-08T04:00"),
        ("59 23 31 12 *", "UTC", "2026-12-31T23:58", "2026-12-31T23:59"),
        ("@every 6h", BERLIN, "2026-06-01T06:00", "2026-06-01T12:00"),
        ("@every 6h", KATHMANDU, "2026-06-01T06:00:00.000001", "2026-06-01T12:00"),
        ("@EVERY 90m", "UTC", "1970-01-01T00:00", "1970-01-01T01:30"),
        ("@every 1d", NEW_YORK, "2026-03-08T00:00", "2026-03-09T00:00"),
        ("@every 1m", "UTC", "1969-12-31T23:59:30", "1970-01-01T00:00"),
        ("0 4 30 12 *", APIA, "2011-12-29T00:00", "2011-12-30T10:00"),  # a day that is not: when the 31st begins
        ("0 4 * * *", APIA, "2011-12-29T14:00", "2011-12-30T10:00"),
    ],
)
def test_next(text: str, zone: str, after: str, expected: str) -> None:
    found = next_time(parse_schedule(text), utc(after), ZoneInfo(zone))
    assert (found, found.tzinfo) == (utc(expected), UTC)


@pytest.mark.parametrize(
    ("text", "zone", "after", "expected"),
    [
        ("30 2 * * *", BERLIN, "2026-03-28T12:00", "29 03:00 +0200, 30 02:30 +0200"),
        ("30 2 * * *", BERLIN, "2026-10-24T12:00", "25 02:30 +0200, 26 02:30 +0100"),
        ("30 2 * * *", BERLIN, "2026-10-25T00:45", "26 02:30 +0100"),  # begun between the two: it was once
        ("0 2 * * *", BERLIN, "2026-03-28T12:00", "29 03:00 +0200, 30 02:00 +0200"),
        ("0 3 * * *", BERLIN, "2026-03-28T12:00", "29 03:00 +0200, 30 03:00 +0200"),
        ("0 2,3 * * *", BERLIN, "2026-03-28T12:00", "29 03:00 +0200, 30 02:00 +0200, 30 03:00 +0200"),
        ("*/30 2 * * *", BERLIN, "2026-03-28T12:00", "29 03:00 +0200, 30 02:00 +0200, 30 02:30 +0200"),
        ("*/30 2 * * *", BERLIN, "2026-10-24T12:00", "25 02:00 +0200, 25 02:30 +0200, 26 02:00 +0100"),
        ("0 */2 * * *", BERLIN, "2026-03-29T00:30", "29 03:00 +0200, 29 04:00 +0200, 29 06:00 +0200"),
        ("*/30 * * * *", BERLIN, "2026-03-29T00:15", "29 01:30 +0100, 29 03:00 +0200, 29 03:30 +0200"),
        ("*/30 * * * *", BERLIN, "2026-10-25T00:15", "25 02:30 +0200, 25 02:00 +0100, 25 02:30 +0100, 25 03:00 +0100"),
        ("20 * * * *", BERLIN, "2026-10-25T00:50", "25 02:20 +0100, 25 03:20 +0100"),
        ("20 * * * *", BERLIN, "2026-10-25T01:30", "25 03:20 +0100"),
        ("@every 30m", BERLIN, "2026-03-29T00:15", "29 01:30 +0100, 29 03:00 +0200, 29 03:30 +0200"),
        ("@every 12h", BERLIN, "2026-10-24T12:00", "25 02:00 +0200, 25 13:00 +0100, 26 01:00 +0100"),
        ("30 2 * * *", NEW_YORK, "2026-03-07T12:00", "08 03:00 -0400, 09 02:30 -0400"),
        ("30 1 * * *", NEW_YORK, "2026-10-31T12:00", "01 01:30 -0400, 02 01:30 -0500"),
        ("*/30 * * * *", NEW_YORK, "2026-11-01T05:15", "01 01:30 -0400, 01 01:00 -0500, 01 01:30 -0500"),
        ("*/30 * * * *", NEW_YORK, "2026-03-08T06:15", "08 01:30 -0500, 08 03:00 -0400"),
        ("15 2 * * *", LORD_HOWE, "2026-10-03T00:00", "04 02:30 +1100, 05 02:15 +1100"),
        ("45 1 * * *", LORD_HOWE, "2026-04-04T00:00", "05 01:45 +1100, 06 01:45 +1030"),
        ("*/15 * * * *", LORD_HOWE, "2026-10-03T15:00", "04 01:45 +1030, 04 02:30 +1100"),
        ("*/15 * * * *", LORD_HOWE, "2026-04-04T14:30", "05 01:45 +1100, 05 01:30 +1030, 05 01:45 +1030"),
        ("@daily", SANTIAGO, "2026-09-05T12:00", "06 01:00 -0300, 07 00:00 -0300"),  # midnight itself is skipped
        ("30 23 * * *", SANTIAGO, "2026-04-04T12:00", "04 23:30 -0300, 05 23:30 -0400"),
        ("15 * 4 4 *", SANTIAGO, "2026-04-05T02:40", "04 23:15 -0400, 04 00:15 -0400"),  # then a year later
    ],
)
def test_when_the_clock_is_changed(text: str, zone: str, after: str, expected: str) -> None:
    schedule, moment, found = parse_schedule(text), utc(after), []
    for _ in expected.split(", "):
        moment = next_time(schedule, moment, ZoneInfo(zone))
        found.append(shown(moment, zone))
    assert ", ".join(found) == expected


@pytest.mark.parametrize(
    ("text", "since", "until", "expected"),
    [
        ("0 4 * * *", "2026-06-01T03:59", "2026-06-01T04:00", True),
        ("0 4 * * *", "2026-06-01T04:00", "2026-06-01T04:01", False),  # it has been asked about already
        ("0 4 * * *", "2026-06-01T01:00", "2026-06-01T13:00", True),  # the machine slept for 12 hours
        ("0 4 * * *", "2026-06-01T05:00", "2026-06-01T17:00", False),
        ("* * * * *", "1990-06-01T05:00", "2026-06-01T17:00", True),
        ("0 4 29 2 *", "2024-03-01T00:00", "2028-02-29T03:59", False),
        ("* * * * *", "2026-06-01T05:00", "2026-06-01T05:00", False),
        ("* * * * *", "2026-06-01T05:00", "2026-06-01T03:00", False),  # somebody put the machine's clock back
    ],
)
def test_fired(text: str, since: str, until: str, expected: bool) -> None:
    assert fired(parse_schedule(text), utc(since), utc(until), ZoneInfo("UTC")) is expected


EXPRESSIONS = """
    30 2 * * *
    15 1 * * *
    */20 * * * *
    * * * * *
    0 */2 * * *
    5 * * * *
    10 0 * * 0
    */7 1-3 * * *
    0 0 29 2 *
    0 0 1 * 1
    59 23 * * *
    * 23 * * *
    @daily
    @monthly
    @every 1h
    @every 7m
    @every 1w
"""
schedules = st.sampled_from(EXPRESSIONS.strip().splitlines()).map(parse_schedule)


@given(schedules, moments, zones, st.floats(min_value=0, max_value=0.999))
def test_a_moment_between_two_times_has_the_second_as_its_next(
    schedule: Schedule, after: datetime, zone: ZoneInfo, share: float
) -> None:
    first = next_time(schedule, after, zone)
    assert first > after
    second = next_time(schedule, first, zone)
    assert second > first
    assert next_time(schedule, first + (second - first) * share, zone) == second


@given(schedules, moments, zones, st.integers(min_value=-3600, max_value=10**7))
def test_fired_agrees_with_next_time(schedule: Schedule, since: datetime, zone: ZoneInfo, seconds: int) -> None:
    until = since + timedelta(seconds=seconds)
    assert fired(schedule, since, until, zone) == (next_time(schedule, since, zone) <= until)


numbers = st.sets(st.integers(min_value=0, max_value=59), min_size=1, max_size=3)
hours = st.sets(st.integers(min_value=0, max_value=23), min_size=1, max_size=4)


@given(numbers, hours, moments, zones)
def test_times_of_the_clock_are_when_the_clock_gets_there(
    minute: set[int], hour: set[int], after: datetime, zone: ZoneInfo
) -> None:
    """Against a walk through the minutes: a time happens when the clock first shows it, or something later."""
    schedule = parse_schedule(f"{','.join(map(str, minute))} {','.join(map(str, hour))} * * *")
    begin = after - timedelta(hours=30)
    reached = begin.astimezone(zone).replace(tzinfo=None, second=0, microsecond=0)
    happened = []
    for moment in minutes(begin, 80):
        now_shown = moment.astimezone(zone).replace(tzinfo=None)
        passed = [reached + timedelta(minutes=n + 1) for n in range((now_shown - reached) // timedelta(minutes=1))]
        if any(civil.minute in minute and civil.hour in hour for civil in passed):
            happened.append(moment)
        reached = max(reached, now_shown)
    assert next_time(schedule, after, zone) == next(moment for moment in happened if moment > after)


@given(numbers, moments, zones)
def test_real_times_are_whenever_the_clock_shows_them(minute: set[int], after: datetime, zone: ZoneInfo) -> None:
    schedule = parse_schedule(f"{','.join(map(str, minute))} * * * *")
    happened = (moment for moment in minutes(after, 5) if moment.astimezone(zone).minute in minute)
    assert next_time(schedule, after, zone) == next(moment for moment in happened if moment > after)


@given(st.floats(min_value=0, max_value=10**6, exclude_min=True, allow_subnormal=False), st.text())
def test_jitter_is_stable_and_within(seconds: float, host: str) -> None:
    assert 0 <= jitter(seconds, host) < seconds
    assert jitter(seconds, host) == jitter(seconds, host)


def test_jitter_spreads_a_fleet() -> None:
    offsets = [jitter(600, f"node-{number}") for number in range(1000)]
    assert all(60 < sum(start <= offset < start + 60 for offset in offsets) < 140 for start in range(0, 600, 60))
    assert jitter(0, "node-1") == 0
