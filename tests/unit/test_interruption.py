"""Is a signal heard, whenever it comes?"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

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


def test_a_process_that_was_stopped_beyond_its_sleep_wakes_up_and_nobody_has_sent_a_signal() -> None:
    """As by Ctrl-Z and `fg`, or `docker pause`. In a process of its own: a stopped test could not go on by itself."""
    script = (
        "from updater.interruption import Interruption\n"
        "interruption = Interruption()\n"
        "with interruption.listening():\n"
        "    print('asleep', flush=True)\n"
        "    interruption.sleep(0.5)\n"
        "    print('awake', interruption.requested(), flush=True)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "asleep\n"
        time.sleep(0.1)
        process.send_signal(signal.SIGSTOP)
        time.sleep(0.8)
        process.send_signal(signal.SIGCONT)
        assert process.stdout.read() == "awake False\n"
    assert process.returncode == 0


def test_a_second_one_is_raised_though_it_is_deferred() -> None:
    interruption = Interruption()
    with interruption.listening(), interruption.deferred():
        send(signal.SIGTERM)
        with pytest.raises(Interrupted):
            send(signal.SIGTERM)
    assert interruption.insisted
