"""Who is performing an update, and is that process still alive? Asked before anybody touches an unfinished one.

Nothing but the engine is shared by two updaters, so the owner is written on the new container as a label:

    BOOT:PIDNAMESPACE:PID:STARTTIME:CONTAINER

Within one pid namespace the kernel answers exactly. An owner in a container is dead once that container does not run.
Another boot of the same machine is dead too, and engines on a unix socket are on the same machine. What remains (an
owner out of sight, on a remote engine or in another namespace) is given a time in which no update can still be going.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

# Seconds after which an update that nobody can be seen working on counts as abandoned.
LEASE = 3600.0
_NO_CONTAINER = "-"
_START_TIME_FIELD = 21  # of /proc/PID/stat, counted from 0 (proc(5), "starttime")


@dataclass(frozen=True, slots=True)
class Owner:
    """A process, named so that no other one is ever taken for it."""

    boot: str
    pid_namespace: str
    pid: int
    start_time: str
    container: str | None

    def __str__(self) -> str:
        return ":".join(
            (self.boot, self.pid_namespace, str(self.pid), self.start_time, self.container or _NO_CONTAINER)
        )


def ourselves(container: str | None) -> Owner:
    """This process; `container` is the id of the container it runs in, if any."""
    return Owner(_boot(), _pid_namespace(), os.getpid(), _start_time(os.getpid()) or "0", container)


def parse_owner(text: str) -> Owner | None:
    """The owner that a label names; None for anything else."""
    parts = text.split(":")
    if len(parts) != 5 or not parts[2].isdecimal():
        return None
    container = None if parts[4] == _NO_CONTAINER else parts[4]
    return Owner(parts[0], parts[1], int(parts[2]), parts[3], container)


def is_alive(
    owner: Owner | None,
    me: Owner,
    *,
    age_seconds: float,
    engine_is_local: bool,
    container_runs: Callable[[str], bool],
) -> bool:
    """Whether the owner may still be at work; `age_seconds` is how long ago the update's container was made."""
    if owner is None:
        return False  # no update of ours leaves this label out
    if owner.boot == me.boot and owner.pid_namespace == me.pid_namespace:
        return owner.pid != me.pid and _start_time(owner.pid) == owner.start_time
    if owner.container is not None and (owner.container == me.container or not container_runs(owner.container)):
        return False  # in our own container, but in no process of its present life
    if engine_is_local and owner.boot != me.boot:
        return False
    return age_seconds < LEASE


def _boot() -> str:
    return _read(Path("/proc/sys/kernel/random/boot_id")) or "unknown"


def _pid_namespace() -> str:
    try:
        return str(Path("/proc/self/ns/pid").readlink()).strip("pid:[]")
    except OSError:
        return "unknown"


def _start_time(pid: int) -> str | None:
    """In clock ticks since the machine's boot; None where there is no such process (any more)."""
    fields = _read(Path(f"/proc/{pid}/stat")).rpartition(")")[2].split()
    # What follows the name in parentheses starts with field 2.
    return fields[_START_TIME_FIELD - 2] if len(fields) > _START_TIME_FIELD - 2 and fields[0] != "Z" else None


def _read(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""
