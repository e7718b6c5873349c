"""Which requests reach the engine's unix socket?"""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING, Self

from rig.recording import Recording
from rig.relay import Relay

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType


HELD_SECONDS = 30.0


class RecordingSocket:
    """A unix socket at `path` that passes everything on to the one at `engine_socket`."""

    def __init__(self, engine_socket: Path, path: Path) -> None:
        self.recording = Recording()
        self.path = path
        self._engine_socket = engine_socket
        self._relay: Relay | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def host(self) -> str:
        """The value for DOCKER_HOST."""
        return f"unix://{self.path}"

    def start(self) -> None:
        self._relay = Relay(self._listen(), self._connect, self.recording)

    def stop(self) -> None:
        if self._relay is not None:
            self._relay.stop()
            self._relay = None
        self.path.unlink(missing_ok=True)

    def _listen(self) -> socket.socket:
        self.path.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(self.path))
        listener.listen(128)
        return listener

    def _connect(self) -> socket.socket:
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.connect(str(self._engine_socket))
        except OSError:
            connection.close()
            raise
        return connection


class HeldSocket(RecordingSocket):
    """As systemd holds an engine's socket for it: whoever connects while the engine is away waits for the next one."""

    def _connect(self) -> socket.socket:
        deadline = time.monotonic() + HELD_SECONDS
        while True:
            try:
                return super()._connect()
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.02)


class RecordingPort(RecordingSocket):
    """The same over TCP, as socket proxies are reached: a free port of the loopback."""

    @property
    def host(self) -> str:
        return f"tcp://127.0.0.1:{self._port}"

    def _listen(self) -> socket.socket:
        listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._port: int = listener.getsockname()[1]
        return listener
