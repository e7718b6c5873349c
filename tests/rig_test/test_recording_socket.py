"""Does the proxy pass every kind of HTTP connection through unchanged, and still see each request?

The server of these tests is a script: it answers fixed bytes, so nothing hides behind a library's kindness.
"""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from rig import HangUp, Reply, Request
from rig.recording_socket import HeldSocket, RecordingSocket

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
GET = b"GET /one HTTP/1.1\r\nHost: x\r\n\r\n"


@contextmanager
def server(path: Path, conversation: Callable[[socket.socket], None]) -> Iterator[None]:
    """A unix socket whose first connection is handed to `conversation` and closed afterwards."""

    def serve() -> None:
        with listener.accept()[0] as connection:
            connection.settimeout(5)
            conversation(connection)

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        thread = threading.Thread(target=serve)
        thread.start()
        yield
        thread.join(5)
        assert not thread.is_alive()


@contextmanager
def proxied(
    tmp_path: Path, conversation: Callable[[socket.socket], None]
) -> Iterator[tuple[RecordingSocket, socket.socket]]:
    """A proxy before such a server, and a client connected to it."""
    with (
        server(tmp_path / "server", conversation),
        RecordingSocket(tmp_path / "server", tmp_path / "proxy") as proxy,
        socket.socket(socket.AF_UNIX) as client,
    ):
        client.settimeout(5)
        client.connect(str(proxy.path))
        yield proxy, client


def answering(*answers: bytes) -> Callable[[socket.socket], None]:
    """Reads one request head before each answer."""

    def converse(connection: socket.socket) -> None:
        for answer in answers:
            read_until(connection, b"\r\n\r\n")
            connection.sendall(answer)

    return converse


def read_until(connection: socket.socket, end: bytes) -> bytes:
    received = b""
    while not received.endswith(end):
        piece = connection.recv(1)
        assert piece, received
        received += piece
    return received


def read_all(connection: socket.socket) -> bytes:
    received = b""
    while piece := connection.recv(4096):
        received += piece
    return received


ANSWERS = {
    "length": OK,
    "nothing": b"HTTP/1.1 204 No Content\r\n\r\n",
    "not modified": b"HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\n",
    "length zero": b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
    "chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\na;x=y\r\n0123456789\r\n0\r\n\r\n",
    "chunks and trailer": b"HTTP/1.1 200 OK\r\ntransfer-encoding: CHUNKED\r\n\r\n1\r\na\r\n0\r\nX: y\r\n\r\n",
    "continue first": b"HTTP/1.1 100 Continue\r\n\r\n" + OK,
}


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS.keys())
def test_the_connection_goes_on_after_every_kind_of_answer(tmp_path: Path, answer: bytes) -> None:
    with proxied(tmp_path, answering(answer, OK)) as (proxy, client):
        client.sendall(GET)
        assert read_until(client, answer) == answer
        client.sendall(GET.replace(b"one", b"two?x=1"))
        assert read_until(client, OK) == OK
    assert [str(request) for request in proxy.recording.requests] == ["GET /one", "GET /two?x=1"]
    assert [request.path for request in proxy.recording.requests] == ["/one", "/two"]


def test_the_answer_to_head_has_a_length_and_no_body(tmp_path: Path) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n"
    with proxied(tmp_path, answering(head, OK)) as (_, client):
        client.sendall(GET.replace(b"GET", b"HEAD"))
        assert read_until(client, head) == head
        client.sendall(GET)
        assert read_until(client, OK) == OK


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (b"Content-Length: 11", b"hello world"),
        (b"Transfer-Encoding: chunked", b"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n"),
    ],
)
def test_a_request_body_reaches_the_server_as_it_was_sent(tmp_path: Path, headers: bytes, body: bytes) -> None:
    request = b"POST /create HTTP/1.1\r\n" + headers + b"\r\n\r\n" + body
    seen = []

    def converse(connection: socket.socket) -> None:
        seen.append(read_until(connection, body))
        connection.sendall(OK)

    with proxied(tmp_path, converse) as (proxy, client):
        client.sendall(request)
        assert read_until(client, OK) == OK
    assert seen == [request]
    assert proxy.recording.requests[0].method == "POST"


def test_two_requests_sent_at_once_are_two_requests(tmp_path: Path) -> None:
    with proxied(tmp_path, answering(OK, OK)) as (proxy, client):
        client.sendall(GET + GET)
        assert read_until(client, OK + OK) == OK + OK
    assert [request.number for request in proxy.recording.requests] == [1, 2]


def test_a_piece_of_a_stream_is_passed_on_when_it_comes(tmp_path: Path) -> None:
    may_end = threading.Event()

    def converse(connection: socket.socket) -> None:
        read_until(connection, b"\r\n\r\n")
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nevent\n\r\n")
        may_end.wait(5)
        connection.sendall(b"0\r\n\r\n")

    with proxied(tmp_path, converse) as (_, client):
        client.sendall(GET)
        read_until(client, b"event\n\r\n")
        may_end.set()
        assert read_until(client, b"0\r\n\r\n")


@pytest.mark.parametrize("status", [b"101 UPGRADED", b"200 OK"])
def test_an_attached_stream_goes_both_ways(tmp_path: Path, status: bytes) -> None:
    def converse(connection: socket.socket) -> None:
        read_until(connection, b"\r\n\r\n")
        connection.sendall(b"HTTP/1.1 " + status + b"\r\nConnection: Upgrade\r\n\r\nwelcome")
        connection.sendall(b"you said " + read_until(connection, b"hello"))
        assert connection.recv(1) == b""
        connection.sendall(b", bye")

    with proxied(tmp_path, converse) as (_, client):
        client.sendall(b"POST /exec/1/start HTTP/1.1\r\nContent-Length: 0\r\n\r\n")
        read_until(client, b"welcome")
        client.sendall(b"hello")
        client.shutdown(socket.SHUT_WR)
        assert read_all(client) == b"you said hello, bye"


