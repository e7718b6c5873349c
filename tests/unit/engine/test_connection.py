"""What does the docker configuration say to the engine's client? Headers, and no logins: those are the registry's."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from updater.engine.connection import connect

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

VERSION = json.dumps({"ApiVersion": "1.41", "MinAPIVersion": "1.12", "Version": "20.10"}).encode()


@contextmanager
def engine(heard: list[dict[str, str]]) -> Iterator[str]:
    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            heard.append(dict(self.headers.items()))
            self.send_response(200)
            self.send_header("Content-Length", str(len(VERSION)))
            self.end_headers()
            self.wfile.write(VERSION)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"tcp://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(
    ("config", "header"),
    [
        ({}, None),
        ({"auths": {"broken.example": {"auth": "!!!"}}}, None),
        ({"auths": {"broken.example": {"auth": "dXNlcg=="}, "other.example": 5}}, None),
        ({"auths": 5}, None),
        ({"auths": ["x"], "credHelpers": 7, "credsStore": {}}, None),
        ({"proxies": 5, "broken": {"auth": "!!!"}}, None),
        ({"HttpHeaders": {"X-Meta": "here"}, "auths": {"broken.example": {"auth": "!!!"}}}, "here"),
        ({"HttpHeaders": {"X-Meta": "here", "auth": "!!!"}}, "here"),
        ({"HttpHeaders": {"X-Meta": 5}}, None),
        ({"HttpHeaders": 5}, None),
        ([], None),
    ],
)
def test_the_engine_is_spoken_to_whatever_logins_there_are(
    config: Any, header: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config.json").write_text(json.dumps(config))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    heard: list[dict[str, str]] = []
    with engine(heard) as host:
        client = connect(host, {})
        client.close()
    assert client.version()["Version"] == "20.10"
    assert heard[-1].get("X-Meta") == header
