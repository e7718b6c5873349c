"""When does a daemon run a cycle? Frozen clocks through suspends, changed clocks, overruns, restarts and reloads."""

from __future__ import annotations

import os
import signal
import threading
import time
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.given import candidate, consideration
from tests.unit.model.clocks import moments, utc, zones
from updater.interruption import Interrupted, Interruption
from updater.model.decision import Action
from updater.model.facts import Facts, Moment
from updater.model.reason import ReasonCode
from updater.model.schedule import Schedule, jitter, parse_schedule
from updater.model.timetable import Position, Timetable, advance, begin, next_cycle
from updater.outage import LONGEST_PAUSE, Outage, another_attempt
from updater.policy.rules import decide
from updater.policy.time_rules import unasked

BERLIN, UTC_ZONE = ZoneInfo("Europe/Berlin"), ZoneInfo("UTC")
NIGHTLY, SUNDAYS, HALF_PAST_TWO = (parse_schedule(text) for text in ("0 4 * * *", "0 3 * * 0", "30 2 * * *"))
EVERY_MINUTE, EVERY_SIX_HOURS = parse_schedule("@every 1m"), parse_schedule("@every 6h")
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def table(*schedules: Schedule, zone: ZoneInfo = UTC_ZONE, delay: timedelta = timedelta()) -> Timetable:
    return Timetable(frozenset(schedules), zone, delay)


def cycles(timetable: Timetable, *looks: str) -> list[tuple[str, set[str]]]:
    """The looks, after the first as the start, that ran a cycle, each with its schedules."""
    start, *later = map(utc, looks)
    position, found = begin(timetable, start), []
    for look in later:
        due, position = advance(timetable, position, look)
        if due:
            found.append((look.strftime("%d %H:%M"), {schedule.text for schedule in due}))
    return found


def every_half_minute(timetable: Timetable, start: str, hours: int) -> list[datetime]:
    """When cycles begin, for somebody who looks that often."""
    position, found = begin(timetable, utc(start)), []
    for count in range(hours * 120):
        now = utc(start) + count * MINUTE / 2
        due, position = advance(timetable, position, now)
        if due:
            found.append(now)
    return found


def test_at_its_time_and_once() -> None:
    looks = ("2026-03-04T03:59", "2026-03-04T04:00", "2026-03-04T04:01", "2026-03-05T03:59", "2026-03-05T04:00")
    assert cycles(table(NIGHTLY), *looks) == [("04 04:00", {"0 4 * * *"}), ("05 04:00", {"0 4 * * *"})]


def test_a_restart_makes_up_for_nothing() -> None:
    """It was down at four; up again, it waits for the next time."""
    assert cycles(table(NIGHTLY), "2026-03-04T04:01", "2026-03-04T04:02", "2026-03-04T23:00") == []
    assert cycles(table(NIGHTLY), "2026-03-04T04:00", "2026-03-04T04:01") == []


def test_a_suspend_of_twelve_hours_is_made_up_for_once() -> None:
    night = ("2026-03-03T22:00", "2026-03-04T10:00", "2026-03-04T10:01")
    assert cycles(table(NIGHTLY), *night) == [("04 10:00", {"0 4 * * *"})]
    assert cycles(table(EVERY_MINUTE), *night) == [("04 10:00", {"@every 1m"}), ("04 10:01", {"@every 1m"})]
    assert cycles(table(SUNDAYS), *night) == []


def test_a_cycle_that_overran_is_followed_by_one() -> None:
    looks = ("2026-03-04T01:00", "2026-03-04T06:00", "2026-03-05T01:00", "2026-03-05T01:01")
    found = cycles(table(EVERY_SIX_HOURS), *looks)
    assert [when for when, _ in found] == ["04 06:00", "05 01:00"]


def test_several_schedules_run_one_cycle_together() -> None:
    looks = ("2026-03-08T01:00", "2026-03-08T03:00", "2026-03-08T04:30", "2026-03-15T04:30")
    assert cycles(table(NIGHTLY, SUNDAYS), *looks) == [
        ("08 03:00", {"0 3 * * 0"}),
        ("08 04:30", {"0 4 * * *"}),
        ("15 04:30", {"0 3 * * 0", "0 4 * * *"}),
    ]


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        # 02:30 does not exist: right after the gap, at 03:00 summer time
        ("2026-03-28T12:00", ["2026-03-29T01:00", "2026-03-30T00:30"]),
        # 02:30 happens twice: the first time only
        ("2026-10-24T12:00", ["2026-10-25T00:30", "2026-10-26T01:30"]),
    ],
)
def test_nights_on_which_the_clock_is_changed(start: str, expected: list[str]) -> None:
    assert every_half_minute(table(HALF_PAST_TWO, zone=BERLIN), start, 48) == [utc(text) for text in expected]


