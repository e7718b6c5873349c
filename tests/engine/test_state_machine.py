"""Whatever happens to a container, and in whatever order: are all promises kept, all its life?

Hypothesis draws the order. `MACHINE_EXAMPLES=60 pytest tests/engine/test_state_machine.py` lives 60 lives, other ones
each time; without it they are always the same few.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from rig import open_rig
from tests.engine.state_machine.machine import Machine, Surroundings
from tests.engine.state_machine.score import Score

if TYPE_CHECKING:
    from pathlib import Path

_LIVES = 6
_STEPS = 12
_WANTED = os.environ.get("MACHINE_EXAMPLES")
_SECONDS = 900 if _WANTED is None else 120 * int(_WANTED)


@pytest.fixture
def score(request: pytest.FixtureRequest) -> Score:
    counted = Score()
    request.config.pluginmanager.register(counted)
    return counted


@pytest.mark.alone
@pytest.mark.timeout(_SECONDS)
def test_all_promises_all_its_life(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, score: Score) -> None:
    # The SDK reads logins from this folder whenever a client is made.
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "no-logins"))
    # An engine of its own: it is killed and restarted, and `recover` recovers all it finds.
    with open_rig() as rig, rig.network():

        class Life(Machine):
            surroundings = Surroundings(rig, tmp_path, score)

        run_state_machine_as_test(
            Life,
            settings=settings(
                max_examples=int(_WANTED or _LIVES),
                stateful_step_count=_STEPS,
                deadline=None,
                database=None,
                derandomize=_WANTED is None,
                # A step takes seconds, so looking for a shorter story would take hours.
                phases=(Phase.explicit, Phase.generate),
                suppress_health_check=list(HealthCheck),
                print_blob=False,
            ),
        )