def test_the_server_learns_that_the_client_went_away(tmp_path: Path) -> None:
    learned = threading.Event()

    def converse(connection: socket.socket) -> None:
        read_until(connection, b"\r\n\r\n")
        assert connection.recv(1) == b""
        learned.set()

    with proxied(tmp_path, converse) as (_, client):
        client.sendall(GET)
        client.close()
        assert learned.wait(5)


def test_the_client_learns_that_the_server_went_away(tmp_path: Path) -> None:
    with proxied(tmp_path, lambda connection: None) as (_, client):
        client.sendall(GET)
        assert read_all(client) == b""


def test_the_client_learns_it_between_two_requests_as_well(tmp_path: Path) -> None:
    with proxied(tmp_path, answering(OK)) as (_, client):
        client.sendall(GET)
        assert read_all(client) == OK


def test_a_held_socket_waits_for_a_server(tmp_path: Path) -> None:
    with HeldSocket(tmp_path / "server", tmp_path / "proxy") as proxy, socket.socket(socket.AF_UNIX) as client:
        client.settimeout(5)
        client.connect(str(proxy.path))
        client.sendall(GET)
        with server(tmp_path / "server", answering(OK)):
            assert read_all(client) == OK


def test_the_client_is_closed_when_there_is_no_server(tmp_path: Path) -> None:
    with RecordingSocket(tmp_path / "nobody", tmp_path / "proxy") as proxy, socket.socket(socket.AF_UNIX) as client:
        client.settimeout(5)
        client.connect(str(proxy.path))
        client.sendall(GET)
        # A reset, since nobody read the request; what matters is that the client need not wait.
        with pytest.raises(ConnectionResetError):
            read_all(client)


def test_a_tls_hello_is_refused_in_words_that_make_an_engine_fall_back_to_http(tmp_path: Path) -> None:
    with RecordingSocket(tmp_path / "nobody", tmp_path / "proxy") as proxy, socket.socket(socket.AF_UNIX) as client:
        client.settimeout(5)
        client.connect(str(proxy.path))
        client.sendall(b"\x16\x03\x01\x02\x00")
        assert read_all(client).startswith(b"HTTP/1.0 400 ")


def test_the_before_hook_sees_a_request_that_the_server_has_not_seen(tmp_path: Path) -> None:
    reached = threading.Event()
    seen: list[tuple[int, bool]] = []

    def converse(connection: socket.socket) -> None:
        read_until(connection, b"\r\n\r\n")
        reached.set()
        connection.sendall(OK)

    def before(request: Request) -> None:
        seen.append((request.number, reached.wait(0.1)))

    with proxied(tmp_path, converse) as (proxy, client):
        proxy.recording.before = before
        client.sendall(GET)
        assert read_until(client, OK) == OK
    assert seen == [(1, False)]


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS.keys())
def test_the_after_hook_comes_between_the_work_and_the_answer(tmp_path: Path, answer: bytes) -> None:
    seen: list[int] = []

    def after(request: Request, status: int) -> HangUp:
        seen.append(status)
        return HangUp()

    with proxied(tmp_path, answering(answer)) as (proxy, client):
        proxy.recording.after = after
        client.sendall(GET)
        received = read_all(client)
    assert answer.startswith(received)
    assert received != answer
    assert seen == [int(answer.removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n").split()[1])]


def test_a_hook_answers_in_place_of_the_server(tmp_path: Path) -> None:
    body = b"Content-Length: 4\r\n\r\nbody"
    with proxied(tmp_path, answering(OK)) as (proxy, client):
        proxy.recording.before = lambda request: (
            Reply(429, b"slow down", {"Retry-After": "7"}) if request.number == 1 else None
        )
        client.sendall(b"POST /a HTTP/1.1\r\n" + body)
        answer = read_until(client, b"slow down")
        assert answer.startswith(b"HTTP/1.1 429 ")
        assert b"\r\nRetry-After: 7\r\n" in answer
        client.sendall(GET)
        assert read_until(client, OK) == OK


def test_a_hook_hangs_up(tmp_path: Path) -> None:
    with proxied(tmp_path, lambda connection: None) as (proxy, client):
        proxy.recording.before = lambda request: HangUp()
        client.sendall(GET)
        assert read_all(client) == b""


def test_stop_ends_open_connections_and_start_begins_anew(tmp_path: Path) -> None:
    def converse(connection: socket.socket) -> None:
        read_all(connection)

    with proxied(tmp_path, converse) as (proxy, client):
        client.sendall(GET)
        while not proxy.recording.requests:
            pass
        proxy.stop()
        assert read_all(client) == b""
        assert not proxy.path.exists()
        proxy.start()
        assert proxy.path.exists()


def test_requests_are_found_by_method_and_path(tmp_path: Path) -> None:
    with proxied(tmp_path, answering(OK, OK)) as (proxy, client):
        for target in (b"/v2/a/manifests/latest", b"/v2/a/blobs/x?manifests"):
            client.sendall(GET.replace(b"/one", target))
            read_until(client, OK)
    matching = proxy.recording.matching
    assert [request.number for request in matching(("GET", "HEAD"), r"/manifests/\w+$")] == [1]
    assert len(matching("GET")) == 2
    assert matching("HEAD") == []
    proxy.recording.clear()
    assert proxy.recording.requests == []
