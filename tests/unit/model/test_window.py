"""When windows are open: across midnight and the week's end, through both changes of the clock, in odd zones."""

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
    NEW_YORK,
    SANTIAGO,
    minutes,
    moments,
    shown,
    utc,
    zones,
)
from updater.model.window import Span, closes_at, is_open, opens_at, parse_windows

SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("Mon-Fri 02:00-05:00", "01234 120-300"),
        ("22:00-02:00", "0123456 1320-120"),
        ("Sat,Sun 00:00-24:00", "56 0-1440"),
        ("Sat,Sun", "56 0-1440"),
        ("Fri-Mon 1:00 - 2:00", "0456 60-120"),
        ("sun-SAT", "0123456 0-1440"),
        ("Monday , wed - thursday 23:59-00:00", "023 1439-0"),
        ("Tue02:00-05:00", "1 120-300"),
        ("22:00-02:00;Sun", "0123456 1320-120, 6 0-1440"),
        (" Mon 22:00-06:00 ; Sat-Sat ", "0 1320-360, 5 0-1440"),
    ],
)
def test_windows(text: str, spans: str) -> None:
    windows = parse_windows(text)
    assert ", ".join(f"{''.join(map(str, sorted(s.days)))} {s.start}-{s.end}" for s in windows.spans) == spans
    assert windows.text == text.strip()
    assert len({windows, parse_windows(text)}) == 1


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "is empty"),
        (" ; ", "nothing before or after a ';'"),
        ("Mon;", "nothing before or after a ';'"),
        ("Mo 01:00-02:00", "'Mo' is not a day; days are Mon Tue"),
        ("Mon Tue", "'Mon Tue' is not a day"),
        ("Mon,", "'' is not a day"),
        ("Mon-Wed-Fri", "not a range of days like Mon-Fri"),
        ("02:00", "not a start and an end like 02:00-05:00"),
        ("2-5", "not a start and an end"),
        ("01:00-02:00,03:00-04:00", "not a start and an end"),
        ("\u0660\u0661:00-02:00", "not a start and an end"),
        ("01:60-02:00", "'01:60' is not a time between"),
        ("01:00-24:01", "'24:01' is not a time between"),
        ("01:00-99:00", "'99:00' is not a time between"),
        ("24:00-01:00", "nothing starts at 24:00"),
        ("Mon 02:00-02:00", "'Mon 02:00-02:00' starts and ends at the same time; a whole day is 00:00-24:00"),
        ("Sun; Mon 2:00-02:00", "'Mon 2:00-02:00' starts and ends at the same time"),
    ],
)
def test_no_windows(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        parse_windows(text)


@given(st.text(alphabet="0123456789:-,; \nMonTueSatmon\u00b2\u0660", max_size=20))
def test_anything_is_windows_or_a_value_error(text: str) -> None:
    try:
        windows = parse_windows(text)
    except ValueError:
        return
    assert windows == parse_windows(windows.text)


# 2026-06-01 is a Monday. What is expected is "opens" or "open until".
@pytest.mark.parametrize(
    ("text", "zone", "now", "expected"),
    [
        ("02:00-05:00", "UTC", "2026-06-01T01:59:59", "opens 01 02:00 +0000"),
        ("02:00-05:00", "UTC", "2026-06-01T02:00", "until 01 05:00 +0000"),
        ("02:00-05:00", "UTC", "2026-06-01T04:59:59.9", "until 01 05:00 +0000"),
        ("02:00-05:00", "UTC", "2026-06-01T05:00", "opens 02 02:00 +0000"),
        ("02:00-05:00", KATHMANDU, "2026-06-01T00:00", "opens 02 02:00 +0545"),
        ("02:00-05:00", KATHMANDU, "2026-05-31T20:15", "until 01 05:00 +0545"),
        ("Mon-Fri 02:00-05:00", "UTC", "2026-06-05T05:00", "opens 08 02:00 +0000"),
        ("22:00-02:00", "UTC", "2026-05-31T23:00", "until 01 02:00 +0000"),
        ("22:00-02:00", "UTC", "2026-06-01T01:59", "until 01 02:00 +0000"),
        ("22:00-02:00", "UTC", "2026-12-31T22:00", "until 01 02:00 +0000"),  # the year ends
        ("22:00-02:00", "UTC", "2026-06-01T10:00", "opens 01 22:00 +0000"),  # and 12 hours of sleep later:
        ("22:00-02:00", "UTC", "2026-06-01T22:00", "until 02 02:00 +0000"),
        ("23:00-00:00", "UTC", "2026-06-01T23:30", "until 02 00:00 +0000"),
        ("00:00-00:01", "UTC", "2026-06-01T23:59", "opens 02 00:00 +0000"),
        ("Mon 22:00-06:00", "UTC", "2026-06-01T05:00", "opens 01 22:00 +0000"),  # Monday's begins on Monday
        ("Mon 22:00-06:00", "UTC", "2026-06-02T05:00", "until 02 06:00 +0000"),
        ("Mon 22:00-06:00", "UTC", "2026-06-02T06:00", "opens 08 22:00 +0000"),
        ("Sun 22:00-06:00", "UTC", "2026-06-01T05:00", "until 01 06:00 +0000"),
        ("Sat,Sun 00:00-24:00", "UTC", "2026-06-06T12:00", "until 08 00:00 +0000"),  # joined
        ("Sat,Sun", BERLIN, "2026-06-05T12:00", "opens 06 00:00 +0200"),
        ("Fri-Mon", "UTC", "2026-06-06T12:00", "until 09 00:00 +0000"),
        ("01:00-03:00; 02:00-05:00", "UTC", "2026-06-01T01:30", "until 01 05:00 +0000"),  # overlapping
        ("03:00-05:00; 01:00-03:00", "UTC", "2026-06-01T01:30", "until 01 05:00 +0000"),  # touching
        ("01:00-09:00; 02:00-03:00", "UTC", "2026-06-01T02:30", "until 01 09:00 +0000"),  # one within the other
        ("01:00-02:00; 04:00-05:00", "UTC", "2026-06-01T01:30", "until 01 02:00 +0000"),
        ("01:00-02:00; 04:00-05:00", "UTC", "2026-06-01T02:00", "opens 01 04:00 +0000"),
        ("20:00-08:00; 08:00-20:00", BERLIN, "2026-06-01T12:00", "until ever"),
        ("00:00-24:00", LORD_HOWE, "2026-06-01T12:00", "until ever"),
        ("Mon-Sun", "UTC", "2026-06-01T12:00", "until ever"),
        ("Mon-Sat; Sun 00:00-23:59", "UTC", "2026-06-01T00:00", "until 07 23:59 +0000"),
        ("Thu 00:00-24:00", "UTC", "2028-02-25T00:00", "opens 02 00:00 +0000"),
        ("Tue 10:00-11:00", "UTC", "2028-02-28T00:00", "opens 29 10:00 +0000"),  # a leap day
        ("Thu 22:00-02:00", APIA, "2011-12-30T09:00", "until 31 00:00 +1400"),  # Friday was left out
        ("Fri", APIA, "2011-12-29T12:00", "opens 06 00:00 +1400"),
        # The clock is put forward.
        ("02:30-05:00", BERLIN, "2026-03-29T00:59", "opens 29 03:00 +0200"),
        ("02:30-05:00", BERLIN, "2026-03-29T01:00", "until 29 05:00 +0200"),
        ("01:00-02:30", BERLIN, "2026-03-29T00:30", "until 29 03:00 +0200"),
        ("02:10-02:50", BERLIN, "2026-03-29T00:59", "opens 30 02:10 +0200"),  # that night it is not at all
        ("Sun 02:00-03:00", BERLIN, "2026-03-28T12:00", "opens 05 02:00 +0200"),
        ("Mon-Sat; Sun 00:00-02:00; Sun 03:00-24:00", BERLIN, "2026-03-23T12:00", "until 05 02:00 +0200"),
        ("02:30-05:00", NEW_YORK, "2026-03-08T06:59", "opens 08 03:00 -0400"),
        ("22:00-02:30", NEW_YORK, "2026-03-08T06:59", "until 08 03:00 -0400"),
        ("02:15-05:00", LORD_HOWE, "2026-10-03T15:29", "opens 04 02:30 +1100"),
        ("22:00-02:15", LORD_HOWE, "2026-10-03T15:29", "until 04 02:30 +1100"),
        ("00:30-05:00", SANTIAGO, "2026-09-06T03:59", "opens 06 01:00 -0300"),
        ("Sun", SANTIAGO, "2026-09-06T03:59", "opens 06 01:00 -0300"),
        # The clock is put back.
        ("02:30-05:00", BERLIN, "2026-10-25T00:29", "opens 25 02:30 +0200"),
        ("02:30-05:00", BERLIN, "2026-10-25T01:15", "until 25 05:00 +0100"),
        ("01:00-02:30", BERLIN, "2026-10-25T00:45", "until 25 02:30 +0100"),
        ("01:00-02:30", BERLIN, "2026-10-25T01:30", "opens 26 01:00 +0100"),
        ("22:00-03:00", BERLIN, "2026-10-25T00:45", "until 25 03:00 +0100"),
        ("22:00-02:00", BERLIN, "2026-10-24T23:45", "until 25 02:00 +0200"),  # before the hour that is repeated
        ("22:00-02:00", BERLIN, "2026-10-25T00:00", "opens 25 22:00 +0100"),
        ("03:00-05:00", BERLIN, "2026-10-25T01:30", "opens 25 03:00 +0100"),
        ("01:30-03:00", NEW_YORK, "2026-11-01T05:29", "opens 01 01:30 -0400"),
        ("22:00-01:30", NEW_YORK, "2026-11-01T05:45", "until 01 01:30 -0500"),
        ("01:45-03:00", LORD_HOWE, "2026-04-04T14:44", "opens 05 01:45 +1100"),
        ("22:00-01:45", LORD_HOWE, "2026-04-04T14:50", "until 05 01:45 +1030"),
        ("22:00-23:30", SANTIAGO, "2026-04-05T02:45", "until 04 23:30 -0400"),
        ("Sat", SANTIAGO, "2026-04-05T03:30", "until 05 00:00 -0400"),
    ],
)
def test_opens_and_closes(text: str, zone: str, now: str, expected: str) -> None:
    windows, moment, place = parse_windows(text), utc(now), ZoneInfo(zone)
    opens, closes = opens_at(windows, moment, place), closes_at(windows, moment, place)
    if opens is None:
        assert f"until {shown(closes, zone) if closes else 'ever'}" == expected
    else:
        assert (f"opens {shown(opens, zone)}", closes, opens.tzinfo) == (expected, None, UTC)
    assert is_open(windows, moment, place) is (opens is None)


times = st.integers(min_value=0, max_value=1439)
day_sets = st.sets(st.integers(min_value=0, max_value=6), min_size=1).map(frozenset)
spans = st.builds(Span, day_sets, times, times.map(lambda end: end + 1)).filter(lambda span: span.start != span.end)
NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def written(span: Span) -> str:
    return f"{','.join(NAMES[day] for day in sorted(span.days))} {clock(span.start)}-{clock(span.end)}"


several = st.lists(spans, min_size=1, max_size=3).map(lambda some: "; ".join(map(written, some)))


@given(several, moments, zones)
def test_it_is_open_when_it_opens_and_closed_a_second_before(text: str, now: datetime, zone: ZoneInfo) -> None:
    windows = parse_windows(text)
    opens = opens_at(windows, now, zone)
    if opens is None:
        return
    assert opens > now
    assert is_open(windows, opens, zone)
    assert opens_at(windows, opens - SECOND, zone) == opens


@given(several, moments, zones)
def test_it_is_closed_when_it_closes_and_open_a_second_before(text: str, now: datetime, zone: ZoneInfo) -> None:
    windows = parse_windows(text)
    closes = closes_at(windows, now, zone)
    if closes is None:
        return
    assert closes > now
    assert is_open(windows, now, zone)
    assert is_open(windows, closes - SECOND, zone)
    assert not is_open(windows, closes, zone)


@given(st.data(), day_sets, moments, zones)
def test_a_narrower_window_never_allows_more(
    data: st.DataObject, days: frozenset[int], now: datetime, zone: ZoneInfo
) -> None:
    """Fewer days, a later start, an earlier end; both may lie beyond midnight."""
    start = data.draw(times)
    length = data.draw(st.integers(min_value=3, max_value=1439))
    later = data.draw(st.integers(min_value=0, max_value=length - 2))
    shorter = data.draw(st.integers(min_value=later + 1, max_value=length))
    beyond = (start + later) >= 1440  # then the narrower one belongs to the next day
    fewer = data.draw(st.sets(st.sampled_from(sorted(days)), min_size=1))
    shifted = frozenset((day + beyond) % 7 for day in fewer)
    wide = parse_windows(written(Span(days, start, (start + length) % 1440)))
    narrow = parse_windows(written(Span(shifted, (start + later) % 1440, (start + shorter) % 1440)))
    if is_open(narrow, now, zone):
        assert is_open(wide, now, zone)
        opened, closed = closes_at(narrow, now, zone), closes_at(wide, now, zone)
        assert opened is not None
        assert closed is None or opened <= closed


@given(several, several, moments, zones)
def test_joined_windows_are_open_when_one_is(one: str, other: str, now: datetime, zone: ZoneInfo) -> None:
    both = parse_windows(f"{one};{other}")
    assert is_open(both, now, zone) == any(is_open(parse_windows(text), now, zone) for text in (one, other))


@given(spans, moments, zones)
def test_it_is_open_from_the_first_to_the_last_minute_that_the_clock_shows_of_it(
    span: Span, now: datetime, zone: ZoneInfo
) -> None:
    """Against a walk through the minutes of three days."""
    clocks = [(moment, moment.astimezone(zone).replace(tzinfo=None)) for moment in minutes(now - 48 * HOUR, 96)]
    today = now.astimezone(zone).replace(tzinfo=None, hour=0, minute=0, second=0, microsecond=0)
    expected = False
    for day in (today - 24 * HOUR, today):
        start = day + timedelta(minutes=span.start)
        end = day + timedelta(minutes=span.end, days=span.end <= span.start)
        opens = next((moment for moment, civil in clocks if civil >= start), now + HOUR)
        last = max(moment for moment, civil in clocks if civil < end)
        expected |= day.weekday() in span.days and opens <= now < last + timedelta(minutes=1)
    assert is_open(parse_windows(written(span)), now, zone) is expected
