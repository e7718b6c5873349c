"""The updater dies at any call to the engine, and its recovery too: is exactly one container there, unharmed?

Killed with SIGKILL before and after every call that changes something, in the middle of slow ones, and at three of
those that only look (`kill/moments.py` says why three are enough). But for the two main scenarios each state of the
engine is met once, from alternating sides; `KILL_POINTS=every` (`make endurance`) meets all of them from both.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from tests.engine.kill import scenarios
from tests.engine.kill.moments import Course, Moment, When, in_turn
from tests.engine.kill.points import killed_once, killed_twice, learn, learn_recovery
from tests.engine.kill.stage import Stage
from tests.engine.kill.tally import Tally
from tests.engine.kill.workers import Workers, open_workers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.engine.kill.scenarios import Scenario
    from tests.engine.kill.workers import Task

pytestmark = [pytest.mark.timeout(1200), pytest.mark.alone]


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers]:
    with open_workers() as opened:
        yield opened


@pytest.fixture(scope="module")
def single(request: pytest.FixtureRequest) -> Tally:
    return _tally(request, "kill matrix")


@pytest.fixture(scope="module")
def double(request: pytest.FixtureRequest) -> Tally:
    return _tally(request, "kill matrix, the recovery killed as well")


def _tally(request: pytest.FixtureRequest, title: str) -> Tally:
    counted = Tally(title)
    request.config.pluginmanager.register(counted)
    return counted


@pytest.mark.parametrize("scenario", scenarios.ALL, ids=str)
def test_killed_once(workers: Workers, single: Tally, scenario: Scenario, tmp_path: Path) -> None:
    single.settle(workers.run(partial(Stage, scenario=scenario), tmp_path, _moments))


def _moments(stage: Stage) -> list[Task[Stage]]:
    course = learn(stage)
    moments = course.moments(during=stage.scenario.during)
    if stage.scenario not in (scenarios.GOOD, scenarios.CRASH_LOOP):
        moments = in_turn(moments, scenarios.ALL.index(stage.scenario))
    return [partial(killed_once, course=course, moment=moment) for moment in moments]


@pytest.mark.parametrize(
    "scenario",
    [scenarios.GOOD, scenarios.STOPPED, pytest.param(scenarios.CRASH_LOOP, marks=pytest.mark.endurance)],
    ids=str,
)
def test_killed_twice(workers: Workers, double: Tally, scenario: Scenario, tmp_path: Path) -> None:
    """First so that a recovery finds each standing there is, then the recovery at each of its own calls."""
    double.settle(workers.run(partial(Stage, scenario=scenario), tmp_path, _every_standing))


def _every_standing(stage: Stage) -> list[Task[Stage]]:
    course = learn(stage)
    return [
        partial(_every_second_moment, course=course, first=Moment(change, When.AFTER))
        for change in _changes_with_a_standing(course, stage.scenario)
    ]


def _changes_with_a_standing(course: Course, scenario: Scenario) -> list[int]:
    """Those that leave something to recover; of an update that fails, those of its way back and one before it."""
    end = len(course.changes)
    create = course.place_of("/containers/create")
    mark = course.place_of(r"/rename\?name=.*\.go-")
    assert create is not None
    assert mark is not None
    if scenario.may_update:
        return list(range(create, end))
    start = course.place_of("/start$")
    assert start is not None
    return [mark, *range(start, end)]


def _every_second_moment(stage: Stage, course: Course, first: Moment) -> list[Task[Stage]]:
    recovery = learn_recovery(stage, first)
    return [
        partial(killed_twice, course=course, first=first, second=second) for second in recovery.moments(looks=False)
    ]
