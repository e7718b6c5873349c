"""Where does one HTTP/1.1 message end and the next begin, without changing a byte of it?"""

from __future__ import annotations

import select
import socket
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

RECEIVE_BYTES = 65_536
LONGEST_LINE = 65_536


class ConnectionEnded(Exception):
    """The other side closed the connection, or sent what is no HTTP."""


class Framing(Enum):
    """How the end of a body is told, besides by a number of bytes."""

    CHUNKED = auto()
    UNTIL_CLOSE = auto()


@dataclass(frozen=True)
class Head:
    """The first line and the headers of a message, as they came."""

    raw: bytes
    first_line: str
    headers: dict[str, str]
    """By lower-case name; of a repeated header the last."""

    @property
    def stated_framing(self) -> Framing | int | None:
        """What the headers say about the body: chunks, a number of bytes, or nothing."""
        if "chunked" in self.headers.get("transfer-encoding", "").lower():
            return Framing.CHUNKED
        length = self.headers.get("content-length")
        return None if length is None else int(length)


def request_framing(head: Head) -> Framing | int:
    """A request without a stated body has none."""
    return head.stated_framing or 0


def response_framing(head: Head, method: str, status: int) -> Framing | int:
    """A response without a stated body goes on until the connection ends, with exceptions (RFC 9112, 6.3)."""
    if method == "HEAD" or status in (204, 304):
        return 0
    if status == 101:
        return Framing.UNTIL_CLOSE
    stated = head.stated_framing
    return Framing.UNTIL_CLOSE if stated is None else stated


class Stream:
    """A socket with a buffer, so that a head can be read without reading too far."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.buffered = b""

    def read_head(self) -> Head:
        lines = [self.read_line()]
        while lines[-1] not in (b"\r\n", b"\n"):
            lines.append(self.read_line())
        pairs = (line.decode("latin-1").partition(":") for line in lines[1:-1])
        headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
        return Head(b"".join(lines), lines[0].decode("latin-1").strip(), headers)

    def read_line(self) -> bytes:
        while b"\n" not in self.buffered:
            if len(self.buffered) > LONGEST_LINE:
                raise ConnectionEnded("a line without an end")
            self._receive()
        line, _, self.buffered = self.buffered.partition(b"\n")
        return line + b"\n"

    def read_some(self, most: int = RECEIVE_BYTES) -> bytes:
        """At least one byte, at most `most`."""
        if not self.buffered:
            self._receive()
        some, self.buffered = self.buffered[:most], self.buffered[most:]
        return some

    def read_exactly(self, count: int) -> bytes:
        parts = []
        while count:
            parts.append(self.read_some(count))
            count -= len(parts[-1])
        return b"".join(parts)

    def _receive(self) -> None:
        received = self.connection.recv(RECEIVE_BYTES)
        if not received:
            raise ConnectionEnded("closed")
        self.buffered += received


def body_pieces(stream: Stream, framing: Framing | int, wait: Callable[[], None]) -> Iterator[tuple[bytes, bool]]:
    """The bytes of a body as they come, each with whether it is the last piece. `wait` is called before reads."""
    if framing is Framing.CHUNKED:
        yield from _chunks(stream, wait)
    elif isinstance(framing, int):
        while framing > 0:
            wait()
            piece = stream.read_some(min(framing, RECEIVE_BYTES))
            framing -= len(piece)
            yield piece, framing == 0


def _chunks(stream: Stream, wait: Callable[[], None]) -> Iterator[tuple[bytes, bool]]:
    while True:
        wait()
        size_line = stream.read_line()
        size = int(size_line.split(b";")[0], 16)
        if size == 0:
            break
        yield size_line + stream.read_exactly(size + len(b"\r\n")), False
    trailer = size_line
    while True:
        line = stream.read_line()
        trailer += line
        if line in (b"\r\n", b"\n"):
            yield trailer, True
            return


def wait_for_either(wanted: Stream, other: socket.socket) -> None:
    """Return when `wanted` has something to read; end the exchange if the other side goes away meanwhile.

    Without this an engine would not notice that the client of a long pull died, nor a client that the engine it had
    spoken to is gone: the proxy would hide it.
    """
    watched = [wanted.connection, other]
    while not wanted.buffered:
        readable, _, _ = select.select(watched, [], [])
        if wanted.connection in readable:
            return
        if not other.recv(1, socket.MSG_PEEK):
            raise ConnectionEnded("the other side went away")
        # It sent its next request early: no reason to wake up for it again before this answer is through.
        watched = [wanted.connection]


def copy_both_ways(client: Stream, server: Stream) -> None:
    """Raw bytes in both directions until the server is done: an attached terminal, an upgraded connection."""
    for source, target in ((client, server), (server, client)):
        target.connection.sendall(source.buffered)
        source.buffered = b""
    open_sides = {client.connection: server.connection, server.connection: client.connection}
    while server.connection in open_sides:
        readable, _, _ = select.select(list(open_sides), [], [])
        for source_socket in readable:
            data = source_socket.recv(RECEIVE_BYTES)
            if data:
                open_sides[source_socket].sendall(data)
            else:
                open_sides.pop(source_socket).shutdown(socket.SHUT_WR)
