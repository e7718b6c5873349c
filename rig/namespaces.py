"""Where do an engine, its containers and its registry live so that nothing of them leaks or collides?

In namespaces of their own (mount, network, pid, ipc, uts) under a reaping pid 1. A supervisor process holds
them and ends them when this process closes the rig or dies.

The processes under test stay outside, with the machine's files, and share only the network. They get there by
`network()`, which moves the *calling thread*: sockets, threads and child processes made inside belong to the
rig's network and stay there. Moving a thread for a while, rather than the whole of pytest for good, keeps
loopback servers of other tests reachable and lets one run use several rigs.
"""

from __future__ import annotations

import ctypes
import json
import os
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Self

from rig.errors import RigError
from rig.machine import SEARCH_PATH, find_program, require_programs, require_root

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from types import TracebackType

CLONE_NEWNET = 0x40000000
CLOSE_SECONDS = 60.0


class Namespaces:
    """One private set of namespaces; a context manager."""

    def __init__(self) -> None:
        require_root()
        require_programs(("bash", "ip", "mount", "nsenter", "setpriv", "tini", "unshare"))
        self._supervisor = _start_supervisor()
        self.pid, self.directory = _read_answer(self._supervisor)
        """The number of pid 1 as seen from outside, and the data folder that is removed at the end."""

    @property
    def supervisor_pid(self) -> int:
        return self._supervisor.pid

    @property
    def name(self) -> str:
        """The name of the data folder, which is also the name of the control group and the host."""
        return self.directory.name

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End every process, mount and folder of the rig; return when they are gone."""
        if self._supervisor.returncode is not None:
            return
        # The closed pipe says it too, but a forked copy of this process may hold it open.
        self._supervisor.terminate()
        _, complaints = self._supervisor.communicate(timeout=CLOSE_SECONDS)
        if self._supervisor.returncode != 0:
            raise RigError(f"the rig was not removed cleanly: {complaints.strip()}")

    def inside(self, argv: Sequence[str]) -> list[str]:
        """The command line that runs `argv` in all the namespaces."""
        enter = [find_program("nsenter"), "--target", str(self.pid)]
        return [*enter, "--mount", "--net", "--pid", "--ipc", "--uts", "--", *argv]

    @property
    def network_prefix(self) -> list[str]:
        """What a person puts before a command to run it in the rig's network, with the machine's files."""
        return ["nsenter", "--target", str(self.pid), "--net", "--"]

    @contextmanager
    def network(self) -> Iterator[None]:
        """Move the calling thread into the rig's network for a while."""
        with (
            Path("/proc/thread-self/ns/net").open("rb") as before,
            Path(f"/proc/{self.pid}/ns/net").open("rb") as inside,
        ):
            _enter_network(inside.fileno())
            try:
                yield
            finally:
                _enter_network(before.fileno())

    def popen(
        self,
        argv: Sequence[str],
        environment: Mapping[str, str] | None = None,
        directory: Path | None = None,
    ) -> subprocess.Popen[str]:
        """Start a process of the machine in the rig's network; its pid is the process itself, not a wrapper."""
        with self.network():
            return subprocess.Popen(
                list(argv),
                env=None if environment is None else dict(environment),
                cwd=directory,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )

    def run(
        self,
        argv: Sequence[str],
        environment: Mapping[str, str] | None = None,
        directory: Path | None = None,
        timeout: float = 60.0,
    ) -> subprocess.CompletedProcess[str]:
        """Run a process of the machine in the rig's network to its end."""
        with self.popen(argv, environment, directory) as process:
            try:
                stdout, stderr = process.communicate(timeout=timeout)
            except BaseException:
                process.kill()
                raise
        return subprocess.CompletedProcess(list(argv), process.returncode, stdout, stderr)


def _start_supervisor() -> subprocess.Popen[str]:
    script = Path(__file__).with_name("supervisor.py")
    # Isolated (-I) and without site packages (-S): quick, and no variable of a test reaches it. A session of its
    # own: Ctrl-C in the terminal must reach the owner only, or the engine would stop before its user does.
    return subprocess.Popen(
        [sys.executable, "-I", "-S", str(script), tempfile.gettempdir(), str(os.getpid())],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={"PATH": SEARCH_PATH},
    )


def _read_answer(supervisor: subprocess.Popen[str]) -> tuple[int, Path]:
    assert supervisor.stdout is not None
    line = supervisor.stdout.readline()
    answer = json.loads(line) if line else {"error": "the supervisor ended without a word"}
    if "error" in answer:
        _, complaints = supervisor.communicate(timeout=CLOSE_SECONDS)
        raise RigError(f"no private namespaces on this machine: {answer['error']} {complaints}".strip())
    return int(answer["pid"]), Path(answer["directory"])


def _enter_network(descriptor: int) -> None:
    # os.setns exists only from Python 3.12 on.
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(descriptor, CLONE_NEWNET) != 0:
        raise RigError(f"cannot enter the rig's network: {os.strerror(ctypes.get_errno())}")
