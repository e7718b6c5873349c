"""How does a process of the updater begin in hundredths of a second? As the child of one that has read all its code.

A thousand processes are started here, and reading Python's modules is most of the work of each. `Nursery` starts this
file once per engine; it then forks for every command, tells the child's number, and waits for it. The child does what
`python -m updater` does, with the environment, folder and streams it is given, and is killed like any other process.
"""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import signal
import subprocess
import sys
import tempfile
import threading
import traceback
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType

_PROJECT = Path(__file__).parents[3]


class Nursery:
    """The parent of the processes under test. They live in the network of the thread that opens it."""

    def __init__(self) -> None:
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(_PROJECT), "LANG": "C.UTF-8"}
        self._parent = subprocess.Popen(
            [sys.executable, "-m", __name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
            cwd=_PROJECT,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._parent:
            assert self._parent.stdin is not None
            self._parent.stdin.close()

    def start(self, arguments: Sequence[str], environment: Mapping[str, str], folder: Path) -> Child:
        """Start `updater ARGUMENTS`; one at a time. What it says is in the folder's `stdout` and `stderr`."""
        assert self._parent.stdin is not None
        order = {"arguments": list(arguments), "environment": dict(environment), "folder": str(folder)}
        self._parent.stdin.write(json.dumps(order) + "\n")
        self._parent.stdin.flush()
        return Child(self, self.hear(), folder)

    def hear(self) -> int:
        """The next number the parent tells: of a process, or the code with which it ended."""
        assert self._parent.stdout is not None
        return int(self._parent.stdout.readline())


class Child:
    """One process of the updater."""

    def __init__(self, nursery: Nursery, number: int, folder: Path) -> None:
        self._nursery = nursery
        self._number = number
        self._folder = folder
        self._ended = threading.Event()

    def send(self, number: signal.Signals) -> None:
        if not self._ended.is_set():
            os.kill(self._number, number)

    def wait(self, seconds: float) -> tuple[int, str, str]:
        """Its exit code (negative: the signal that killed it) and what it said. Killed if it takes too long."""
        limit = threading.Timer(seconds, self.send, [signal.SIGKILL])
        limit.start()
        code = self._nursery.hear()
        self._ended.set()
        limit.cancel()
        return code, (self._folder / "stdout").read_text(), (self._folder / "stderr").read_text()


def _serve() -> None:
    _read_all_code()
    for line in sys.stdin:
        order = json.loads(line)
        number = os.fork()
        if number == 0:
            os._exit(_live(order["arguments"], order["environment"], Path(order["folder"])))
        _tell(number)
        _, status = os.waitpid(number, 0)
        _tell(os.waitstatus_to_exitcode(status))


def _read_all_code() -> None:
    """All of the updater's modules, and what else a command turns out to need: a child tries one, and tells."""
    import updater

    for module in pkgutil.walk_packages(updater.__path__, "updater."):
        importlib.import_module(module.name)
    reading, writing = os.pipe()
    with tempfile.TemporaryDirectory() as folder:
        number = os.fork()
        if number == 0:
            _live(["recover", "--host", "unix:///nowhere"], {"UPDATER_STATE_DIR": folder}, Path(folder))
            os.write(writing, " ".join(sys.modules).encode())
            os._exit(0)
        os.close(writing)
        with os.fdopen(reading) as names:
            for name in names.read().split():
                with suppress(ImportError):
                    importlib.import_module(name)
        os.waitpid(number, 0)


def _tell(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


def _live(arguments: Sequence[str], environment: Mapping[str, str], folder: Path) -> int:
    """Be `python -m updater ARGUMENTS`, to its end; gives its exit code."""
    from updater.__main__ import run

    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    _connect_streams()
    sys.argv = ["updater", *arguments]
    try:
        return run()
    except BaseException:  # noqa: BLE001 - as the interpreter does
        traceback.print_exc()
        return 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()


def _connect_streams() -> None:
    to_be_written = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    for descriptor, name, mode in (
        (0, os.devnull, os.O_RDONLY),
        (1, "stdout", to_be_written),
        (2, "stderr", to_be_written),
    ):
        opened = os.open(name, mode, 0o600)
        os.dup2(opened, descriptor)
        os.close(opened)


if __name__ == "__main__":
    _serve()
