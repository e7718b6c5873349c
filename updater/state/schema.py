"""Which tables are there, and how does a file of an earlier version come to them?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from updater.state.connection import transaction

if TYPE_CHECKING:
    import sqlite3

# One entry per version: the statements that lead to it from the one before. Add, never change: files of every
# version are out there. The file says in `PRAGMA user_version` which one it has.
MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        # AUTOINCREMENT: the order of the ids is the order in which things happened. Times are not: clocks jump.
        """
        CREATE TABLE history (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            at TEXT NOT NULL,
            name TEXT NOT NULL,
            image TEXT NOT NULL,
            operation TEXT NOT NULL,
            outcome TEXT NOT NULL,
            reason_code TEXT NOT NULL,
            reason_message TEXT NOT NULL,
            reason_until TEXT,
            source_image_id TEXT,
            source_digest TEXT,
            target_image_id TEXT,
            target_digest TEXT,
            duration_seconds REAL NOT NULL,
            downtime_seconds REAL,
            steps TEXT NOT NULL,
            notes TEXT NOT NULL,
            log_tail TEXT NOT NULL
        )
        """,
        "CREATE INDEX history_by_name ON history (name, id)",
        """
        CREATE TABLE rejections (
            name TEXT NOT NULL,
            reference TEXT NOT NULL,
            digest TEXT NOT NULL,
            reason_code TEXT NOT NULL,
            reason_message TEXT NOT NULL,
            reason_until TEXT,
            at TEXT NOT NULL,
            PRIMARY KEY (name, reference, digest)
        ) WITHOUT ROWID
        """,
        """
        CREATE TABLE first_seen (
            reference TEXT NOT NULL,
            digest TEXT NOT NULL,
            at TEXT NOT NULL,
            PRIMARY KEY (reference, digest)
        ) WITHOUT ROWID
        """,
    ),
    (
        """
        CREATE TABLE holds (
            name TEXT NOT NULL PRIMARY KEY,
            at TEXT NOT NULL,
            until TEXT
        ) WITHOUT ROWID
        """,
        """
        CREATE TABLE skips (
            name TEXT NOT NULL,
            reference TEXT NOT NULL,
            digest TEXT NOT NULL,
            tag TEXT,
            at TEXT NOT NULL,
            PRIMARY KEY (name, reference, digest)
        ) WITHOUT ROWID
        """,
        # In the order in which they were seen: clocks jump, and what is newer must not depend on them.
        "ALTER TABLE first_seen RENAME TO first_seen_1",
        """
        CREATE TABLE first_seen (
            place INTEGER PRIMARY KEY AUTOINCREMENT,
            reference TEXT NOT NULL,
            digest TEXT NOT NULL,
            at TEXT NOT NULL,
            UNIQUE (reference, digest)
        )
        """,
        "INSERT INTO first_seen (reference, digest, at) SELECT reference, digest, at FROM first_seen_1 ORDER BY at",
        "DROP TABLE first_seen_1",
        # One row at most: when a run last went through all its decisions.
        "CREATE TABLE last_cycle (id INTEGER PRIMARY KEY CHECK (id = 1), at TEXT NOT NULL)",
    ),
    (
        # When a run last came to its end for a container. The time for all of them stays where it was, for an earlier
        # program that has the file open; it held for every container, and here it does for those that we know of.
        "CREATE TABLE looked_at (name TEXT NOT NULL PRIMARY KEY, at TEXT NOT NULL) WITHOUT ROWID",
        """
        INSERT INTO looked_at (name, at)
            SELECT known.name, last_cycle.at FROM last_cycle, (
                SELECT name FROM history UNION SELECT name FROM rejections
                UNION SELECT name FROM holds UNION SELECT name FROM skips
            ) AS known
        """,
    ),
    (
        # The origins (`https://registry.example.org`) that wanted nothing of anybody when they were last asked.
        "CREATE TABLE open_registries (origin TEXT NOT NULL PRIMARY KEY) WITHOUT ROWID",
    ),
)

# The tables that each version brought.
_TABLES = (
    frozenset({"history", "rejections", "first_seen"}),
    frozenset({"holds", "skips", "last_cycle"}),
    frozenset({"looked_at"}),
    frozenset({"open_registries"}),
)


def version_of(connection: sqlite3.Connection) -> int:
    """The version of the file's tables; 0 for an empty file. Raises sqlite3.Error."""
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version


def is_ours(connection: sqlite3.Connection) -> bool:
    """Whether the tables are those that the version promises. Raises sqlite3.Error."""
    found = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    version = version_of(connection)
    return found >= frozenset[str]().union(*_TABLES[:version]) if version > 0 else version == 0 and not found


def migrate(connection: sqlite3.Connection) -> None:
    """Bring the tables to this program's version; also proves that the file can be written. Raises sqlite3.Error."""
    with transaction(connection):
        version = version_of(connection)
        for statements in MIGRATIONS[version:]:
            for statement in statements:
                connection.execute(statement)
        if version < len(MIGRATIONS):
            connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
