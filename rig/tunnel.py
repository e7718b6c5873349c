"""Which ways through a forward proxy are asked for? One that only opens tunnels (RFC 9110, `CONNECT`), on the loopback.

It wants a login, as those of firms do, and sees nothing of what goes through: that is TLS.
"""

from __future__ import annotations

import base64
import socket
import threading
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import TracebackType

_LONGEST_HEAD = 8192  # bytes
_SECONDS = 30.0


class Tunnel:
    """`targets` are the `host:port` that were asked for, in order; `heads` all that could be read along the way."""

    def __init__(self, user: str, password: str) -> None:
        self._wanted = f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://{user}:{password}@127.0.0.1:{self._listener.getsockname()[1]}"
        self.targets: list[str] = []
        self.heads: list[str] = []
        self._thread = threading.Thread(target=self._listen, daemon=True)

    def __enter__(self) -> Self:
        """Listen."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take no more; what is open ends with its ends."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _listen(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client:
            client.settimeout(_SECONDS)
            head = b""
            while b"\r\n\r\n" not in head and len(head) < _LONGEST_HEAD:
                more = client.recv(1)
                if not more:
                    return
                head += more
            lines = head.decode("latin-1").split("\r\n")
            self.heads.append(head.decode("latin-1"))
            method, target, _ = lines[0].split(" ")
            headers = dict(line.lower().split(": ", 1) for line in lines[1:] if ": " in line)
            if method != "CONNECT":
                client.sendall(b"HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\n\r\n")
            elif headers.get("proxy-authorization", "") != self._wanted.lower():
                client.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
            else:
                self.targets.append(target)
                self._join(client, target)

    def _join(self, client: socket.socket, target: str) -> None:
        host, _, port = target.rpartition(":")
        with socket.create_connection((host, int(port)), timeout=_SECONDS) as server:
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = threading.Thread(target=_pass, args=(server, client), daemon=True)
            back.start()
            _pass(client, server)
            back.join()


def _pass(source: socket.socket, sink: socket.socket) -> None:
    """Until the source says no more, or one of both is gone."""
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        return
