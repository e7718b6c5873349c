"""Which HTTP requests reach a port of the rig's loopback?"""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Self

from rig.recording import Recording
from rig.relay import Relay

if TYPE_CHECKING:
    from types import TracebackType

    from rig.namespaces import Namespaces


class RecordingProxy:
    """Listens on one port of the namespaces' loopback and passes everything on to another."""

    def __init__(self, namespaces: Namespaces, port: int, server_port: int) -> None:
        self.recording = Recording()
        self._namespaces = namespaces
        self._port = port
        self._server_port = server_port
        self._relay: Relay | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        with self._namespaces.network():
            listener = socket.create_server(("127.0.0.1", self._port), backlog=128)
            self._relay = Relay(listener, self._connect, self.recording)

    def stop(self) -> None:
        if self._relay is not None:
            self._relay.stop()
            self._relay = None

    def _connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self._server_port))
