"""The updater dies at any call to the engine, and its recovery too: is exactly one container there, unharmed?

Killed with SIGKILL before and after every call that changes something, in the middle of slow ones, and at three of
those that only look (`kill/moments.py` says why three are enough).
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from tests.engine.kill import scenarios
from tests.engine.kill.points import killed_once, learn
from tests.engine.kill.tally import Tally
from tests.engine.kill.workers import Workers, open_workers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.engine.kill.scenarios import Scenario
    from tests.engine.kill.stage import Stage
    from tests.engine.kill.workers import Task

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers]:
    with open_workers() as opened:
        yield opened


@pytest.fixture(scope="module")
def tally(request: pytest.FixtureRequest) -> Tally:
    counted = Tally("kill matrix")
    request.config.pluginmanager.register(counted)
    return counted


def _every_moment(stage: Stage) -> list[Task]:
    course = learn(stage)
    moments = course.moments(during=stage.scenario.during)
    return [partial(killed_once, course=course, moment=moment) for moment in moments]


@pytest.mark.parametrize("scenario", scenarios.ALL, ids=str)
def test_killed_once(workers: Workers, tally: Tally, scenario: Scenario, tmp_path: Path) -> None:
    tally.settle(workers.run(scenario, tmp_path, _every_moment))
