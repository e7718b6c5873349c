"""Does everything still work when the file stops taking what is written, and does the file get it afterwards?"""

from __future__ import annotations

import resource
import shutil
import signal
import sqlite3
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.unit.given import NEW, OLD
from tests.unit.state.remembered import HOUR, NOON, REFERENCE, entry, rejection
from updater.state import connection, keeping
from updater.state.opening import StateFile, open_file
from updater.state.store import Store, open_store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LARGE = "x" * 10_000


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try the file again at once."""
    monkeypatch.setattr(keeping, "RETRY_SECONDS", 0.0)


@contextmanager
def full_disk(file: Path) -> Iterator[None]:
    """No file of this process may grow beyond what the database has: the kernel refuses, as it does without space.

    Python ignores the signal that comes with it.
    """
    assert signal.getsignal(signal.SIGXFSZ) is signal.SIG_IGN
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (file.stat().st_size if file.exists() else 0, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def fill_up(store: Store) -> int:
    """Write until the disk has long been full; how many entries that was."""
    for number in range(20):
        store.record(entry("full", image=f"web:{number}", log_tail=LARGE))
    return 20


def test_a_disk_that_runs_full(folder: Path, file: Path) -> None:
    with open_store(folder) as store:
        store.record(entry("before"))
        store.reject(rejection("web", OLD))
        with full_disk(file):
            count = fill_up(store)
            store.reject(rejection("web", NEW))
            assert store.first_seen(REFERENCE, NEW, NOON) == NOON
            assert store.first_seen(REFERENCE, NEW, NOON + HOUR) == NOON
            assert [found.image for found in store.history("full", 2)] == ["web:19", "web:18"]
            assert len(store.history()) == count + 1
            assert store.all_rejections() == {("web", REFERENCE): {OLD, NEW}}
            assert len(store.forget("web")) == 2
            assert store.rejections("web") == ()
            assert len(store.warnings) == 1
            assert "kept in memory only" in store.warnings[0]
    with open_store(folder) as store:  # there was room again when it was closed
        assert len(store.history()) == count + 1
        assert store.rejections("web") == ()
        assert store.digests_seen(REFERENCE) == {NEW: NOON}
        assert store.warnings == ()


@pytest.mark.usefixtures("impatient")
def test_room_again_while_it_is_open(folder: Path, file: Path) -> None:
    with open_store(folder) as store:
        with full_disk(file):
            count = fill_up(store)
        store.record(entry("after"))
        with open_store(folder, writable=False) as reader:
            assert len(reader.history()) == count + 1
        assert [found.name for found in store.history(limit=2)] == ["after", "full"]
        assert len(store.warnings) == 1


def test_a_disk_that_is_never_anything_but_full(folder: Path, file: Path) -> None:
    folder.mkdir(parents=True)
    with full_disk(file), open_store(folder) as store:
        count = fill_up(store)
        store.reject(rejection())
        assert len(store.history()) == count
        assert store.rejections("web") == (rejection(),)
        assert len(store.warnings) == 1
    with open_store(folder) as store:
        assert store.history() == ()
        assert store.warnings == ()


def test_full_after_a_reopening(folder: Path, file: Path) -> None:
    with open_store(folder) as store:
        store.reject(rejection())
    with full_disk(file), open_store(folder) as store:
        fill_up(store)
        assert store.rejections("web") == (rejection(),)
        assert len(store.warnings) == 1
    with closing(sqlite3.connect(file)) as other:
        assert other.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_another_process_locks_it_for_long(folder: Path, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "BUSY_SECONDS", 0.05)
    with open_store(folder) as store:
        store.record(entry("before"))
        with closing(sqlite3.connect(file, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            store.record(entry("meanwhile"))
            assert [found.name for found in store.history()] == ["meanwhile", "before"]
            other.execute(
                "INSERT INTO first_seen (reference, digest, at) VALUES (?, ?, ?)", (REFERENCE, OLD, NOON.isoformat())
            )
            other.execute("COMMIT")
        assert len(store.warnings) == 1
    with open_store(folder) as store:
        assert [found.name for found in store.history()] == ["meanwhile", "before"]
        assert store.digests_seen(REFERENCE) == {OLD: NOON}


def test_a_busy_file_is_not_waited_for_at_every_turn(folder: Path, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "BUSY_SECONDS", 0.05)
    attempts: list[Path] = []

    def counted(place: Path) -> StateFile:
        attempts.append(place)
        return open_file(place)

    monkeypatch.setattr(keeping, "open_file", counted)
    with open_store(folder) as store, closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        for _ in range(50):
            store.record(entry())
        other.execute("COMMIT")
        assert len(attempts) == 1
    assert len(attempts) == 2


def test_the_folder_is_deleted_under_it(folder: Path) -> None:
    with open_store(folder) as store:
        store.record(entry("before"))
        shutil.rmtree(folder)
        store.record(entry("after"))
        store.reject(rejection())
        assert store.warnings == ()
    with open_store(folder) as store:
        assert [found.name for found in store.history()] == ["after"]
        assert store.rejections("web") == (rejection(),)


@pytest.mark.usefixtures("impatient")
def test_a_folder_that_comes_later(tmp_path: Path) -> None:
    folder = tmp_path / "mount" / "updater"
    (tmp_path / "mount").write_text("")
    with open_store(folder) as store:
        store.record(entry("early"))
        (tmp_path / "mount").unlink()
        store.record(entry("late"))
        assert len(store.warnings) == 1
    with open_store(folder) as store:
        assert [found.name for found in store.history()] == ["late", "early"]


def test_a_value_that_sqlite_refuses_costs_only_itself(folder: Path) -> None:
    with open_store(folder) as store:
        store.record(entry("first"))
        store.record(entry("refused", duration_seconds=float("nan")))
        store.record(entry("last"))
        assert [found.name for found in store.history()] == ["last", "first"]
    with open_store(folder) as store:
        assert [found.name for found in store.history()] == ["last", "first"]


@pytest.mark.usefixtures("impatient")
def test_tables_dropped_under_it(folder: Path, file: Path) -> None:
    with open_store(folder) as store:
        store.record(entry("before"))
        with closing(sqlite3.connect(file)) as other:
            other.execute("DROP TABLE history")
        store.record(entry("lost"))
        store.record(entry("after"))
        assert [found.name for found in store.history()] == ["after"]
        assert len(store.warnings) == 2  # it was in memory for a moment, and the file was set aside
