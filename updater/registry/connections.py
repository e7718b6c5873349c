"""How is a server kept from holding us with one byte per second, and a kept connection from failing a question?

A read timeout starts anew with each byte that arrives. So the socket beneath each response is read through a
reader that gives every single read only what is left of the request's time; headers and body alike.

A server may close a connection that was kept open just when the next request is under way there. That is no trouble
of the server's (RFC 9112, 9.3.1): the request is sent once more, over a new one.
"""

from __future__ import annotations

import http.client
import io
import socket
import ssl
import time
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, TypeVar

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError, ProtocolError

from updater.registry.reaching import reach

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    import urllib3
    from typing_extensions import Buffer
    from urllib3._base_connection import BaseHTTPConnection

# Seconds for one attempt to connect; a host may have several addresses, which are tried in turn.
CONNECT_SECONDS = 5.0
# Interim answers that are read before the one that counts.
_MOST_HINTS = 5

_ends_at: ContextVar[float] = ContextVar("_ends_at")
_is_kept: ContextVar[bool] = ContextVar("_is_kept", default=False)
_is_to_be_new: ContextVar[bool] = ContextVar("_is_to_be_new", default=False)
# What it looks like, before a word of an answer.
_CLOSED = (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError, ssl.SSLEOFError)

Result = TypeVar("Result")


class Deadline:
    """A moment on the monotonic clock by which something has to be done."""

    def __init__(self, seconds: float) -> None:
        self._ends_at = time.monotonic() + seconds

    @property
    def remaining(self) -> float:
        """Seconds left, never less than zero."""
        return max(0.0, self._ends_at - time.monotonic())

    def within(self, seconds: float) -> Deadline:
        """The sooner of this deadline and that many seconds from now."""
        return Deadline(min(seconds, self.remaining))

    @contextmanager
    def holds(self) -> Iterator[None]:
        """All that this thread reads from connections of a `timed` manager ends by this deadline."""
        before = _ends_at.set(self._ends_at)
        try:
            yield
        finally:
            _ends_at.reset(before)


class _TimedReader(io.RawIOBase):
    def __init__(self, sock: socket.socket, raw: io.RawIOBase) -> None:
        self._socket = sock
        self._raw = raw
        self._ends_at = _ends_at.get()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer) -> int | None:
        remaining = self._ends_at - time.monotonic()
        if remaining <= 0:
            raise TimeoutError("the deadline has passed")
        self._socket.settimeout(remaining)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _TimedResponse(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *arguments: Any, **options: Any) -> None:
        super().__init__(sock, *arguments, **options)
        self.fp = io.BufferedReader(_TimedReader(sock, self.fp.detach()))

    def _read_status(self) -> tuple[str, int, str]:
        # Python waits for more after `100 Continue` only, and takes `103 Early Hints` for the answer (RFC 9110, 15.2).
        for _ in range(_MOST_HINTS):
            version, status, reason = super()._read_status()  # type: ignore[misc]  # its stubs leave it out
            if not 101 < status < 200:
                return version, status, reason
            http.client.parse_headers(self.fp)
        raise http.client.HTTPException("hints without an end")

    def _read_next_chunk_size(self) -> int:
        # Python takes `-1` for a size (RFC 9112, 7.1 knows hexadecimal digits only), and then reads without an end.
        size: int = super()._read_next_chunk_size()  # type: ignore[misc]  # its stubs leave it out
        if size < 0:
            raise http.client.HTTPException("a chunk of a negative size")
        return size


class _TimedConnection(HTTPConnection):
    """Connects as urllib3 does and raises what it would, but by the deadline."""

    response_class = _TimedResponse

    def _new_conn(self) -> socket.socket:
        # A proxy's, where there is one; the trailing dot of a full name is kept for the resolver only.
        host, port = self._dns_host, self.port
        each = self.timeout if isinstance(self.timeout, int | float) else CONNECT_SECONDS
        try:
            return reach(host, port, _ends_at.get(), seconds_each=each, options=self.socket_options or ())
        except socket.gaierror as error:
            raise NameResolutionError(host, self, error) from error
        except TimeoutError as error:
            raise ConnectTimeoutError(self, f"no connection to {host} in time") from error
        except OSError as error:
            raise NewConnectionError(self, f"no connection to {host}") from error


class _TimedHTTPSConnection(_TimedConnection, HTTPSConnection):
    pass


def sent(send: Callable[[], Result]) -> Result:
    """Send over a connection of a `timed` manager; once more over a new one, if a kept one turns out to be closed."""
    try:
        return send()
    except ProtocolError as error:
        if not _is_kept.get() or not any(isinstance(cause, _CLOSED) for cause in error.args):
            raise
    before = _is_to_be_new.set(True)
    try:
        return send()
    finally:
        _is_to_be_new.reset(before)


class _KeepingPool(HTTPConnectionPool):
    def _get_conn(self, timeout: float | None = None) -> BaseHTTPConnection:
        connection = super()._get_conn(timeout)
        if _is_to_be_new.get():
            connection.close()  # it connects again when it is used
        _is_kept.set(not connection.is_closed)
        return connection


class _TimedHTTPPool(_KeepingPool):
    ConnectionCls = _TimedConnection


class _TimedHTTPSPool(_KeepingPool, HTTPSConnectionPool):
    ConnectionCls = _TimedHTTPSConnection

    def _validate_conn(self, conn: BaseHTTPConnection) -> None:
        # urllib3's own also warns of every connection without verification; here the user asked for those by name.
        if conn.is_closed:
            conn.connect()


def timed(manager: urllib3.PoolManager) -> urllib3.PoolManager:
    """The manager, making connections that obey the deadline which `holds`."""
    manager.pool_classes_by_scheme = {"http": _TimedHTTPPool, "https": _TimedHTTPSPool}
    return manager
