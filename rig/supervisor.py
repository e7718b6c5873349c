"""Who cleans up when the process that opened the rig is gone, however it went?

A small process between the owner (pytest, the demo) and the namespaces. It holds three things the owner cannot
be trusted to give back after a SIGKILL: pid 1 of the namespaces, the control groups and the data folder.

1. Make the data folder, start pid 1 and wait for its "ready".
2. Tell the owner, in one line of JSON on standard output.
3. Wait until the owner closes our standard input, or dies, or somebody sends SIGTERM.
4. Kill what lives in the namespaces, remove the control groups and the data folder.

Run as a script with nothing but the standard library, so that it starts in a few hundredths of a second.
Should this process itself be killed, the kernel still kills pid 1 (`--pdeathsig`) and with it all processes.
"""

from __future__ import annotations

import ctypes
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

CLONE_NEWPID = 0x20000000
CGROUP_ROOT = Path("/sys/fs/cgroup")
PATIENCE_SECONDS = 10.0


class StartFailed(Exception):
    """The namespaces could not be made; the text is what the kernel or a program said."""


def main(arguments: list[str]) -> int:
    parent_directory, owner = Path(arguments[0]), int(arguments[1])
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    wake_up = _pipe_written_at_sigterm()
    # The folder's name is also a host name, so no underscores as mkdtemp would use.
    directory = parent_directory / f"rig-{os.urandom(5).hex()}"
    directory.mkdir(mode=0o700)
    first: subprocess.Popen[bytes] | None = None
    network = 0
    try:
        first = _start_first_process(directory)
        network = Path(f"/proc/{first.pid}/ns/net").stat().st_ino
        _tell({"pid": first.pid, "directory": str(directory)})
        _wait_for_the_end(owner, wake_up)
    except StartFailed as failure:
        _tell({"error": str(failure)})
    finally:
        leftovers = _clean_up(first, network, owner, directory)
    for leftover in leftovers:
        print(leftover, file=sys.stderr)
    return 1 if leftovers else 0


def _tell(message: dict[str, object]) -> None:
    # The owner may be gone already; then there is nobody to tell, and the clean-up matters more.
    try:
        print(json.dumps(message), flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def _pipe_written_at_sigterm() -> int:
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing)
    signal.signal(signal.SIGTERM, lambda *_: None)
    return reading


def _start_first_process(directory: Path) -> subprocess.Popen[bytes]:
    """Start pid 1. The program chain only ever execs, so the pid we get here is pid 1's outside number."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWPID) != 0:
        raise StartFailed(f"no pid namespace: {os.strerror(ctypes.get_errno())}")
    log = directory / "init.log"
    chain = ["setpriv", "--pdeathsig", "KILL"]
    chain += ["unshare", "--mount", "--net", "--ipc", "--uts", "--propagation", "private"]
    chain += ["bash", str(Path(__file__).with_name("init.sh")), directory.name, str(directory)]
    with log.open("wb") as errors:
        first = subprocess.Popen(chain, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors)
    assert first.stdout is not None
    with first.stdout as said:
        if said.readline() == b"ready\n":
            return first
    first.kill()
    first.wait()
    raise StartFailed(log.read_text(errors="replace").strip() or "the first process ended without a word")


def _wait_for_the_end(owner: int, wake_up: int) -> None:
    """The closed pipe is the polite end; the pidfd sees a death that a forked copy of the pipe would hide."""
    watched = [sys.stdin.fileno(), wake_up]
    try:
        watched.append(os.pidfd_open(owner))
    except ProcessLookupError:
        return
    select.select(watched, [], [])


def _clean_up(first: subprocess.Popen[bytes] | None, network: int, owner: int, directory: Path) -> list[str]:
    if first is not None:
        _kill_processes_of_network(network, spare={owner, os.getpid(), first.pid})
        # Killing pid 1 kills its whole pid namespace, and the kernel reports its end only when all are gone.
        first.kill()
        _thaw(directory.name)
        first.wait()
    leftovers = []
    if not _tried_until_gone(lambda: _remove_cgroups(directory.name)):
        leftovers.append(f"control groups of {directory.name} could not be removed")
    if not _tried_until_gone(lambda: _remove_folder(directory)):
        leftovers.append(f"{directory} could not be removed")
    return leftovers


def _thaw(name: str) -> None:
    """The processes of a paused container would not die: with control groups v1 a frozen one is not even killed."""
    for group in CGROUP_ROOT.glob(f"*/{name}"):
        for state in group.rglob("freezer.state"):
            with suppress(OSError):  # the group may be gone by now
                state.write_text("THAWED")


def _kill_processes_of_network(network: int, spare: set[int]) -> None:
    """The processes under test share only the network; they must not outlive it either."""
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) in spare:
            continue
        try:
            if (entry / "ns" / "net").stat().st_ino == network:
                os.kill(int(entry.name), signal.SIGKILL)
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue


def _remove_cgroups(name: str) -> bool:
    groups = [CGROUP_ROOT / name, *CGROUP_ROOT.glob(f"*/{name}")]
    for group in groups:
        # Only the folders can be removed; the files in them belong to the kernel.
        for folder, _, _ in os.walk(group, topdown=False):
            try:
                Path(folder).rmdir()
            except OSError:
                break
    return not any(group.exists() for group in groups)


def _remove_folder(directory: Path) -> bool:
    shutil.rmtree(directory, ignore_errors=True)
    return not directory.exists()


def _tried_until_gone(remove: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not remove():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
