"""What is asked of the tables, and how are they changed? Every statement of the room; each raises sqlite3.Error."""

from __future__ import annotations

from typing import TYPE_CHECKING

from updater.state.rows import plain, write_entry, write_hold, write_rejection, write_skip, write_time

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from updater.model.digest import Digest
    from updater.model.history import HistoryEntry, Rejection
    from updater.model.hold import Hold, Skip

LONGEST_HISTORY = 10_000
_NO_LIMIT = -1  # as SQLite has it

_INSERT_ENTRY = """
    INSERT INTO history (
        at, name, image, operation, outcome, reason_code, reason_message, reason_until,
        source_image_id, source_digest, target_image_id, target_digest,
        duration_seconds, downtime_seconds, steps, notes, log_tail
    ) VALUES (
        :at, :name, :image, :operation, :outcome, :reason_code, :reason_message, :reason_until,
        :source_image_id, :source_digest, :target_image_id, :target_digest,
        :duration_seconds, :downtime_seconds, :steps, :notes, :log_tail
    )
"""

# Ids are dense: nothing but this takes entries away, and it takes the oldest.
_PRUNE = "DELETE FROM history WHERE id <= (SELECT max(id) FROM history) - ?"

# Names come and go: those that were not looked at for longest are forgotten.
_MOST_LOOKS = 10_000
_FORGET_LOOKS = """
    DELETE FROM looked_at WHERE name IN (SELECT name FROM looked_at ORDER BY at DESC, name LIMIT -1 OFFSET ?)
"""

_INSERT_REJECTION = """
    INSERT OR REPLACE INTO rejections (name, reference, digest, reason_code, reason_message, reason_until, at)
    VALUES (:name, :reference, :digest, :reason_code, :reason_message, :reason_until, :at)
"""

_INSERT_HOLD = "INSERT OR REPLACE INTO holds (name, at, until) VALUES (:name, :at, :until)"

_LASTING = "SELECT * FROM holds WHERE (until IS NULL OR until > ?)"

_INSERT_SKIP = """
    INSERT OR REPLACE INTO skips (name, reference, digest, tag, at) VALUES (:name, :reference, :digest, :tag, :at)
"""

# The earliest wins, not the first to come: a clock that was ahead for a while would keep an image new for ever.
_SEE = """
    INSERT INTO first_seen (reference, digest, at) VALUES (?, ?, ?)
    ON CONFLICT (reference, digest) DO UPDATE SET at = min(at, excluded.at)
"""


def add_entry(connection: sqlite3.Connection, entry: HistoryEntry) -> None:
    """Add an entry, and take away the oldest where there are too many."""
    connection.execute(_INSERT_ENTRY, write_entry(entry))
    connection.execute(_PRUNE, (LONGEST_HISTORY,))


def entries(connection: sqlite3.Connection, name: str | None, limit: int | None) -> list[sqlite3.Row]:
    """Newest first; of one container, or of all."""
    most = _NO_LIMIT if limit is None else min(max(limit, 0), LONGEST_HISTORY)
    if name is None:
        return connection.execute("SELECT * FROM history ORDER BY id DESC LIMIT ?", (most,)).fetchall()
    statement = "SELECT * FROM history WHERE name = ? ORDER BY id DESC LIMIT ?"
    return connection.execute(statement, (plain(name), most)).fetchall()


def updates(connection: sqlite3.Connection, name: str) -> list[sqlite3.Row]:
    """The newest successful update of this container, if there is one."""
    from updater.model.history import Operation  # a check does not ask for it
    from updater.model.outcome import OutcomeKind

    statement = "SELECT * FROM history WHERE name = ? AND operation = ? AND outcome = ? ORDER BY id DESC LIMIT 1"
    wanted = (plain(name), Operation.UPDATE.value, OutcomeKind.UPDATED.value)
    return connection.execute(statement, wanted).fetchall()


def add_rejection(connection: sqlite3.Connection, rejection: Rejection) -> None:
    """Add it; one that is known takes the new reason and time."""
    connection.execute(_INSERT_REJECTION, write_rejection(rejection))


def rejections(connection: sqlite3.Connection, name: str) -> list[sqlite3.Row]:
    """Those of one container, in the order of their times."""
    statement = "SELECT * FROM rejections WHERE name = ? ORDER BY at, reference, digest"
    return connection.execute(statement, (plain(name),)).fetchall()


def all_rejections(connection: sqlite3.Connection) -> list[sqlite3.Row]:
    """Container, reference and digest of all."""
    return connection.execute("SELECT name, reference, digest FROM rejections").fetchall()


