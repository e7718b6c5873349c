"""How is one program run inside the namespaces, killed, and asked what it said?"""

from __future__ import annotations

import signal
import subprocess
import time
from typing import TYPE_CHECKING

from rig.errors import RigError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from rig.namespaces import Namespaces

TAIL_LINES = 15
POLL_SECONDS = 0.01


class Service:
    """One running program. Its log is a file in the data folder."""

    def __init__(self, namespaces: Namespaces, name: str, argv: Sequence[str], environment: Mapping[str, str]) -> None:
        self.name = name
        self.log = namespaces.directory / f"{name}.log"
        self._namespaces = namespaces
        self._number = namespaces.directory / f"{name}.number"
        self._number.unlink(missing_ok=True)
        # The shell writes down the number the program has inside: from outside only nsenter's is known, and a
        # signal to nsenter would not reach the program.
        announce = ["sh", "-c", 'echo $$ >"$0"; exec "$@"', str(self._number), *argv]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                namespaces.inside(announce),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=dict(environment),
                start_new_session=True,
            )

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def wait_until(self, ready: Callable[[], bool], seconds: float) -> None:
        """Return when `ready` says so; an error with the end of the log if the program ends or takes too long."""
        deadline = time.monotonic() + seconds
        while not ready():
            if not self.running:
                raise RigError(f"{self.name} ended with {self._process.returncode}:\n{self.tail()}")
            if time.monotonic() > deadline:
                raise RigError(f"{self.name} was not ready after {seconds:g} s:\n{self.tail()}")
            time.sleep(POLL_SECONDS)

    def kill(self) -> None:
        """End it the hard way, as a power cut would."""
        self._end(signal.SIGKILL, seconds=10.0)

    def stop(self, seconds: float = 30.0) -> None:
        """Ask it to end, and wait until it did."""
        self._end(signal.SIGTERM, seconds)

    def tail(self) -> str:
        """The last lines of its log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-TAIL_LINES:])

    def _end(self, number: signal.Signals, seconds: float) -> None:
        if self.running:
            self._signal(number)
        try:
            self._process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            raise RigError(f"{self.name} did not end within {seconds:g} s:\n{self.tail()}") from None

    def _signal(self, number: signal.Signals) -> None:
        inside = self._namespaces.inside(["kill", f"-{number.value}", self._number.read_text().strip()])
        subprocess.run(inside, check=False, capture_output=True)
