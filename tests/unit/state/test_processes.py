"""Can processes share the file, and does it survive one that is killed at any moment?"""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

from tests.unit.given import NEW
from tests.unit.state.remembered import NOON, REFERENCE, entry
from updater.state.store import open_store

ROOT = Path(__file__).parents[3]
ENDLESS = 1_000_000
KILLS = 10


def start(folder: Path, name: str, count: int = ENDLESS) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.unit.state.writer", str(folder), name, str(count)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def check(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def numbers(folder: Path, name: str) -> list[int]:
    with open_store(folder, writable=False) as store:
        return [int(found.image.partition(":")[2]) for found in reversed(store.history(name))]


def test_several_begin_and_write_at_once(folder: Path, file: Path) -> None:
    writers = [start(folder, f"w{number}", 60) for number in range(4)]
    for writer in writers:
        _, complaints = writer.communicate(timeout=30)
        assert (writer.returncode, complaints) == (0, "")
    for number in range(4):
        assert numbers(folder, f"w{number}") == list(range(60))
    check(file)


def test_killed_in_the_middle_of_writing(folder: Path, file: Path) -> None:
    """Everything that was said to be written is there, whole and in order; the survivor has lost nothing."""
    chance = random.Random(5)
    with open_store(folder) as survivor:
        for number in range(KILLS):
            with start(folder, f"w{number}") as writer:
                assert writer.stdout is not None
                assert writer.stderr is not None
                writer.stdout.readline()
                deadline = time.monotonic() + chance.uniform(0, 0.05)
                survivor.record(entry("survivor", image=f"web:{number}"))
                while time.monotonic() < deadline:
                    survivor.first_seen(REFERENCE, NEW, NOON)
                writer.kill()
                said = writer.stdout.read()  # `communicate` would miss what came along with the first line
                assert writer.stderr.read() == ""
            last = max(map(int, said.split()), default=0)
            assert numbers(folder, f"w{number}") in (list(range(last + 1)), list(range(last + 2)))
        assert survivor.warnings == ()
    assert numbers(folder, "survivor") == list(range(KILLS))
    check(file)
