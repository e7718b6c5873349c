"""Is nothing left of a rig, however the process that opened it ended?"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from rig import Namespaces, RigError
from tests.rig_test.traces import Footprint, host_network

if TYPE_CHECKING:
    from collections.abc import Iterator

PROJECT = Path(__file__).parent.parent.parent
SECONDS = 8.0


@contextmanager
def owner(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], Footprint]]:
    """A process of its own that has opened a rig with a running container in it."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.rig_test.owner", *arguments],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            assert line, process.communicate()[1]
            yield process, Footprint.from_json(line)
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_nothing_is_left_when_the_owner_is_killed(number: signal.Signals) -> None:
    network = host_network()
    with owner() as (process, footprint):
        # Without traces before, their absence afterwards would prove nothing.
        assert len(footprint.traces()) > 10
        process.send_signal(number)
        process.wait(timeout=SECONDS)
        assert footprint.traces_after(SECONDS) == []
    assert host_network() == network


def test_nothing_is_left_after_an_exception() -> None:
    with owner("raise") as (process, footprint):
        _, errors = process.communicate(timeout=SECONDS)
        assert "RuntimeError: as asked" in errors
        assert footprint.traces() == []


def test_ctrl_c_in_the_terminal_reaches_the_owner_only() -> None:
    with Namespaces() as namespaces:
        supervisor = namespaces.supervisor_pid
        assert os.getpgid(supervisor) != os.getpgid(0)
        assert os.getsid(supervisor) != os.getsid(0)


def test_close_returns_when_all_is_gone_and_may_be_repeated() -> None:
    with Namespaces() as namespaces:
        footprint = Footprint.of(namespaces)
        process = namespaces.popen(["sleep", "1000"])
    assert footprint.traces() == []
    namespaces.close()
    process.communicate()
    assert process.returncode == -signal.SIGKILL


def test_a_forked_copy_of_the_owner_does_not_keep_the_rig_open() -> None:
    with Namespaces() as namespaces:
        footprint = Footprint.of(namespaces)
        copy = os.fork()
        if copy == 0:
            time.sleep(1000)
        try:
            namespaces.close()
            assert footprint.traces() == []
        finally:
            os.kill(copy, signal.SIGKILL)
            os.waitpid(copy, 0)


def test_the_kernel_ends_the_processes_when_even_the_supervisor_is_killed() -> None:
    namespaces = Namespaces()
    footprint = Footprint.of(namespaces)
    os.kill(namespaces.supervisor_pid, signal.SIGKILL)
    with pytest.raises(RigError, match="not removed cleanly"):
        namespaces.close()
    # Only the kernel is left to clean up, and it knows nothing of the folder.
    shutil.rmtree(namespaces.directory)
    assert footprint.traces_after(SECONDS) == []


def test_two_sets_of_namespaces_know_nothing_of_each_other() -> None:
    with Namespaces() as one, Namespaces() as other:
        with one.network():
            mine = socket.create_server(("127.0.0.1", 5000))
        with other.network():
            same_address = socket.create_server(("127.0.0.1", 5000))
            with socket.create_connection(("127.0.0.1", 5000)), mine, same_address:
                same_address.accept()[0].close()
                mine.setblocking(False)
                with pytest.raises(BlockingIOError):
                    mine.accept()


def test_the_thread_returns_to_its_network() -> None:
    def mine() -> Path:
        return Path("/proc/thread-self/ns/net").readlink()

    before = mine()
    with Namespaces() as namespaces:
        with namespaces.network():
            assert mine() == Path(f"/proc/{namespaces.pid}/ns/net").readlink() != before
        assert mine() == before


def test_a_process_that_takes_too_long_is_killed() -> None:
    with Namespaces() as namespaces:
        before = time.monotonic()
        with pytest.raises(subprocess.TimeoutExpired):
            namespaces.run(["sleep", "1000"], timeout=0.1)
        assert time.monotonic() - before < SECONDS
