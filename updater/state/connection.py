"""How is SQLite spoken to? Connections, transactions, and what its errors mean."""

from __future__ import annotations

import contextlib
import sqlite3
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# How long one waits for another process's write. A write takes milliseconds; a stopped process must not stop us.
BUSY_SECONDS = 5.0

_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_PRIMARY_CODE = 0xFF  # the rest of an error code says where it happened


def connect(path: Path, options: str = "mode=rw") -> sqlite3.Connection:
    """Open an existing file; `options` are those of SQLite's URIs. The caller sees to it that one thread uses it."""
    return _connect(f"{path.absolute().as_uri()}?{options}")


def connect_memory() -> sqlite3.Connection:
    """An empty database that ends with its connection."""
    return _connect("file::memory:")


@contextlib.contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All or nothing. The lock is taken at the start, so that what was read in it is still true when it writes."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        # Some errors have already rolled back, and after others even that fails; the first error is the one to tell.
        with contextlib.suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        raise


def copy_to_memory(source: sqlite3.Connection) -> sqlite3.Connection:
    """All that the source holds at this moment, in memory. Raises sqlite3.Error, and leaves nothing open then."""
    copy = connect_memory()
    try:
        # The backup waits for ever where it meets a lock. A transaction that has read meets none, and waits its turn.
        source.execute("BEGIN")
        source.execute("SELECT count(*) FROM sqlite_master").fetchone()
        source.backup(copy)
    except BaseException:
        copy.close()
        raise
    finally:
        with contextlib.suppress(sqlite3.Error):
            source.execute("ROLLBACK")
    return copy


def is_damage(error: sqlite3.Error) -> bool:
    """Whether the file's content is broken, as against a full disk, a lock or a missing right."""
    return _primary_code(error) in _DAMAGED


def is_busy(error: sqlite3.Error) -> bool:
    """Whether another connection was in the way."""
    return _primary_code(error) in _BUSY


def _primary_code(error: sqlite3.Error) -> int | None:
    # The module's own errors have no code.
    code: int | None = getattr(error, "sqlite_errorcode", None)
    return None if code is None else code & _PRIMARY_CODE


def _connect(address: str) -> sqlite3.Connection:
    # Without an isolation level the module begins no transactions of its own.
    connection = sqlite3.connect(address, uri=True, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    # A broken byte in one log must not hide the whole history.
    connection.text_factory = lambda content: content.decode("utf-8", "replace")
    return connection
