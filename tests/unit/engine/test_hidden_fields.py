"""Engine 29 speaks API 1.52, whose inspect no longer shows the MAC address that was asked for; 1.51 still does."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from updater.engine.docker_engine import DockerEngine

if TYPE_CHECKING:
    from collections.abc import Iterator

CONTAINER = "c" * 64
MAC = "02:42:ac:11:00:99"


class Engine(BaseHTTPRequestHandler):
    """Answers as an engine of the version that the server was given."""

    def do_GET(self) -> None:
        if self.path.endswith("/version"):
            self._answer({"Version": "29.0", "ApiVersion": self.server.api_version, "Os": "linux"})  # type: ignore[attr-defined]
        elif self.path == f"/v1.51/containers/{CONTAINER}/json":
            self._answer({"Id": CONTAINER, "Config": {"Image": "web", "MacAddress": MAC}})
        else:
            self._answer({"Id": CONTAINER, "Config": {"Image": "web"}})

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def _answer(self, content: Any) -> None:
        body = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def engine(request: pytest.FixtureRequest) -> Iterator[DockerEngine]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Engine) as server:
        server.api_version = request.param  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            with DockerEngine.open(f"tcp://127.0.0.1:{server.server_port}", {}) as opened:
                yield opened
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize(("engine", "expected"), [("1.41", None), ("1.51", MAC), ("1.52", MAC)], indirect=["engine"])
def test_the_mac_address_is_read_where_it_is_still_shown(engine: DockerEngine, expected: str | None) -> None:
    found = engine.with_hidden_fields(engine.inspect_container(CONTAINER))
    assert found["Config"].get("MacAddress") == expected
