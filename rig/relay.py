"""How does a proxy pass HTTP through byte by byte, and still know each request?

One thread per connection, one exchange after the other:
1. read the head of the request, write it down, ask the `before` hook;
2. send head and body on;
3. pass the answer back as it comes, but for its last piece;
4. ask the `after` hook, then send the last piece.
Where the connection stops being HTTP (a 101, an attached stream without a length), bytes are copied both ways.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from http.client import responses
from typing import TYPE_CHECKING

from rig.http_wire import (
    RECEIVE_BYTES,
    ConnectionEnded,
    Framing,
    Head,
    Stream,
    body_pieces,
    copy_both_ways,
    request_framing,
    response_framing,
    wait_for_either,
)
from rig.recording import HangUp, Recording, Reply, Request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TLS_HELLO = b"\x16"
NOT_TLS = b"HTTP/1.0 400 Bad Request\r\n\r\nThis is no TLS server.\n"
STOP_SECONDS = 5.0


class Relay:
    """Accepts connections on `listener` and passes them on to what `connect` opens, until it is stopped."""

    def __init__(self, listener: socket.socket, connect: Callable[[], socket.socket], recording: Recording) -> None:
        self._listener = listener
        self._connect = connect
        self._recording = recording
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._stopped = False
        self._threads: list[threading.Thread] = []
        self._accepting = threading.Thread(target=self._accept, name="relay", daemon=True)
        # A thread is born in the network namespace of its parent: connections are opened where the relay was.
        self._accepting.start()

    def stop(self) -> None:
        """Close the listener and every connection; return when all threads have ended."""
        with self._lock:
            self._stopped = True
            for connection in [self._listener, *self._open]:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        self._accepting.join(STOP_SECONDS)
        for thread in self._threads:
            thread.join(STOP_SECONDS)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self._threads = [thread for thread in self._threads if thread.is_alive()]
            self._threads.append(threading.Thread(target=self._serve, args=(client,), daemon=True))
            self._threads[-1].start()

    def _serve(self, client: socket.socket) -> None:
        # A side that goes away in the middle is the daily bread of a proxy: the other side learns it by the close.
        with contextlib.suppress(OSError, ConnectionEnded), self._held(client):
            if client.recv(1, socket.MSG_PEEK) == TLS_HELLO:
                # A close with the hello unread would be a reset, which takes the answer with it.
                client.recv(RECEIVE_BYTES)
                client.sendall(NOT_TLS)
                return
            with self._connect() as server, self._held(server):
                exchanges = _Exchanges(Stream(client), Stream(server), self._recording)
                while exchanges.pass_one():
                    pass

    @contextlib.contextmanager
    def _held(self, connection: socket.socket) -> Iterator[None]:
        """Known to `stop`, and closed at the end."""
        with connection:
            with self._lock:
                if self._stopped:
                    raise ConnectionEnded("the relay was stopped")
                self._open.add(connection)
            try:
                yield
            finally:
                with self._lock:
                    self._open.discard(connection)


class _Exchanges:
    """The requests and answers of one connection."""

    def __init__(self, client: Stream, server: Stream, recording: Recording) -> None:
        self._client = client
        self._server = server
        self._recording = recording

    def pass_one(self) -> bool:
        """Pass one request and its answer; False when the connection is over."""
        wait_for_either(self._client, self._server.connection)
        head = self._client.read_head()
        method, target = head.first_line.split(" ")[:2]
        request = self._recording.add(method, target, head.headers)
        before = self._recording.before
        verdict = before(request) if before else None
        match verdict:
            case HangUp():
                return False
            case Reply():
                self._answer_ourselves(head, request, verdict)
                return True
            case None:
                self._send_on(head)
                return self._pass_answer(request)

    def _answer_ourselves(self, head: Head, request: Request, reply: Reply) -> None:
        for _ in body_pieces(self._client, request_framing(head), wait=_no_wait):
            pass
        headers = {"Content-Length": str(len(reply.body)), **reply.headers}
        lines = [
            f"HTTP/1.1 {reply.status} {responses.get(reply.status, '')}",
            *(f"{name}: {value}" for name, value in headers.items()),
        ]
        body = b"" if request.method == "HEAD" else reply.body
        self._client.connection.sendall("\r\n".join([*lines, "", ""]).encode() + body)

    def _send_on(self, head: Head) -> None:
        server = self._server.connection
        # A server may refuse a long body before it has read it all; its answer is then worth reading.
        with contextlib.suppress(BrokenPipeError):
            server.sendall(head.raw)
            for piece, _ in body_pieces(self._client, request_framing(head), wait=_no_wait):
                server.sendall(piece)

    def _pass_answer(self, request: Request) -> bool:
        head, status = self._read_answer_head()
        framing = response_framing(head, request.method, status)
        client = self._client.connection
        if framing == 0:
            return self._pass_last(request, status, head.raw)
        client.sendall(head.raw)
        if framing is Framing.UNTIL_CLOSE:
            copy_both_ways(self._client, self._server)
            self._pass_last(request, status, b"")
            return False
        for piece, last in body_pieces(self._server, framing, self._wait_for_server):
            if last:
                return self._pass_last(request, status, piece)
            client.sendall(piece)
        return False

    def _pass_last(self, request: Request, status: int, piece: bytes) -> bool:
        after = self._recording.after
        if after is not None and after(request, status) is not None:
            return False
        self._client.connection.sendall(piece)
        return True

    def _read_answer_head(self) -> tuple[Head, int]:
        while True:
            self._wait_for_server()
            head = self._server.read_head()
            status = int(head.first_line.split(" ")[1])
            if status == 101 or status >= 200:
                return head, status
            self._client.connection.sendall(head.raw)

    def _wait_for_server(self) -> None:
        wait_for_either(self._server, self._client.connection)


def _no_wait() -> None:
    """Reading from the client needs no watch on the server."""
