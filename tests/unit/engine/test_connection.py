"""How is an engine met? Which version of the API is agreed on, and which headers and logins does it get to see?"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from rig.fake_server import Reply, Server
from updater.engine.connection import connect
from updater.engine.docker_engine import DockerEngine
from updater.model.container import EngineInfo

if TYPE_CHECKING:
    from pathlib import Path

    from rig.fake_server import Seen

VERSION = json.dumps({"ApiVersion": "1.41", "MinAPIVersion": "1.12", "Version": "20.10"}).encode()


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
    with Server() as engine:
        engine.answer = Reply(body=VERSION)
        client = connect(f"tcp://{engine.host}", {})
        client.close()
    assert client.version()["Version"] == "20.10"
    assert engine.seen[-1].headers.get("x-meta") == header


@pytest.mark.parametrize("machine", ["default", "machine 127.0.0.1"])
def test_no_login_of_the_netrc_file_is_shown_to_an_engine(
    machine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / ".netrc"
    netrc.write_text(f"{machine} login somebody password secret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    with Server() as engine:
        engine.answer = Reply(body=VERSION)
        connect(f"tcp://{engine.host}", {}).close()
    assert {request.headers.get("authorization") for request in engine.seen} == {None}


PING = {"Api-Version": "1.41", "Server": "Docker/20.10.24+dfsg1 (linux)"}


@pytest.mark.parametrize(
    ("server", "info"),
    [
        (PING["Server"], EngineInfo("docker", "20.10.24+dfsg1", "1.41")),
        ("Libpod/4.3.1 (linux)", EngineInfo("podman", "4.3.1", "1.41")),
    ],
)
def test_one_short_question_tells_who_it_is(server: str, info: EngineInfo) -> None:
    with Server() as engine:
        engine.answer = Reply(200, {**PING, "Server": server}, b"OK")
        with DockerEngine.open(f"tcp://{engine.host}", {}) as opened:
            assert opened.info == info
    assert [request.path for request in engine.seen] == ["/_ping"]


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (200, {}),
        (200, {"Server": PING["Server"]}),
        (200, {"Api-Version": "1.41", "Server": "nginx"}),
        (200, {**PING, "Api-Version": "latest"}),
        (200, {**PING, "Api-Version": "1.41/../x"}),
        (403, PING),
        (404, PING),
    ],
)
def test_where_that_tells_too_little_the_long_one_is_asked(status: int, headers: dict[str, str]) -> None:
    with PingedServer(Reply(status, headers, b"OK")) as engine:
        engine.answer = Reply(body=VERSION)
        with DockerEngine.open(f"tcp://{engine.host}", {}) as opened:
            assert opened.info == EngineInfo("docker", "20.10", "1.41")
    assert [request.path for request in engine.seen] == ["/_ping", "/version"]


class PingedServer(Server):
    """Answers a ping in its own way."""

    def __init__(self, ping: Reply) -> None:
        super().__init__()
        self._ping = ping

    def reply(self, seen: Seen) -> Reply:
        return self._ping if seen.path == "/_ping" else super().reply(seen)
