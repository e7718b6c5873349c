"""Is nothing of a credential helper left when it was asked, and is it asked no more often than needed?"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.unit.registry.helper_programs import Helpers
from updater.errors import RegistryDenied
from updater.registry.credential_helpers import ask
from updater.registry.credentials import Credentials
from updater.registry.docker_config import docker_config
from updater.registry.helper_process import Limits

ANSWER = """echo '{"Username": "user", "Secret": "x"}'"""
USER = Credentials("user", "x")


@pytest.fixture
def helpers(tmp_path: Path) -> Helpers:
    return Helpers(tmp_path / "bin")


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


def gone(pid: int) -> bool:
    deadline = time.monotonic() + 10
    while is_alive(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not is_alive(pid)


@pytest.mark.parametrize("last", ["sleep 60", ANSWER])
def test_what_it_leaves_behind_is_killed(helpers: Helpers, last: str) -> None:
    noted = helpers.folder / "pids"
    helpers.writes("parent", f"sleep 61 & echo $! > {noted}; (sleep 62 & echo $! >> {noted}); {last}")
    if last == ANSWER:
        # The child holds the pipe open: the answer counts all the same, as soon as the helper itself has ended.
        assert ask("parent", "registry.example", helpers.environment, Limits(30)) == USER
    else:
        with pytest.raises(RegistryDenied, match="no answer within 2 s"):
            ask("parent", "registry.example", helpers.environment, Limits(2))
    pids = [int(line) for line in noted.read_text().split()]
    assert len(pids) == 2
    assert all(gone(pid) for pid in pids)


def test_the_limit_holds_where_a_child_has_left_the_session(helpers: Helpers) -> None:
    noted = helpers.folder / "pid"
    helpers.writes("parent", f"setsid sh -c 'echo $$ > {noted}; exec sleep 30' & sleep 60")
    with pytest.raises(RegistryDenied, match="no answer within 2 s"):
        ask("parent", "registry.example", helpers.environment, Limits(2))
    os.kill(int(noted.read_text()), 9)


# In a container without an init, orphans become children of ours. A subreaper is in the same position.
AS_PROCESS_1 = """
import ctypes, os, sys
from updater.registry.helper_process import Limits, TookTooLong, run
assert ctypes.CDLL(None).prctl(36, 1, 0, 0, 0) == 0  # PR_SET_CHILD_SUBREAPER
for script, seconds in (("(sleep 60 &); sleep 60 & exit 0", 30), ("(sleep 60 &); sleep 60", 1)):
    try:
        print(run(["/bin/sh", "-c", script], b"", os.environ, Limits(seconds)))
    except TookTooLong:
        print("late")
    try:
        print("left:", os.waitpid(-1, 0))
    except ChildProcessError:
        print("none left")
"""


def test_no_zombies_stay(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", AS_PROCESS_1], check=True, capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines() == ["Ended(status=0, output=b'')", "none left", "late", "none left"]


def test_sixteen_who_ask_at_once_run_it_once(helpers: Helpers, tmp_path: Path) -> None:
    helpers.writes("slow", f"sleep 0.3; {ANSWER}")
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"credsStore": "slow"}))
    source = docker_config(config, helpers.environment)
    with ThreadPoolExecutor(16) as threads:
        found = set(threads.map(source, ["a.example", "b.example"] * 16))
    assert found == {USER}
    assert sorted(helpers.asked()) == ["a.example", "b.example"]