def test_jitter_comes_after_each_time() -> None:
    late = table(NIGHTLY, delay=timedelta(minutes=7, seconds=30))
    assert every_half_minute(late, "2026-03-04T00:00", 48) == [utc("2026-03-04T04:07:30"), utc("2026-03-05T04:07:30")]
    # Started anew while it waits for its minute, it still keeps it; started after it, it does not.
    assert [when for when, _ in cycles(late, "2026-03-04T04:03", "2026-03-04T04:08")] == ["04 04:08"]
    assert cycles(late, "2026-03-04T04:08", "2026-03-04T04:09") == []
    assert 0 <= jitter(600, os.uname().nodename) < 600


def test_a_clock_that_is_put_back_begins_anew_and_one_that_is_mended_does_not() -> None:
    at_four = Position(utc("2026-03-04T04:00"), utc("2026-03-04T04:00"))
    due, position = advance(table(NIGHTLY), at_four, utc("2026-03-04T03:59:40"))
    assert (due, advance(table(NIGHTLY), position, utc("2026-03-04T04:00:10"))[0]) == (frozenset(), frozenset())
    due, position = advance(table(NIGHTLY), at_four, utc("2026-03-03T20:00"))
    assert (due, next_cycle(table(NIGHTLY), position)) == (frozenset(), utc("2026-03-04T04:00"))


def test_a_clock_that_had_never_been_set_has_missed_nothing() -> None:
    looks = ("1970-01-01T00:01", "2026-03-04T10:00", "2026-03-05T04:00")
    assert [when for when, _ in cycles(table(NIGHTLY), *looks)] == ["05 04:00"]


def test_another_zone_counts_from_the_reload_on() -> None:
    position = begin(table(NIGHTLY), utc("2026-03-04T03:30"))
    assert next_cycle(table(NIGHTLY), position) == utc("2026-03-04T04:00")
    # Four o'clock in Berlin was half an hour ago.
    assert next_cycle(table(NIGHTLY, zone=BERLIN), position) == utc("2026-03-05T03:00")


@given(moments, zones, st.integers(0, 40), st.sampled_from([NIGHTLY, HALF_PAST_TWO, EVERY_SIX_HOURS, EVERY_MINUTE]))
def test_the_next_cycle_is_the_next_one(now: datetime, zone: ZoneInfo, minutes: int, schedule: Schedule) -> None:
    """Nothing is due before the time that was told, and at that time it is, wherever one looks from."""
    timetable = table(schedule, zone=zone, delay=timedelta(minutes=minutes))
    position = begin(timetable, now)
    told = next_cycle(timetable, position)
    assert told > now
    if now.year >= 2025:
        just_before = max(now, told - timedelta(seconds=1))
        assert advance(timetable, position, just_before)[0] == frozenset()
        assert advance(timetable, position, told)[0] == {schedule}


def test_an_engine_that_is_away_is_tried_less_and_less() -> None:
    outage: Outage | None = None
    pauses = []
    for now in range(100, 112):
        outage = another_attempt(outage, float(now))
        pauses.append(outage.again_at - now)
    assert pauses == [1, 2, 4, 8, 16, 32, 64, 128, 256, *[LONGEST_PAUSE] * 3]
    assert outage is not None
    assert outage.since == 100


NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("own", "fired", "asked", "action"),
    [
        (None, {NIGHTLY}, True, Action.UPDATE),
        (None, {SUNDAYS}, False, Action.WAIT),
        (None, {SUNDAYS, NIGHTLY}, True, Action.UPDATE),
        (SUNDAYS, {SUNDAYS}, True, Action.UPDATE),
        (SUNDAYS, {NIGHTLY}, True, Action.WAIT),  # looked at with everybody, updated at its own times only
        (SUNDAYS, {EVERY_MINUTE}, False, Action.WAIT),
        (NIGHTLY, {NIGHTLY}, True, Action.UPDATE),
    ],
)
def test_whose_turn_it_is(own: Schedule | None, fired: set[Schedule], asked: bool, action: Action) -> None:
    moment = Moment(NOON, fired=frozenset(fired), schedule=NIGHTLY)
    one = candidate(consideration=consideration(schedule=own))
    decision = decide(one, Facts(moment=moment))
    assert decision.action is action
    reason = unasked(one.consideration.terms, moment)
    assert (reason is None) is asked
    if action is Action.WAIT:
        assert decision.reasons[0].code is ReasonCode.NOT_SCHEDULED
        assert (own or NIGHTLY).text in decision.reasons[0].message
        assert reason in (None, decision.reasons[0])


def test_a_sleep_ends_with_the_signal() -> None:
    interruption = Interruption(reloads=True)
    with interruption.listening():
        for before_the_sleep in (True, False):
            interruption.reload_wanted = False
            if before_the_sleep:
                os.kill(os.getpid(), signal.SIGHUP)
            else:
                threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGHUP)).start()
            interruption.sleep(100)
            assert interruption.reload_wanted
        assert not interruption.requested()
        interruption.reload_wanted = False
        threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGTERM)).start()
        with pytest.raises(Interrupted):
            interruption.sleep(100)
    assert interruption.exit_code == 143
    time.sleep(0)  # the mask of signals is as it was: a handler would have been called by now
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == set()
