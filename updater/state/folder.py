"""Are this folder and the files in it fit to keep our memory, and only ours?"""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
import time
from typing import TYPE_CHECKING

from updater.state.connection import BUSY_SECONDS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FILE_NAME = "updater.db"
# What SQLite puts beside a database: its log and the log's index, or the journal where no log is possible.
COMPANIONS = ("-wal", "-shm", "-journal")
_PRIVATE_FOLDER = 0o700
_PRIVATE_FILE = 0o600
_OTHERS = 0o077


class Unusable(Exception):
    """The state cannot be kept there; `str()` says why, for a person."""


def make_folder(folder: Path) -> None:
    """Make it, for us alone. One that exists keeps its mode: it may be the user's, and hold other things."""
    folder.mkdir(mode=_PRIVATE_FOLDER, parents=True, exist_ok=True)


@contextlib.contextmanager
def folder_lock(folder: Path) -> Iterator[None]:
    """Only one process at a time creates the file or sets it aside. Ends with the process, and leaves no file."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        _wait_for_lock(descriptor)
        yield
    finally:
        os.close(descriptor)


def _wait_for_lock(descriptor: int) -> None:
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise Unusable("another process has held its lock for too long") from None
            time.sleep(0.02)
        except OSError:
            return None  # network file systems lock no folders; SQLite's own locks still hold there


def files_of(path: Path) -> tuple[Path, ...]:
    """Where the database and its companions are, or would be."""
    return (path, *(path.with_name(path.name + suffix) for suffix in COMPANIONS))


def obstacle(folder: Path) -> str | None:
    """Why nothing can be kept there, as far as looking tells; None where something can. Makes and changes nothing."""
    path = folder / FILE_NAME
    try:
        check_files(path)
        there = [place for place in (path, folder, *folder.parents) if place.exists()]
    except Unusable as error:
        return str(error)
    except OSError as error:
        return f"{folder}: {error.strerror}"
    # Of what is not there yet, the nearest folder above it decides.
    wanted = there[:2] if there[0] == path else there[:1]
    denied = [place for place in wanted if not os.access(place, os.R_OK | os.W_OK | (os.X_OK if place != path else 0))]
    return f"user {os.geteuid()} may not write to {denied[0]}" if denied else None


def holds_memory(folder: Path) -> bool:
    """Whether something is kept there."""
    return (folder / FILE_NAME).exists()


def create_file(path: Path) -> None:
    """An empty file for us alone; SQLite gives its companions the same mode. Raises OSError where one exists.

    Root makes it for whom the folder belongs to: the service of systemd has a user of its own, and could not read the
    file of a person who was first. (SQLite does so with the companions.)
    """
    path.touch(mode=_PRIVATE_FILE, exist_ok=False)
    if os.geteuid() == 0:
        folder = path.parent.stat()
        with contextlib.suppress(OSError):  # root in a container that may not
            os.chown(path, folder.st_uid, folder.st_gid, follow_symlinks=False)


def check_files(path: Path) -> None:
    """The database and its companions, where they exist, are plain files that nobody else has planted."""
    for found in files_of(path):
        try:
            status = found.lstat()
        except FileNotFoundError:
            continue
        if stat.S_ISLNK(status.st_mode):
            raise Unusable(f"{found} is a symbolic link, which is not followed")
        if not stat.S_ISREG(status.st_mode):
            raise Unusable(f"{found} is not a plain file")
        if is_planted(status, path.parent.stat(), os.geteuid()):
            raise Unusable(f"{found} belongs to another user")


def is_planted(file: os.stat_result, folder: os.stat_result, user: int) -> bool:
    """Whether the file is another user's. In a folder such as /tmp anybody could tell us what to remember."""
    return file.st_uid not in (user, 0, folder.st_uid)


def restrict(path: Path) -> None:
    """Take the files from others' eyes, as after a restore from a backup: they hold what containers logged.

    By their paths: opening and closing one here would end the locks that this process holds on it (POSIX, fcntl).
    """
    for found in files_of(path):
        with contextlib.suppress(FileNotFoundError, PermissionError):
            if stat.S_IMODE(found.stat().st_mode) & _OTHERS:
                found.chmod(_PRIVATE_FILE)
