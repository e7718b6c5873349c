"""Which cycles does a daemon have before it, however often it looks, and whatever is changed meanwhile?"""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.model.clocks import utc
from updater.agenda import Agenda
from updater.model.schedule import Schedule, parse_schedule
from updater.model.timetable import Timetable, advance, begin

NIGHTLY, SUNDAYS, HOURLY = (parse_schedule(text) for text in ("0 4 * * *", "0 3 * * 0", "@every 1h"))
START = utc("2026-11-29 03:30")
NOTHING: frozenset[Schedule] = frozenset()


def table(*schedules: Schedule) -> Timetable:
    return Timetable(frozenset(schedules), ZoneInfo("UTC"), timedelta(seconds=7))


@given(
    st.lists(
        st.tuples(st.integers(-90, 4000), st.sampled_from([(NIGHTLY,), (NIGHTLY, SUNDAYS), (HOURLY,)])), max_size=30
    )
)
def test_what_is_due_does_not_depend_on_asking_every_time(looks: list[tuple[int, tuple[Schedule, ...]]]) -> None:
    """It asks the schedules only where a time has come; somebody who always asks finds the same."""
    known = table(NIGHTLY)
    agenda, position, now = Agenda(known, NOTHING, START), begin(known, START), START
    agenda.find_next()
    due = NOTHING
    for seconds, schedules in looks:
        now += timedelta(seconds=seconds)
        found, position = advance(known, position, now)
        due |= found
        known = table(*schedules)
        agenda.advance(known, now)
        agenda.find_next()
        assert agenda.due == due


def test_the_next_cycle_is_news_once() -> None:
    agenda = Agenda(table(NIGHTLY), NOTHING, START)
    assert agenda.seconds_left(START) is None
    at = utc("2026-11-29 04:00") + timedelta(seconds=7)
    assert agenda.find_next() == (at, True)
    assert agenda.find_next() == (at, False)
    assert agenda.seconds_left(START) == 1807.0
    agenda.tell_again()
    assert agenda.find_next() == (at, True)


def test_a_cycle_that_waits_goes_by_the_schedule_that_all_have_now() -> None:
    agenda = Agenda(table(NIGHTLY, SUNDAYS), frozenset({NIGHTLY, SUNDAYS}), START)
    agenda.replace_due(NIGHTLY, HOURLY)
    assert agenda.due == {HOURLY, SUNDAYS}
    agenda.replace_due(NIGHTLY, HOURLY)
    assert agenda.due == {HOURLY, SUNDAYS}
