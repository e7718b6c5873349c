"""What if a server is slow, wrong or hostile? A real HTTP server on the loopback that records and obeys; a trap."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Self, cast
from urllib.parse import urlsplit

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping


@dataclass(frozen=True)
class Fault:
    """How the answer to a path differs from an honest one. `times` says how often; for ever without it."""

    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    without: tuple[str, ...] = ()
    body: bytes | None = None
    hangs: bool = False
    hangs_up: bool = False
    truncates: bool = False
    trickles_headers: bool = False
    # Seconds between single bytes of the body.
    trickles: float | None = None
    times: int | None = None


@dataclass(frozen=True)
class Seen:
    """A request as it arrived; header names in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True)
class Reply:
    """An answer before any fault is put into it."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class Server:
    """Records what it is asked and answers 200 with `answer` to anything; a trap, as it stands."""

    def __init__(self, address: str = "127.0.0.1", *, tls: ssl.SSLContext | None = None) -> None:
        self.seen: list[Seen] = []
        self.faults: dict[str, Fault] = {}
        self.answer = Reply(body=b'{"token": "from-the-trap"}')
        self.released = threading.Event()
        self.connections: set[socket.socket] = set()
        self._server = _ThreadingServer((address, 0), _Handler)
        self._server.owner = self
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self.host = f"{address}:{self._server.server_address[1]}"
        self.url = f"{'https' if tls else 'http'}://{self.host}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.released.set()
        self._server.shutdown()
        self._thread.join()
        for connection in list(self.connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._server.server_close()

    def count(self, method: str, within: str = "") -> int:
        """How many requests of this method came, to paths that contain `within`."""
        return sum(1 for seen in self.seen if seen.method == method and within in seen.path)

    @property
    def authorizations(self) -> list[str]:
        """Every Authorization header that arrived."""
        return [seen.headers["authorization"] for seen in self.seen if "authorization" in seen.headers]

    def reply(self, _seen: Seen) -> Reply:
        """The honest answer."""
        return self.answer

    def fault(self, path: str) -> Fault | None:
        """The fault for this path, used up by one."""
        fault = self.faults.get(path)
        if fault is not None and fault.times is not None:
            if fault.times <= 1:
                del self.faults[path]
            else:
                self.faults[path] = replace(fault, times=fault.times - 1)
        return fault


class _ThreadingServer(ThreadingHTTPServer):
    daemon_threads = False
    request_queue_size = 64
    owner: Server

    def handle_error(self, _request: object, _client_address: object) -> None:
        """Clients that go away in the middle are what many tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Small writes go out at once, as a trickle has to.
    disable_nagle_algorithm = True

    @property
    def owner(self) -> Server:
        return cast("_ThreadingServer", self.server).owner

    def setup(self) -> None:
        self.owner.connections.add(self.request)
        super().setup()

    def finish(self) -> None:
        with suppress(OSError):
            super().finish()
        self.owner.connections.discard(self.request)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name of the method overridden
        """Nothing on stderr."""

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        headers = {name.lower(): value for name, value in self.headers.items()}
        seen = Seen(self.command, self.path, headers, body)
        self.owner.seen.append(seen)
        fault = self.owner.fault(urlsplit(self.path).path) or Fault()
        if fault.hangs or fault.hangs_up:
            self.owner.released.wait(None if fault.hangs else 0)
            self.close_connection = True
            return
        self._send(self.owner.reply(seen), fault)

    do_GET = do_HEAD = do_POST = _answer  # noqa: N815  # the names that the base class looks for

    def _send(self, reply: Reply, fault: Fault) -> None:
        body = reply.body if fault.body is None else fault.body
        headers = {"Content-Length": str(len(body)), **reply.headers, **fault.headers}
        status = fault.status or reply.status
        lines = [f"HTTP/1.1 {status} Fake"]
        lines += [f"{name}: {value}" for name, value in headers.items() if name not in fault.without]
        head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
        if self.command == "HEAD":
            body = b""
        if fault.truncates:
            body, self.close_connection = body[: len(body) // 2], True
        pause = fault.trickles
        self._write(head, 0.02 if fault.trickles_headers else None)
        self._write(body, pause)

    def _write(self, content: bytes, pause: float | None) -> None:
        if pause is None:
            self.wfile.write(content)
            return
        for byte in content:
            self.wfile.write(bytes([byte]))
            if self.owner.released.wait(pause):
                break
