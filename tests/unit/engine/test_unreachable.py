"""What answers where an engine should, and is none, or stands before one that is away: it counts as not reached."""

from __future__ import annotations

import ssl
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from rig.fake_server import Reply, Server
from updater.engine.connection import connect
from updater.errors import EngineDenied, EngineUnreachable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def answering(status: int, body: bytes = b"<h1>no</h1>", tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """A server that gives everybody the same answer; its address, as --host takes it."""
    with Server(tls=tls) as server:
        server.answer = Reply(status, {"Content-Type": "text/html"}, body)
        yield f"tcp://{server.host}"


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (200, "is it an engine"),
        (404, "is it an engine"),
        (500, "is it an engine"),
        (502, "the proxy in front of the engine answers, and the engine does not"),
        (503, "the proxy in front of the engine answers, and the engine does not"),
        (504, "the proxy in front of the engine answers, and the engine does not"),
    ],
)
def test_what_is_no_engine_is_not_reached(status: int, said: str) -> None:
    with answering(status) as host, pytest.raises(EngineUnreachable, match=said):
        connect(host, {})


def test_who_refuses_us_is_no_engine_that_is_away() -> None:
    with answering(403) as host, pytest.raises(EngineDenied):
        connect(host, {})


def test_a_certificate_that_proves_nothing(tmp_path: Path) -> None:
    for name in ("cert", "ca"):
        command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        command += ["-keyout", str(tmp_path / f"{name}-key.pem"), "-out", str(tmp_path / f"{name}.pem"), "-days", "2"]
        subprocess.run([*command, "-subj", f"/CN={name}"], check=True, capture_output=True)
    (tmp_path / "cert-key.pem").rename(tmp_path / "key.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    environment = {"DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": str(tmp_path)}
    with answering(200, tls=context) as host, pytest.raises(EngineUnreachable, match="its certificate is not good"):
        connect(host, environment)
