"""Is what `docker login` stored found for its host, and for no other?"""

from __future__ import annotations

import json
from base64 import b64encode
from typing import TYPE_CHECKING

import pytest

from updater.errors import InvalidSetting, RegistryDenied
from updater.registry.access import RegistryAccess
from updater.registry.credentials import (
    Credentials,
    anonymous,
    chain,
    configured,
    docker_config,
    docker_config_file,
)

if TYPE_CHECKING:
    from pathlib import Path


def auth(text: str) -> dict[str, str]:
    return {"auth": b64encode(text.encode()).decode()}


USER = Credentials("user", "pass:word")
ENTRIES = [
    # key, entry, host asked for, found
    ("registry.example", auth("user:pass:word"), "registry.example", USER),
    ("https://registry.example", auth("user:pass:word"), "registry.example", USER),
    ("https://registry.example/v2/", auth("user:pass:word"), "registry.example", USER),
    ("http://registry.example/v1/", auth("user:pass:word"), "registry.example", USER),
    ("Registry.Example", auth("user:pass:word"), "registry.example", USER),
    ("registry.example:5000", auth("user:pass:word"), "registry.example:5000", USER),
    ("registry.example", {"username": "user", "password": "pass:word"}, "registry.example", USER),
    ("registry.example", auth("user:pass:word\0\0"), "registry.example", USER),
    ("https://index.docker.io/v1/", auth("user:pass:word"), "docker.io", USER),
    ("docker.io", auth("user:pass:word"), "docker.io", USER),
    (
        "registry.example",
        {**auth("00000000-0000-0000-0000-000000000000:"), "identitytoken": "long"},
        "registry.example",
        Credentials("00000000-0000-0000-0000-000000000000", identity_token="long"),
    ),
    ("registry.example", {"identitytoken": "long"}, "registry.example", Credentials("", identity_token="long")),
    # A credential helper keeps it; the entry is empty.
    ("registry.example", {}, "registry.example", None),
    ("registry.example", {"email": "a@b.example"}, "registry.example", None),
    # Another host, or another port, is another host.
    ("registry.example", auth("user:pass:word"), "registry.example.evil.test", None),
    ("registry.example", auth("user:pass:word"), "evil.registry.example", None),
    ("registry.example", auth("user:pass:word"), "registry.example:5000", None),
    ("registry.example:5000", auth("user:pass:word"), "registry.example", None),
    ("ghcr.io/team", auth("user:pass:word"), "ghcr.io", None),
    ("https://index.docker.io/v1/", auth("user:pass:word"), "index.docker.io", None),
]


@pytest.mark.parametrize(("key", "entry", "host", "expected"), ENTRIES)
def test_entries(tmp_path: Path, key: str, entry: object, host: str, expected: Credentials | None) -> None:
    path = tmp_path / "config.json"
    path.write_text(json.dumps({"auths": {key: entry}, "HttpHeaders": {"X": "y"}}))
    assert docker_config(path)(host) == expected


@pytest.mark.parametrize("content", ["{}", '{"auths": null}', '{"auths": []}', '{"auths": {"a": "text"}}'])
def test_a_file_without_entries(tmp_path: Path, content: str) -> None:
    path = tmp_path / "config.json"
    path.write_text(content)
    assert docker_config(path)("a") is None


def test_no_file_knows_nobody(tmp_path: Path) -> None:
    assert docker_config(tmp_path / "config.json")("docker.io") is None
    assert docker_config(tmp_path / "file" / "config.json")("docker.io") is None


@pytest.mark.parametrize("content", ["", "{", "[]", "null", "auths:\n", "[" * 100_000, b"\xff\xfe"])
def test_a_file_that_is_no_configuration(tmp_path: Path, content: str | bytes) -> None:
    path = tmp_path / "config.json"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(InvalidSetting, match=r"config\.json: "):
        docker_config(path)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "config.json").mkdir()
    with pytest.raises(InvalidSetting, match="cannot be read"):
        docker_config(tmp_path / "config.json")


@pytest.mark.parametrize("text", ["%%%", "dXNlcg==", "/w==", "c2VjcmV0LXdpdGhvdXQtY29sb24="])
def test_a_broken_entry_concerns_its_host_only(tmp_path: Path, text: str) -> None:
    path = tmp_path / "config.json"
    path.write_text(json.dumps({"auths": {"broken.example": {"auth": text}, "good.example": auth("user:pass:word")}}))
    source = docker_config(path)
    assert source("good.example") == USER
    with pytest.raises(RegistryDenied, match=r"broken\.example") as caught:
        source("broken.example")
    assert "secret" not in str(caught.value)
    assert text not in str(caught.value)


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"DOCKER_CONFIG": "/somewhere", "HOME": "/home/me"}, "/somewhere/config.json"),
        ({"DOCKER_CONFIG": "", "HOME": "/home/me"}, "/home/me/.docker/config.json"),
        ({"HOME": "/home/me"}, "/home/me/.docker/config.json"),
        ({}, "/.docker/config.json"),
    ],
)
def test_where_the_file_is(environment: dict[str, str], expected: str) -> None:
    assert str(docker_config_file(environment)) == expected


def test_our_own_configuration() -> None:
    access = {
        "a.example": RegistryAccess("a.example", "me", "secret"),
        "b.example": RegistryAccess("b.example", "me"),
        "c.example": RegistryAccess("c.example", insecure=True),
    }
    source = configured(access)
    assert source("a.example") == Credentials("me", "secret")
    assert [source(host) for host in ("b.example", "c.example", "d.example")] == [None, None, None]
    assert "secret" not in repr(access)


def test_the_first_source_that_knows_the_host_counts() -> None:
    one, two = Credentials("one", "1"), Credentials("two", "2")
    source = chain(anonymous, {"a": one}.get, {"a": two, "b": two}.get)
    assert [source(host) for host in "abc"] == [one, two, None]
    assert "'1'" not in repr(one)
