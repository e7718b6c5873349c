"""For how long may a daemon be silent, and when is its silence told? A real heartbeat, by a clock of the test's own."""

from __future__ import annotations

import os
import threading
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from updater import heartbeat
from updater.pulse import Pulse

if TYPE_CHECKING:
    from pathlib import Path

    from updater.heartbeat import Beat

MINUTE = 60.0
PROCESS = heartbeat.process_of(os.getpid())


class Clock:
    now = 1e9  # newer than any other on this machine

    def __call__(self) -> float:
        return self.now


@pytest.fixture(autouse=True)
def _runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def pulse(clock: Clock) -> Pulse:
    """Of a daemon in a cycle."""
    pulse = Pulse(clock)
    pulse.waits("starting", None, "")
    pulse.begins()
    return pulse


def beat() -> Beat:
    found = heartbeat.read()
    assert found is not None
    return found


def silent_until(clock: Clock) -> float:
    """For how many seconds from now it may say nothing."""
    last = beat()
    until = last.at + last.patience
    assert heartbeat.complaint(last, until, PROCESS) is None
    assert "not been heard of" in (heartbeat.complaint(last, until + 1, PROCESS) or "")
    return until - clock.now


def test_a_loop_that_hangs_in_a_cycle_is_told_within_minutes(pulse: Pulse, clock: Clock) -> None:
    assert silent_until(clock) <= 3 * MINUTE
    with pulse.silence(10):
        clock.now += 9
    assert silent_until(clock) <= 3 * MINUTE


@pytest.mark.parametrize("seconds", [30.0, 60.0, 10 * MINUTE, 60 * MINUTE])
def test_what_may_take_long_is_waited_for_and_no_longer(pulse: Pulse, clock: Clock, seconds: float) -> None:
    with pulse.silence(seconds):
        assert seconds <= silent_until(clock) <= max(3 * MINUTE, seconds + MINUTE)
        clock.now += seconds
    assert silent_until(clock) <= 3 * MINUTE


def test_an_hour_to_stop_that_was_not_needed_is_not_left_standing(pulse: Pulse, clock: Clock) -> None:
    with pulse.silence(60 * MINUTE):
        clock.now += 0.1
    assert silent_until(clock) <= 3 * MINUTE


def test_a_short_wait_beside_a_long_one_does_not_end_that(pulse: Pulse, clock: Clock) -> None:
    with ExitStack() as long:
        long.enter_context(pulse.silence(60 * MINUTE))
        for _ in range(10):
            clock.now += MINUTE
            with pulse.silence(30):
                clock.now += 1
        assert silent_until(clock) >= 49 * MINUTE
    assert silent_until(clock) <= 3 * MINUTE


def test_many_short_waits_are_written_seldom(pulse: Pulse, clock: Clock) -> None:
    written = set()
    for _ in range(1000):
        with pulse.silence(600):  # a line of a pull's progress
            clock.now += 0.01
        written.add(beat().at)
    assert len(written) <= 4
    pulse.progresses()  # the next step begins
    assert silent_until(clock) <= 3 * MINUTE


def test_what_ends_after_the_cycle_does_not_say_that_it_goes_on(pulse: Pulse, clock: Clock) -> None:
    with pulse.silence(30):
        pulse.waits("waiting", clock.now, "")
        clock.now += 20
    pulse.progresses()
    assert beat().doing == "waiting"
    clock.now += 600
    pulse.begins()
    assert silent_until(clock) <= 3 * MINUTE


def test_threads_share_it(pulse: Pulse, clock: Clock) -> None:
    def ask() -> None:
        for _ in range(100):
            with pulse.silence(3600):
                clock.now += 1

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert silent_until(clock) <= 3 * MINUTE
