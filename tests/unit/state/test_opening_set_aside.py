"""Is a file that cannot be used set aside whole, and is a new one begun?"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from tests.unit.state.exercise import FOREIGN, fill, sole_warning, spoil, use
from tests.unit.state.remembered import entry
from updater.state.store import open_store

if TYPE_CHECKING:
    from pathlib import Path

# Python 3.12 warns of a fork beside threads, which other tests may have left; the child touches none of theirs.
pytestmark = pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")


@pytest.mark.parametrize("content", [FOREIGN, b"hello", b"SQLite format 3\0" + b"\xff" * 5000])
def test_what_is_no_database(folder: Path, file: Path, content: bytes) -> None:
    folder.mkdir(parents=True)
    file.write_bytes(content)
    with open_store(folder) as store:
        use(store)
        assert "set aside as updater.db.corrupt-" in sole_warning(store)
    (aside,) = folder.glob("updater.db.corrupt-*Z")
    assert aside.read_bytes() == content
    fill(folder)


@pytest.mark.parametrize("damage", ["middle", "end", "header"])
def test_a_damaged_database(folder: Path, file: Path, damage: str) -> None:
    fill(folder, count=50)
    spoil(file, damage)
    before = file.read_bytes()
    with open_store(folder) as store:
        use(store)
        assert "is damaged" in sole_warning(store)
    (aside,) = folder.glob("updater.db.corrupt-*Z")
    assert aside.read_bytes() == before


def test_somebody_elses_database(folder: Path, file: Path) -> None:
    folder.mkdir(parents=True)
    with closing(sqlite3.connect(file)) as other:
        other.execute("CREATE TABLE theirs (a)")
        other.commit()
    with open_store(folder) as store:
        use(store)
        assert "not a state file" in sole_warning(store)


def test_a_table_is_missing(folder: Path, file: Path) -> None:
    fill(folder)
    with closing(sqlite3.connect(file)) as other:
        other.execute("DROP TABLE rejections")
    with open_store(folder) as store:
        use(store)
        assert "not a state file" in sole_warning(store)


def test_a_newer_version(folder: Path, file: Path) -> None:
    fill(folder)
    with closing(sqlite3.connect(file)) as other:
        other.execute("PRAGMA user_version = 7")
    with open_store(folder) as store:
        use(store)
        assert "newer version" in sole_warning(store)
    (aside,) = folder.glob("updater.db.future-7-*Z")
    with closing(sqlite3.connect(aside)) as other:
        assert other.execute("SELECT count(*) FROM history").fetchone() == (1,)


def test_nothing_set_aside_is_overwritten(folder: Path, file: Path) -> None:
    folder.mkdir(parents=True)
    for number in range(4):
        file.write_bytes(FOREIGN + bytes([number]))
        open_store(folder).close()
    found = {path.read_bytes()[-1] for path in folder.iterdir() if path.read_bytes().startswith(FOREIGN)}
    assert found == {0, 1, 2, 3}


def test_the_companions_go_with_it(folder: Path, file: Path) -> None:
    folder.mkdir(parents=True)
    file.write_bytes(FOREIGN)
    for suffix in ("-wal", "-shm"):
        file.with_name(file.name + suffix).write_text(suffix)
    with open_store(folder) as store:
        use(store)
    (aside,) = folder.glob("updater.db.corrupt-*Z")
    assert aside.with_name(aside.name + "-shm").exists()  # only an index, which SQLite writes anew
    assert aside.with_name(aside.name + "-wal").read_text() == "-wal"


def test_a_log_without_its_database_is_not_played_into_a_new_one(folder: Path, file: Path) -> None:
    # As when this program dies in the middle of setting a file aside.
    log = file.with_name(file.name + "-wal")
    with open_store(folder) as store:
        store.record(entry())
        kept = log.read_bytes()
    file.unlink()
    log.write_bytes(kept)
    with open_store(folder) as store:
        assert store.history() == ()
        use(store)
    (aside,) = folder.glob("updater.db.corrupt-*-wal")
    assert aside.read_bytes() == kept


def test_damage_that_comes_up_in_use(folder: Path, file: Path) -> None:
    fill(folder, count=50)
    with open_store(folder) as store:
        spoil_in_use(file)
        store.history()
        use(store)
        assert "is damaged; it was set aside" in sole_warning(store)
    with open_store(folder) as store:
        assert len(store.history("used")) == 1
        assert store.warnings == ()


def test_others_who_have_it_open_move_to_the_new_one(folder: Path, file: Path) -> None:
    fill(folder, count=50)
    with open_store(folder) as first:
        with open_store(folder) as second:
            spoil_in_use(file)
            first.history()
            first.record(entry("first"))
            second.record(entry("second"))
            assert [found.name for found in first.history()] == ["second", "first"]
        first.record(entry("third"))
        assert len(first.history()) == 3
    with open_store(folder) as store:
        assert len(store.history()) == 3
    with closing(sqlite3.connect(file)) as other:
        assert other.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert len(list(folder.glob("updater.db.corrupt-*Z"))) == 1


def spoil_in_use(file: Path) -> None:
    """From another process: closing the file in this one would end the locks of the store that has it open."""
    child = os.fork()
    if child == 0:
        spoil(file, "middle")
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
