"""What does the docker configuration say to the engine's client? Headers, and no logins: those are the registry's."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from rig.fake_server import Reply, Server
from updater.engine.connection import connect

if TYPE_CHECKING:
    from pathlib import Path

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
    assert [request.headers.get("authorization") for request in engine.seen] == [None]
