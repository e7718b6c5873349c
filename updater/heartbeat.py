"""Is a daemon's loop alive, and does it talk to the engine? A small file that it writes over and over says so.

A health check reads it each half minute, so nothing is imported here that takes time. Times are of the clock that
neither a suspend nor a change of the date touches, and that all processes of the machine share.
"""

from __future__ import annotations

import os
import stat
import time
from typing import NamedTuple

_EVERYWHERE = ("/tmp", "/dev/shm")  # noqa: S108 - the folder there is ours, or not used
_FILE = "heartbeat"
_LINES = 7
_LARGEST = 4096  # bytes
_STOPPED = "Tt"  # states of proc(5)
_DEAD = "ZX"


class Beat(NamedTuple):
    """`born` is the process's start as the kernel counts it: a number of a process is used again, with another start.

    `patience` is for how many seconds it may now be silent. `engine_at` is when it last heard of the engine,
    `trouble` why that is no longer so.
    """

    pid: int
    born: str
    at: float
    patience: float
    engine_at: float | None
    doing: str
    trouble: str = ""


def write(beat: Beat) -> str | None:
    """Write it where the reader looks; why that was not possible, if it was not."""
    problem = "there is no folder for it"
    for folder in _folders():
        try:
            _make_private(folder)
            _replace(os.path.join(folder, _FILE), _text(beat))
        except OSError as error:
            problem = f"{folder}: {error.strerror}"
        else:
            return None
    return problem


def read() -> Beat | None:
    """The last one that a process of this user has written; None where there is none.

    One whose process is gone counts for less: it may be of before the machine's start, with a time that lies ahead.
    """
    found = [beat for folder in _folders() if (beat := _read(folder)) is not None]
    return max(found, key=lambda beat: (lives(beat, process_of(beat.pid)), beat.at), default=None)


def erase(pid: int) -> None:
    """At a clean end: nobody's heart beats any more."""
    for folder in _folders():
        beat = _read(folder)
        if beat is not None and beat.pid == pid:
            os.unlink(os.path.join(folder, _FILE))


def complaint(beat: Beat | None, now: float, process: tuple[str, str] | None) -> str | None:
    """What is wrong, for a person; None where all is well. `process` is the state and start of the beat's process."""
    if beat is None:
        return "no `updater watch` of this user is running"
    if not lives(beat, process) or process is None or beat.at > now:
        return f"`updater watch` (process {beat.pid}) has ended without a word"
    if process[0] in _STOPPED:
        return f"`updater watch` (process {beat.pid}) is stopped"
    if now - beat.at > beat.patience:
        return f"its loop has not been heard of for {now - beat.at:.0f} s while {beat.doing}"
    if beat.trouble:
        return beat.trouble
    if beat.engine_at is None:
        return "it has not talked to the engine yet"
    return None


def lives(beat: Beat, process: tuple[str, str] | None) -> bool:
    """Whether the process that wrote it is still there."""
    return process is not None and process[0] not in _DEAD and process[1] == beat.born


def process_of(pid: int) -> tuple[str, str] | None:
    """The state and the start of a process (proc(5), `stat`); None where there is none of that number."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            fields = file.read().rpartition(")")[2].split()
    except OSError:
        return None
    return fields[0], fields[19]


def clock() -> float:
    """What the beats' times are by."""
    return time.monotonic()


def _folders() -> list[str]:
    """Where it may be, the first one that can be written to; a container may have but the last of them."""
    own = f"updater-{os.geteuid()}"
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    return [os.path.join(base, own) for base in (*([runtime] if runtime else []), *_EVERYWHERE)]


def _make_private(folder: str) -> None:
    try:
        os.mkdir(folder, 0o700)
    except FileExistsError:
        if not _is_private(folder):
            raise OSError(0, "somebody else made it") from None


def _is_private(folder: str) -> bool:
    """Anybody may make folders in /tmp, and tell us what he likes."""
    try:
        status = os.lstat(folder)
    except OSError:
        return False
    return stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid() and not status.st_mode & 0o022


def _replace(path: str, text: str) -> None:
    """A reader finds the old one or the new one whole."""
    draft = f"{path}.{os.getpid()}.{time.monotonic_ns()}"
    try:
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text)
        os.replace(draft, path)
    except OSError:
        if os.path.exists(draft):
            os.unlink(draft)
        raise


def _text(beat: Beat) -> str:
    values = ("" if value is None else str(value) for value in beat)
    return "".join(f"{' '.join(value.split())}\n" for value in values)


def _read(folder: str) -> Beat | None:
    if not _is_private(folder):
        return None
    try:
        with open(os.path.join(folder, _FILE)) as file:
            lines = file.read(_LARGEST).split("\n")
        pid, born, at, patience, engine_at, doing, trouble = lines[:_LINES]
        return Beat(int(pid), born, float(at), float(patience), float(engine_at) if engine_at else None, doing, trouble)
    except (OSError, ValueError):
        return None
