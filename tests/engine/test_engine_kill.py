"""The engine dies in the middle of an update, at any call: is exactly one container there once it is back?

The engine is killed with SIGKILL and started again a second later, as an init system does it. Without live-restore it
starts over all containers that were running; with it they never stopped. The updater waits for it and goes on, or
dies at the same moment; in either case one `updater recover` has to leave everything in order.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from tests.engine.kill import scenarios
from tests.engine.kill.moments import Course, Moment, When, in_turn
from tests.engine.kill.points import engine_killed, learn
from tests.engine.kill.stage import Stage
from tests.engine.kill.tally import Tally
from tests.engine.kill.workers import Workers, open_workers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.engine.kill.scenarios import Scenario
    from tests.engine.kill.workers import Task

pytestmark = [pytest.mark.timeout(1200), pytest.mark.alone]

_UPDATER_TOO = [
    pytest.param(False, id="engine"),
    pytest.param(True, id="engine-and-updater", marks=pytest.mark.endurance),
]


@pytest.fixture(scope="module", params=[{}, {"live-restore": True}], ids=["containers-die-too", "live-restore"])
def daemon(request: pytest.FixtureRequest) -> dict[str, Any]:
    """The engine's settings."""
    return dict(request.param)


@pytest.fixture(scope="module")
def workers(daemon: dict[str, Any]) -> Iterator[Workers]:
    with open_workers(**daemon) as opened:
        yield opened


@pytest.fixture(scope="module")
def tally(request: pytest.FixtureRequest) -> Tally:
    counted = Tally("engine kills")
    request.config.pluginmanager.register(counted)
    return counted


@pytest.mark.parametrize("updater_too", _UPDATER_TOO)
@pytest.mark.parametrize("scenario", [scenarios.GOOD, scenarios.CRASH_LOOP], ids=str)
def test_engine_killed(
    workers: Workers, daemon: dict[str, Any], tally: Tally, scenario: Scenario, updater_too: bool, tmp_path: Path
) -> None:
    """What is not tried with containers that die is tried with containers that live on, and the other way round."""
    plan = partial(_moments, updater_too=updater_too, turn=len(daemon) + (scenario is scenarios.GOOD))
    tally.settle(workers.run(partial(Stage, scenario=scenario), tmp_path, plan))


def _moments(stage: Stage, updater_too: bool, turn: int) -> list[Task[Stage]]:
    course = learn(stage)
    moments = in_turn(course.moments(during=True, looks=False), turn)
    return [
        partial(engine_killed, course=course, moment=moment, updater_too=updater_too)
        for moment in moments
        if not _amid_a_start(course, moment)
    ]


def _amid_a_start(course: Course, moment: Moment) -> bool:
    """A container that Docker 20.10 was starting when it died can never be started again, by whatever client.

    Every start is answered with "task …: already exists", until the container is removed.
    """
    return moment.when is When.DURING and course.changes[moment.change - 1].path.endswith("/start")