def withdraw(connection: sqlite3.Connection, name: str, digest: Digest) -> None:
    """Take back what one container rejected."""
    connection.execute("DELETE FROM rejections WHERE name = ? AND digest = ?", (plain(name), str(digest)))


def forget(connection: sqlite3.Connection, name: str) -> list[sqlite3.Row]:
    """Take away this container's rejections; the answer is what they were."""
    found = rejections(connection, name)
    connection.execute("DELETE FROM rejections WHERE name = ?", (plain(name),))
    return found


def add_hold(connection: sqlite3.Connection, hold: Hold) -> None:
    """Hold a container; the hold that it was under, if any, is over."""
    connection.execute(_INSERT_HOLD, write_hold(hold))


def holds(connection: sqlite3.Connection, name: str | None, now: datetime) -> list[sqlite3.Row]:
    """Those that have not ended, by name; of one container, or of all."""
    if name is None:
        return connection.execute(f"{_LASTING} ORDER BY name", (write_time(now),)).fetchall()
    return connection.execute(f"{_LASTING} AND name = ?", (write_time(now), plain(name))).fetchall()


def add_skip(connection: sqlite3.Connection, skip: Skip) -> None:
    """Add it; one that is known takes the new tag and time."""
    connection.execute(_INSERT_SKIP, write_skip(skip))


def skips(connection: sqlite3.Connection, name: str) -> list[sqlite3.Row]:
    """Those of one container, in the order of their times."""
    statement = "SELECT * FROM skips WHERE name = ? ORDER BY at, reference, digest"
    return connection.execute(statement, (plain(name),)).fetchall()


def release(connection: sqlite3.Connection, name: str, now: datetime) -> tuple[list[sqlite3.Row], list[sqlite3.Row]]:
    """Take away this container's hold and skips; the answer is what they were."""
    found = holds(connection, name, now), skips(connection, name)
    connection.execute("DELETE FROM holds WHERE name = ?", (plain(name),))
    connection.execute("DELETE FROM skips WHERE name = ?", (plain(name),))
    return found


def note_looks(connection: sqlite3.Connection, names: Iterable[str], at: datetime) -> None:
    """The last one noted counts, not the latest: a clock that was ahead for a while must not stop the cycles."""
    statement = "INSERT OR REPLACE INTO looked_at (name, at) VALUES (?, ?)"
    connection.executemany(statement, [(plain(name), write_time(at)) for name in names])
    connection.execute(_FORGET_LOOKS, (_MOST_LOOKS,))


def looked_at(connection: sqlite3.Connection, name: str) -> str | None:
    """When a look at this container was last noted, as text; None where none was."""
    row = connection.execute("SELECT at FROM looked_at WHERE name = ?", (plain(name),)).fetchone()
    return str(row["at"]) if row else None


def seen(connection: sqlite3.Connection, reference: str) -> list[sqlite3.Row]:
    """Digests of this reference and their times, in the order in which they were seen."""
    statement = "SELECT digest, at FROM first_seen WHERE reference = ? ORDER BY place"
    return connection.execute(statement, (plain(reference),)).fetchall()


def seen_at(connection: sqlite3.Connection, reference: str, digest: Digest) -> str | None:
    """When this digest was first seen, as text; None where it was not."""
    statement = "SELECT at FROM first_seen WHERE reference = ? AND digest = ?"
    row = connection.execute(statement, (plain(reference), plain(digest))).fetchone()
    return str(row["at"]) if row else None


def not_seen_before(
    connection: sqlite3.Connection, seen: Iterable[tuple[str, Digest]], now: datetime
) -> list[tuple[str, Digest]]:
    """Those of the digests (with their references) that nothing is known of from before now."""
    text = write_time(now)
    return [one for one in seen if (at := seen_at(connection, *one)) is None or at > text]


def see(connection: sqlite3.Connection, seen: Iterable[tuple[str, Digest]], now: datetime) -> None:
    """Remember that these digests were seen now, unless they were before."""
    text = write_time(now)
    connection.executemany(_SEE, [(plain(reference), plain(digest), text) for reference, digest in seen])


def open_registries(connection: sqlite3.Connection) -> list[sqlite3.Row]:
    """The origins that wanted nothing of anybody."""
    return connection.execute("SELECT origin FROM open_registries").fetchall()


def note_openness(connection: sqlite3.Connection, openness: Mapping[str, bool]) -> None:
    """Of these origins, whether they wanted nothing; of others, what is known stays."""
    for origin, is_open in openness.items():
        if is_open:
            connection.execute("INSERT OR IGNORE INTO open_registries (origin) VALUES (?)", (plain(origin),))
        else:
            connection.execute("DELETE FROM open_registries WHERE origin = ?", (plain(origin),))
