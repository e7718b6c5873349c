"""How does one process of the updater run, with disturbances on its way to the engine?"""

from __future__ import annotations

import json
import signal
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rig.host import Host
    from rig.recording import HangUp, Recording, Request
    from tests.engine.kill.disturbance import Disturbance
    from tests.engine.kill.nursery import Child, Nursery

LONGEST_SECONDS = 90.0
_KNOWN_SECONDS = 10.0


class Subject:
    """The process under test. Its first call may come before the one who started it has its number."""

    def __init__(self, command: str, old_id: str) -> None:
        self.command = command
        self.old_id = old_id
        self._known = threading.Event()
        self._process: Child | None = None

    def started(self, process: Child) -> None:
        self._process = process
        self._known.set()

    def send(self, number: signal.Signals) -> None:
        self._known.wait(_KNOWN_SECONDS)
        assert self._process is not None
        self._process.send(number)

    def kill(self) -> None:
        """As the kernel does when memory runs out; there is no time to say goodbye."""
        self.send(signal.SIGKILL)


@dataclass(frozen=True)
class Ended:
    """What it left behind."""

    exit_code: int
    stdout: str
    stderr: str
    requests: Sequence[Request]

    @property
    def json(self) -> Any:
        return json.loads(self.stdout)

    @property
    def broke(self) -> bool:
        """Whether it ended by a defect of its own."""
        return "Traceback" in self.stderr or "internal error" in self.stderr

    def __str__(self) -> str:
        return f"exit code {self.exit_code}\n{self.stdout}{self.stderr}".rstrip()


def execute(
    host: Host,
    nursery: Nursery,
    subject: Subject,
    arguments: Sequence[str] = (),
    disturbances: Sequence[Disturbance] = (),
) -> Ended:
    """Run `updater COMMAND ARGUMENTS` to its end, whichever that is."""
    with host.rig.recording_socket() as recorded:
        _listen(recorded.recording, disturbances)
        process = nursery.start((subject.command, *arguments), host.environment(recorded.host), host.directory)
        subject.started(process)
        exit_code, stdout, stderr = process.wait(LONGEST_SECONDS)
        return Ended(exit_code, stdout, stderr, recorded.recording.requests)


def state_folder(host: Host) -> Path:
    """Where the updater under test keeps its memory."""
    return Path(host.environment()["UPDATER_STATE_DIR"])


def _listen(recording: Recording, disturbances: Sequence[Disturbance]) -> None:
    def before(request: Request) -> HangUp | None:
        return next((answer for one in disturbances if (answer := one.before(request))), None)

    def after(request: Request, status: int) -> HangUp | None:
        answers = [one.after(request, status) for one in disturbances]
        return next((answer for answer in answers if answer), None)

    recording.before = before
    recording.after = after
