"""What does a program answer on its standard output, within a time and a size?

It is started without a shell, in a session of its own, and nothing that it leaves behind there outlives the call.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# How often one looks whether the program has ended while its output is still held open, in seconds.
_LOOK = 0.02
# How long what was killed may take to be gone; only a process stuck in the kernel takes longer.
_PATIENCE = 1.0


class TookTooLong(Exception):
    """The program had not ended when its time was over."""


class SaidTooMuch(Exception):
    """The program's output is larger than allowed; the rest was not read."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a program may use; `seconds` on the wall clock, whatever it does."""

    seconds: float = 10.0
    bytes: int = 64 * 1024


@dataclass(frozen=True, slots=True)
class Ended:
    """How it ended; a negative `status` is the signal that killed it. The output may be a secret."""

    status: int
    output: bytes


def run(command: Sequence[str], given: bytes, environment: Mapping[str, str], limits: Limits) -> Ended:
    """Run the program with this on its standard input. What it says on standard error is lost.

    Raises OSError where it cannot be started, TookTooLong, SaidTooMuch.
    """
    deadline = time.monotonic() + limits.seconds
    process = subprocess.Popen(  # noqa: S603 - the caller has checked the name; there is no shell
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        # Bytes go through as they come: the pipes are read and written without a buffer.
        bufsize=0,
        env=environment,
        cwd="/",
        start_new_session=True,
    )
    try:
        _give(process, given)
        output = _read(process, deadline, limits.bytes)
        while not _has_ended(process.pid):
            if time.monotonic() >= deadline:
                raise TookTooLong
            time.sleep(_LOOK)
    finally:
        _end(process)
    return Ended(process.returncode, output)


def _give(process: subprocess.Popen[bytes], given: bytes) -> None:
    assert process.stdin is not None
    # A host and its line end fit into any pipe, so that this does not wait for the reader; it may be gone already.
    with suppress(BrokenPipeError):
        process.stdin.write(given)
    process.stdin.close()


def _read(process: subprocess.Popen[bytes], deadline: float, most: int) -> bytes:
    assert process.stdout is not None
    descriptor = process.stdout.fileno()
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    output = b""
    while len(output) <= most:
        # Looked at before the pipe: what an ended program has written is in the pipe by then.
        has_ended = _has_ended(process.pid)
        left = deadline - time.monotonic()
        if left <= 0 and not has_ended:
            raise TookTooLong
        if poll.poll(0 if has_ended else 1000 * min(left, _LOOK)):
            part = os.read(descriptor, most + 1 - len(output))
            if not part:
                return output
            output += part
        elif has_ended:
            # A child of it holds the pipe open. What the program itself had to say was read.
            return output
    raise SaidTooMuch


def _has_ended(pid: int) -> bool:
    # It is left unreaped: as long as it is, its number cannot be another group's, and the group can be killed.
    try:
        return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    except ChildProcessError:
        # Who started us had the kernel reap our children (SIGCHLD ignored, which is inherited).
        return True


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill the whole group and reap what of it is ours. Raises TookTooLong where it cannot be killed."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    for pipe in (process.stdin, process.stdout):
        assert pipe is not None
        pipe.close()
    try:
        process.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        raise TookTooLong from None
    # In a container without an init we are process 1, and inherit what the program left behind.
    until = time.monotonic() + _PATIENCE
    with suppress(ChildProcessError):
        while time.monotonic() < until:
            if os.waitpid(-process.pid, os.WNOHANG) == (0, 0):
                time.sleep(_LOOK)
