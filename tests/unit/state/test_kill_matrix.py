"""What is left when the program is killed at any line of this room? A file that the next one can use, nothing lost.

A kill inside SQLite itself, in the middle of its writing, is in `test_processes.py`.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import sys
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

import updater.state
from tests.unit.state.remembered import NOON, entry, hold, lay_down_version_1, rejection
from updater.state import schema
from updater.state.folder import FILE_NAME
from updater.state.store import open_store

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


# Python 3.12 warns of a fork beside threads, which other tests may have left; the child touches none of theirs.
pytestmark = pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")

ROOM = os.path.dirname(updater.state.__file__)  # noqa: PTH120 - compared with what a code object says
FOREIGN = b"This is no database. " * 400
LOG = b"nor is this a log"
MOST_LINES = 2_000


def dies_at(line: int, work: Callable[[], None]) -> bool:
    """Do the work in a child that is killed before the n-th line of the room that it comes to; False if it ends."""
    child = os.fork()
    if child == 0:
        try:
            sys.settrace(killer(line))
            work()
            os._exit(0)
        finally:
            os._exit(1)
    status = os.waitpid(child, 0)[1]
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return os.WIFSIGNALED(status)


def killer(line: int) -> Callable[..., Any]:
    passed: set[tuple[str, int]] = set()

    def trace(frame: Any, event: str, argument: object) -> Any:
        if not frame.f_code.co_filename.startswith(ROOM):
            return None
        if event == "line":
            passed.add((frame.f_code.co_filename, frame.f_lineno))
            if len(passed) == line:
                os.kill(os.getpid(), signal.SIGKILL)
        return trace

    return trace


def kill_everywhere(
    tmp_path: Path, prepare: Callable[[Path], None], work: Callable[[Path], None], every: int = 1
) -> list[Path]:
    """The folders that are left, one for every line (or every n-th) at which the work was killed."""
    folders: list[Path] = []
    for line in range(1, MOST_LINES, every):
        folder = tmp_path / str(line)
        prepare(folder)
        if not dies_at(line, lambda place=folder: work(place)):  # type: ignore[misc]
            break
        folders.append(folder)
    assert 30 < len(folders) < MOST_LINES // every - 2
    print(f"{len(folders)} points of death")  # noqa: T201 - for whoever runs it with -s
    return folders


def remember(folder: Path) -> None:
    with open_store(folder) as store:
        store.record(entry("web"))
        store.reject(rejection("web"))


def only_open(folder: Path) -> None:
    open_store(folder).close()


def is_sound(folder: Path) -> bool:
    with closing(sqlite3.connect(folder / FILE_NAME)) as connection:
        return bool(connection.execute("PRAGMA integrity_check").fetchone() == ("ok",))


def test_beginning_and_remembering(tmp_path: Path) -> None:
    for folder in kill_everywhere(tmp_path, lambda folder: None, remember):
        with open_store(folder) as store:
            found = len(store.history("web"))
            assert found in (0, 1)
            assert found or not store.rejections("web")  # it had come first
            store.record(entry("next"))
            assert len(store.history()) == found + 1
            assert store.warnings == ()
        assert is_sound(folder)


def test_setting_aside(tmp_path: Path) -> None:
    def spoil(folder: Path) -> None:
        folder.mkdir()
        (folder / FILE_NAME).write_bytes(FOREIGN)
        (folder / f"{FILE_NAME}-wal").write_bytes(LOG)

    for folder in kill_everywhere(tmp_path, spoil, only_open):
        remember(folder)
        contents = [path.read_bytes() for path in folder.iterdir()]
        assert contents.count(FOREIGN) == 1
        assert contents.count(LOG) == 1
        assert is_sound(folder)
        with open_store(folder) as store:
            assert len(store.history()) == 1
            assert store.warnings == ()


def test_migrating(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    today = schema.MIGRATIONS
    newer = (*today, ("CREATE TABLE further (a)", "ALTER TABLE rejections ADD COLUMN by_whom TEXT"))

    def use(migrations: tuple[tuple[str, ...], ...]) -> None:
        monkeypatch.setattr("updater.state.schema.MIGRATIONS", migrations)
        monkeypatch.setattr("updater.state.opening.MIGRATIONS", migrations)

    def prepare(folder: Path) -> None:
        use(today)
        remember(folder)
        use(newer)

    for folder in kill_everywhere(tmp_path, prepare, only_open, every=3):
        with open_store(folder) as store:
            assert len(store.history("web")) == 1
            assert store.rejections("web") == (rejection("web"),)
            assert store.warnings == ()
        assert is_sound(folder)


def test_migrating_what_the_first_version_left(tmp_path: Path) -> None:
    def hold_one(folder: Path) -> None:
        with open_store(folder) as store:
            store.hold(hold())

    for folder in kill_everywhere(tmp_path, lay_down_version_1, hold_one, every=3):
        with open_store(folder) as store:
            assert len(store.history()) == len(store.all_rejections()) == 2
            assert store.holds_of("web", NOON) in (None, hold())
            assert store.warnings == ()
        assert is_sound(folder)
