"""Does a reader see what is there, and change nothing?"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from tests.unit.state.exercise import fill, names, sole_warning, spoil, use
from tests.unit.state.remembered import entry
from updater.state.folder import FILE_NAME
from updater.state.store import Store, open_store

if TYPE_CHECKING:
    from pathlib import Path


def test_nothing_is_made(folder: Path) -> None:
    with open_store(folder, writable=False) as store:
        use(store)
        assert store.warnings == ()
    assert not folder.parent.exists()
    folder.mkdir(parents=True)
    with open_store(folder, writable=False) as store:
        use(store)
    assert names(folder) == []


def test_what_is_there_is_read_and_stays(folder: Path, file: Path) -> None:
    fill(folder)
    before, touched = file.read_bytes(), file.stat().st_mtime_ns
    with open_store(folder, writable=False) as store:
        assert len(store.history()) == 1
        assert len(store.forget("web")) == 1
        use(store)
    assert (file.read_bytes(), file.stat().st_mtime_ns) == (before, touched)
    assert names(folder) == [FILE_NAME]


def test_it_sees_what_a_writer_at_work_has_written(store: Store, folder: Path) -> None:
    store.record(entry())
    with open_store(folder, writable=False) as reader:
        assert len(reader.history()) == 1
    store.record(entry())
    assert len(store.history()) == 2


@pytest.mark.parametrize("version", [None, 7])
def test_what_cannot_be_used_is_left_where_it_is(folder: Path, file: Path, version: int | None) -> None:
    fill(folder, count=50)
    if version is None:
        spoil(file, "middle")
    else:
        with closing(sqlite3.connect(file)) as other:
            other.execute(f"PRAGMA user_version = {version}")
    before = file.read_bytes()
    with open_store(folder, writable=False) as store:
        use(store)
        assert "cannot be read" in sole_warning(store)
    assert names(folder) == [FILE_NAME]
    assert file.read_bytes() == before
