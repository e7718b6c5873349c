"""Is what an earlier version of the program remembered carried over, all of it?

`version_1.sql` is what that version wrote, taken from its own file.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from tests.unit.given import NEW, OLD, OTHER
from tests.unit.state.exercise import fill, use
from tests.unit.state.remembered import (
    HOUR,
    NOON,
    REFERENCE,
    entry,
    hold,
    lay_down_version_1,
    rejection,
    skip,
)
from updater.model.outcome import OutcomeKind, StepTaken
from updater.state import opening, schema
from updater.state.folder import FILE_NAME
from updater.state.rows import write_time
from updater.state.store import open_store

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from updater.state.store import Store


def assert_all_is_there(store: Store) -> None:
    first = entry(
        id=1,
        downtime_seconds=0.5,
        steps=(StepTaken("pull", 1.5),),
        notes=("Watch out.",),
        log_tail="fatal: it's over",
    )
    assert store.history() == (entry("db", id=2, outcome=OutcomeKind.ROLLED_BACK), first)
    assert store.rejections("web") == (rejection(),)
    assert store.rejections("db") == (rejection("db", OTHER, at=NOON + HOUR),)
    assert store.digests_seen(REFERENCE) == {OLD: NOON - HOUR, NEW: NOON}


@pytest.mark.parametrize("writable", [True, False])
def test_a_file_of_the_first_version_is_carried_over(folder: Path, writable: bool) -> None:
    lay_down_version_1(folder)
    before = (folder / FILE_NAME).read_bytes()
    with open_store(folder, writable=writable) as store:
        assert_all_is_there(store)
        store.hold(hold())
        store.skip(skip())
        store.note_looks(["web"], NOON)
        assert store.release("web", NOON) == (hold(), skip())
        store.record(entry())
        assert store.history(limit=1)[0].id == 3
        assert store.warnings == ()
    assert [path.name for path in folder.iterdir()] == [FILE_NAME]
    if not writable:
        assert (folder / FILE_NAME).read_bytes() == before


@pytest.mark.parametrize("cycle", [None, NOON])
def test_the_last_cycle_was_one_of_every_container_that_is_known(folder: Path, cycle: datetime | None) -> None:
    lay_down_version_1(folder)
    with closing(sqlite3.connect(folder / FILE_NAME)) as second:
        for statement in schema.MIGRATIONS[1]:
            second.execute(statement)
        second.execute("INSERT INTO holds (name, at) VALUES ('held', '2024-05-01')")
        if cycle is not None:
            second.execute("INSERT INTO last_cycle (id, at) VALUES (1, ?)", (write_time(cycle),))
        second.execute("PRAGMA user_version = 2")
        second.commit()
    with open_store(folder) as store:
        found = [store.looked_at(name) for name in ("web", "db", "held", "new")]
        assert (found, store.warnings) == ([cycle, cycle, cycle, None], ())


def test_it_then_holds_the_tables_of_a_new_file(folder: Path, tmp_path: Path) -> None:
    lay_down_version_1(folder)
    tables = []
    for place in (folder, tmp_path / "new"):
        open_store(place).close()
        with closing(sqlite3.connect(place / FILE_NAME)) as connection:
            found = connection.execute("SELECT name, sql FROM sqlite_master ORDER BY name").fetchall()
            tables.append([(name, " ".join((sql or "").split())) for name, sql in found])
            assert schema.version_of(connection) == len(schema.MIGRATIONS)
    assert tables[0] == tables[1]


def test_two_programs_of_both_versions_share_it(folder: Path) -> None:
    """The earlier one, a daemon perhaps, has it open while this one brings it up to date."""
    lay_down_version_1(folder)
    with closing(sqlite3.connect(folder / FILE_NAME, isolation_level=None)) as earlier:
        earlier.execute("PRAGMA journal_mode = WAL")
        with open_store(folder) as store:
            store.hold(hold())
            earlier.execute("DELETE FROM rejections WHERE name = 'db'")
            assert earlier.execute("SELECT count(*) FROM history").fetchone() == (2,)
            assert store.rejections("db") == ()
            assert store.all_holds(NOON) == (hold(),)
            assert store.warnings == ()


@pytest.mark.parametrize(
    ("version", "table"), [(1, "rejections"), (2, "holds"), (2, "skips"), (2, "last_cycle"), (3, "looked_at")]
)
def test_a_file_without_a_table_of_its_version_is_not_ours(folder: Path, version: int, table: str) -> None:
    lay_down_version_1(folder)
    if version > 1:
        open_store(folder).close()
    with closing(sqlite3.connect(folder / FILE_NAME)) as other:
        other.execute(f"DROP TABLE {table}")
    with open_store(folder) as store:
        assert store.history() == ()
        (warning,) = store.warnings
        assert "not a state file" in warning
        assert "history, holds and rejected digests begin anew" in warning


def test_the_tables_are_written_down_for_every_version() -> None:
    assert len(schema._TABLES) == len(schema.MIGRATIONS)


@pytest.mark.parametrize("writable", [True, False])
def test_an_earlier_file_is_brought_up_to_date(
    folder: Path, file: Path, monkeypatch: pytest.MonkeyPatch, writable: bool
) -> None:
    """Whatever the next version brings; a reader does so in memory."""
    fill(folder)
    further = ("ALTER TABLE rejections ADD COLUMN by_whom TEXT", "CREATE TABLE further (a)")
    migrations = (*schema.MIGRATIONS, further)
    for module in (schema, opening):
        monkeypatch.setattr(module, "MIGRATIONS", migrations)
    with open_store(folder, writable=writable) as store:
        assert store.rejections("web") == (rejection(),)
        use(store)
        assert store.warnings == ()
    with closing(sqlite3.connect(file)) as other:
        assert schema.version_of(other) == len(migrations) - (0 if writable else 1)
        assert ("CREATE TABLE further (a);" in other.iterdump()) is writable


def test_a_migration_that_fails_leaves_the_file_as_it_was(
    folder: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(folder)
    broken = ("CREATE TABLE further (a)", "CREATE TABLE further (a)")
    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, broken))
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        before = list(other.iterdump())
        with pytest.raises(sqlite3.OperationalError):
            schema.migrate(other)
        assert list(other.iterdump()) == before
        assert schema.version_of(other) == len(schema.MIGRATIONS) - 1
