"""Is a signal heard, whenever it comes?"""

from __future__ import annotations

import os
import signal

import pytest

from updater.interruption import Interrupted, Interruption

LONG = 60.0  # seconds; the test's own time limit is shorter than two of these


def send(number: signal.Signals) -> None:
    os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=str)
def test_one_that_came_while_it_was_deferred_ends_the_next_sleep(number: signal.Signals) -> None:
    interruption = Interruption()
    with interruption.listening():
        with interruption.deferred():
            send(number)
        with pytest.raises(Interrupted):
            interruption.sleep(LONG)
    assert interruption.exit_code == 128 + number
    assert not interruption.insisted


def test_a_wish_to_reload_only_ends_the_sleep() -> None:
    interruption = Interruption(reloads=True)
    with interruption.listening():
        with interruption.deferred():
            send(signal.SIGHUP)
        interruption.sleep(LONG)
    assert interruption.reload_wanted
    assert not interruption.requested()


def test_a_second_one_is_raised_though_it_is_deferred() -> None:
    interruption = Interruption()
    with interruption.listening(), interruption.deferred():
        send(signal.SIGTERM)
        with pytest.raises(Interrupted):
            send(signal.SIGTERM)
    assert interruption.insisted
