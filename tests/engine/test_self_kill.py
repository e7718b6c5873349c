"""The updater dies in the middle of its own update, or its helper does, or the engine: is exactly one there at the end?

Killed with SIGKILL before and after every call that changes something. CI has time for those after the calls that leave
something behind; `make endurance` takes all of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.engine.kill.moments import Moment, When, in_turn
from tests.engine.kill.tally import Tally
from tests.engine.self_kill import Ending, killed, killed_and_started_by_a_person, learn, with_the_engine_killed

if TYPE_CHECKING:
    from tests.engine.kill.moments import Course
    from tests.engine.self_update import Home

pytestmark = [pytest.mark.timeout(1800), pytest.mark.alone]

GOOD, CRASHING, UNHEALTHY = (
    Ending("good", "good", "updated"),
    Ending("crashing", "old", "rolled-back"),
    Ending("unhealthy", "old", "rolled-back"),
)


@pytest.fixture(scope="module")
def tally(request: pytest.FixtureRequest) -> Tally:
    counted = Tally("self-update, killed")
    request.config.pluginmanager.register(counted)
    return counted


def _after(course: Course, first: str) -> list[Moment]:
    begin = course.place_of(first)
    assert begin is not None
    return in_turn([Moment(change, When.AFTER) for change in range(begin, len(course.changes))], begin)


def _all(course: Course) -> list[Moment]:
    """Nobody is there to be killed after the last call: by that, the helper removes itself."""
    last = Moment(len(course.changes), When.AFTER)
    return [moment for moment in course.moments(looks=False) if moment != last]


@pytest.mark.parametrize(
    ("ending", "first"), [(GOOD, r"/create\?name=.*\.helper-"), (CRASHING, r"/rename\?name=.*\.bad-")], ids=str
)
def test_killed_where_something_is_left(home: Home, tally: Tally, ending: Ending, first: str) -> None:
    course = learn(home, ending)
    tally.settle([killed(home, moment, ending) for moment in _after(course, first)])


@pytest.mark.endurance
@pytest.mark.parametrize("ending", [GOOD, CRASHING, UNHEALTHY], ids=str)
def test_killed_at_every_call(home: Home, tally: Tally, ending: Ending) -> None:
    tally.settle([killed(home, moment, ending) for moment in _all(learn(home, ending))])


def test_one_that_nobody_brings_back(home: Home, tally: Tally) -> None:
    """Until the helper runs, its death is what it would be at any other time; started again, it goes on."""
    course = learn(home, GOOD)
    mark = course.place_of(r"/rename\?name=.*\.go-")
    assert mark is not None
    home.policy = "no"
    moments = [Moment(mark, When.BEFORE), Moment(mark, When.AFTER)]
    tally.settle([killed_and_started_by_a_person(home, moment, GOOD) for moment in moments])


def test_the_engine_is_killed(home: Home, tally: Tally) -> None:
    """When the old one is stopped; when the new one is started."""
    course = learn(home, GOOD)
    stop = course.place_of("/stop$")
    start = course.place_of("/start$", stop or 0)
    assert stop is not None
    assert start is not None
    moments = [Moment(stop, When.AFTER), Moment(start, When.AFTER)]
    tally.settle([with_the_engine_killed(home, moment, GOOD) for moment in moments])


@pytest.mark.endurance
@pytest.mark.parametrize("ending", [GOOD, CRASHING], ids=str)
def test_the_engine_is_killed_at_every_call(home: Home, tally: Tally, ending: Ending) -> None:
    tally.settle([with_the_engine_killed(home, moment, ending) for moment in _all(learn(home, ending))])
