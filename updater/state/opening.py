"""How does the state file come to be open? Created, judged, set aside if it is of no use, and brought up to date."""

from __future__ import annotations

import contextlib
import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING

from updater.state.aside import leftovers, set_aside
from updater.state.connection import connect, connect_memory, copy_to_memory, is_busy, is_damage
from updater.state.folder import FILE_NAME, Unusable, check_files, create_file, folder_lock, make_folder, restrict
from updater.state.schema import MIGRATIONS, is_ours, migrate, version_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_CORRUPT = "corrupt"


@dataclass(frozen=True, slots=True)
class StateFile:
    """The open file, and which one it is: a path can come to mean another file while this one is open."""

    path: Path
    connection: sqlite3.Connection
    identity: tuple[int, int]
    warnings: tuple[str, ...] = ()

    @property
    def is_in_place(self) -> bool:
        """Whether the path still leads to this file: not deleted, restored or set aside by anyone."""
        return _identity(self.path) == self.identity

    def close(self) -> None:
        """Close it; never raises."""
        with contextlib.suppress(sqlite3.Error):
            self.connection.close()


def open_file(folder: Path) -> StateFile:
    """Open the folder's state file for writing; raises Unusable.

    1. Make the folder and take its lock.
    2. Refuse what is not a plain file of ours.
    3. Set aside what is no database, damaged, or of a newer version.
    4. Create the file where there is none, and bring its tables to this version.
    """
    with _as_unusable():
        make_folder(folder)
        with folder_lock(folder):
            path = folder / FILE_NAME
            check_files(path)
            warnings = _clear_the_way(path)
            if not path.exists():
                create_file(path)
            restrict(path)
            return _open_up_to_date(path, warnings)


def begin_anew(damaged: StateFile) -> str | None:
    """Set a file aside that turned out to be damaged in use, unless another process has; the warning to give.

    It is to be closed afterwards, as in `_clear_the_way`. Raises Unusable.
    """
    with _as_unusable(), folder_lock(damaged.path.parent):
        if not damaged.is_in_place:
            return None
        return _put_away(damaged.path, _CORRUPT, "is damaged")


def read_snapshot(folder: Path) -> sqlite3.Connection | None:
    """What the file holds now, in memory, without changing or creating anything. None where there is no file.

    Raises Unusable, also for a file that would be set aside if this were for writing.
    """
    path = folder / FILE_NAME
    with _as_unusable():
        if not path.exists():
            return None
        check_files(path)
        try:
            return _copy(path, "mode=rw")
        except sqlite3.OperationalError as error:
            if is_busy(error):
                raise
            # Even to read it, SQLite writes beside the file, which a full disk or a missing right forbids; unless it
            # is told that nobody writes. At worst that misses what a killed process wrote last.
            return _copy(path, "mode=ro&immutable=1")


def _copy(path: Path, options: str) -> sqlite3.Connection:
    with contextlib.closing(connect(path, options)) as connection:
        connection.execute("PRAGMA query_only = ON")
        fault = _fault(connection)
        if fault is not None:
            raise Unusable(f"{path} {fault[1]}")
        copy = copy_to_memory(connection)
    try:
        migrate(copy)
    except BaseException:
        copy.close()
        raise
    return copy


def new_memory() -> sqlite3.Connection:
    """A memory that holds nothing yet."""
    connection = connect_memory()
    migrate(connection)
    return connection


def _clear_the_way(path: Path) -> tuple[str, ...]:
    if leftovers(path):
        # SQLite would play a log into whatever database it finds beside it.
        set_aside(path, _CORRUPT)
    if not path.exists():
        return ()
    with contextlib.closing(connect(path)) as connection:
        fault = _fault(connection)
        # While it is open: closing it in its place, SQLite would write its log into it and delete that.
        return () if fault is None else (_put_away(path, *fault),)


def _put_away(path: Path, fault: str, description: str) -> str:
    target = set_aside(path, fault)
    return f"{path} {description}; it was set aside as {target.name}: history, holds and rejected digests begin anew."


def _fault(connection: sqlite3.Connection) -> tuple[str, str] | None:
    """What is wrong with the file, for its new name and for a person. Raises sqlite3.Error where that is not known."""
    try:
        version = version_of(connection)
        if version > len(MIGRATIONS):
            return f"future-{version}", "was written by a newer version of this program"
        if not is_ours(connection):
            return _CORRUPT, "is not a state file of this program"
        if connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
            return _CORRUPT, "is damaged"
    except sqlite3.Error as error:
        if not is_damage(error):
            raise
        return _CORRUPT, "is damaged"
    return None


def _open_up_to_date(path: Path, warnings: tuple[str, ...]) -> StateFile:
    identity = _identity(path)
    assert identity is not None
    connection = connect(path)
    try:
        # Readers and a writer side by side. Where the file system cannot, the older journal serves as well.
        with contextlib.suppress(sqlite3.OperationalError):
            connection.execute("PRAGMA journal_mode = WAL")
        migrate(connection)
    except BaseException:
        connection.close()
        raise
    return StateFile(path, connection, identity, warnings)


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


@contextlib.contextmanager
def _as_unusable() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Unusable(error.strerror or str(error)) from error
    except (sqlite3.Error, ValueError) as error:
        raise Unusable(str(error)) from error
