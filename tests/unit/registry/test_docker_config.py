"""Is what `docker login` stored, or a helper keeps, found for its host, and for no other?"""

from __future__ import annotations

import json
from base64 import b64encode
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tests.unit.registry.helper_programs import CANARY, Helpers
from updater.errors import InvalidSetting, RegistryDenied
from updater.registry.credentials import Credentials
from updater.registry.docker_config import docker_config, docker_config_file

if TYPE_CHECKING:
    from pathlib import Path

    from updater.registry.credentials import CredentialSource


def auth(text: str) -> dict[str, str]:
    return {"auth": b64encode(text.encode()).decode()}


USER = Credentials("user", "pass:word")
HUB = "https://index.docker.io/v1/"
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
    # In lines, as the program base64 writes it.
    ("registry.example", {"auth": "dXNlcjpw\nYXNzOndvcmQ=\r\n"}, "registry.example", USER),
    (HUB, auth("user:pass:word"), "docker.io", USER),
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
    (HUB, auth("user:pass:word"), "index.docker.io", None),
]


def source_of(folder: Path, config: object, helpers: Helpers | None = None) -> CredentialSource:
    path = folder / "config.json"
    path.write_text(json.dumps(config))
    return docker_config(path, helpers.environment if helpers else {})


@pytest.mark.parametrize(("key", "entry", "host", "expected"), ENTRIES)
def test_entries(tmp_path: Path, key: str, entry: object, host: str, expected: Credentials | None) -> None:
    assert source_of(tmp_path, {"auths": {key: entry}, "HttpHeaders": {"X": "y"}})(host) == expected


@pytest.mark.parametrize("content", ["", " \n", "{}", '{"auths": null}', '{"auths": []}', '{"auths": {"a": "text"}}'])
def test_a_file_without_entries(tmp_path: Path, content: str) -> None:
    path = tmp_path / "config.json"
    path.write_text(content)
    assert docker_config(path)("a") is None


def test_of_several_spellings_the_one_that_docker_writes_counts(tmp_path: Path) -> None:
    other = auth("other:secret")
    mine = auth("user:pass:word")
    entries = {"https://registry.example": other, "registry.example": mine, "docker.io": other, HUB: mine}
    source = source_of(tmp_path, {"auths": entries})
    assert (source("registry.example"), source("docker.io")) == (USER, USER)
    # An empty entry says nothing, whatever its spelling.
    source = source_of(tmp_path, {"auths": {"https://registry.example": mine, "registry.example": {}}})
    assert source("registry.example") == USER


def test_no_file_knows_nobody(tmp_path: Path) -> None:
    assert docker_config(tmp_path / "config.json")("docker.io") is None
    assert docker_config(tmp_path / "file" / "config.json")("docker.io") is None


@pytest.mark.parametrize(
    "content",
    ["{", "[]", "null", "auths:\n", "[" * 100_000, b"\xff\xfe", "{" + " " * 1024 * 1024 + "}"],
    ids=range(7),
)
def test_a_file_that_is_no_configuration(tmp_path: Path, content: str | bytes) -> None:
    path = tmp_path / "config.json"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(InvalidSetting, match=r"config\.json: "):
        docker_config(path)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "config.json").mkdir()
    with pytest.raises(InvalidSetting, match="cannot be read"):
        docker_config(tmp_path / "config.json")


BROKEN = [{"auth": text} for text in ("%%%", "dXNlcg==", "/w==", "c2VjcmV0LXdpdGhvdXQtY29sb24=", "c2VjcmV0Onë=")]
BROKEN += [{"username": "user", "password": "secret\ud800"}, {"identitytoken": "secret\udfff"}]


@pytest.mark.parametrize("entry", BROKEN)
def test_a_broken_entry_concerns_its_host_only(tmp_path: Path, entry: dict[str, str]) -> None:
    source = source_of(tmp_path, {"auths": {"broken.example": entry, "good.example": auth("user:pass:word")}})
    assert source("good.example") == USER
    with pytest.raises(RegistryDenied, match=r"broken\.example") as caught:
        source("broken.example")
    assert "secret" not in str(caught.value)
    assert not any(text in str(caught.value) for text in entry.values())


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


HOSTS = ("docker.io", "ghcr.io", "ghcr.io.evil.test", "registry.example", "registry.example:5000")


@pytest.mark.parametrize(
    ("config", "askers"),
    [
        # who is asked for each of HOSTS: a helper, `file` for auths, `-` for nobody
        ({"credHelpers": {"ghcr.io": "one"}}, "- one - - -"),
        ({"credHelpers": {HUB: "one"}}, "one - - - -"),
        ({"credHelpers": {"docker.io": "one"}}, "one - - - -"),
        ({"credHelpers": {"https://ghcr.io": "one"}}, "- one - - -"),
        ({"credHelpers": {"ghcr.io/team": "one"}}, "- - - - -"),
        ({"credsStore": "two"}, "two two two two two"),
        ({"credHelpers": {"ghcr.io": "one"}, "credsStore": "two"}, "two one two two two"),
        ({"credHelpers": {"registry.example:5000": "one"}, "credsStore": "two"}, "two two two two one"),
        (
            {"credHelpers": {"ghcr.io": "one"}, "auths": {"ghcr.io": auth("file:x"), HUB: auth("file:x")}},
            "file one - - -",
        ),
        ({"credsStore": "nobody", "auths": {"ghcr.io": auth("file:x")}}, "- file - - -"),
        # An empty name sends to the file, for one host or for all.
        (
            {"credHelpers": {"ghcr.io": ""}, "credsStore": "two", "auths": {"ghcr.io": auth("file:x")}},
            "two file two two two",
        ),
        ({"credsStore": "", "auths": {"ghcr.io": auth("file:x")}}, "- file - - -"),
        ({"credsStore": None, "credHelpers": None}, "- - - - -"),
    ],
)
def test_who_is_asked(tmp_path: Path, config: dict[str, Any], askers: str) -> None:
    helpers = Helpers(tmp_path / "bin")
    helpers.answers("one", "one", CANARY)
    helpers.answers("two", "two", CANARY)
    helpers.knows_nobody("nobody")
    source = source_of(tmp_path, config, helpers)
    found = [source(host) for host in HOSTS]
    assert " ".join("-" if one is None else one.username for one in found) == askers


@pytest.mark.parametrize("name", [5, True, ["one"], {"one": 1}, "../../x", "x;y"])
def test_a_helper_that_cannot_be_concerns_its_host_only(tmp_path: Path, name: object) -> None:
    source = source_of(tmp_path, {"credHelpers": {"a.example": name}, "auths": {"b.example": auth("user:pass:word")}})
    assert source("b.example") == USER
    with pytest.raises(RegistryDenied, match=r"credential helper for a\.example"):
        source("a.example")


def test_a_helper_is_asked_once(tmp_path: Path) -> None:
    helpers = Helpers(tmp_path / "bin")
    helpers.answers("one", "one", CANARY)
    helpers.knows_nobody("nobody")
    helpers.writes("broken", "exit 3")
    source = source_of(tmp_path, {"credHelpers": {"a": "one", "b": "nobody", "c": "broken", "d": "one"}}, helpers)
    for _ in range(3):
        assert source("a") == source("d") == Credentials("one", CANARY)
        assert source("b") is None
        with pytest.raises(RegistryDenied):
            source("c")
    assert helpers.asked() == ["a", "d", "b", "c"]


_json = some.recursive(
    some.none() | some.booleans() | some.integers() | some.text(some.characters(), max_size=20),
    lambda children: some.lists(children, max_size=3) | some.dictionaries(some.text(max_size=10), children, max_size=3),
    max_leaves=8,
)
_encoded = some.binary(max_size=20).map(lambda content: b64encode(content).decode())
_entries = _json | some.fixed_dictionaries(
    {}, optional=dict.fromkeys(("auth", "username", "password", "identitytoken"), _json | _encoded)
)
_keys = some.sampled_from(["a.example", "https://a.example/v1/", HUB, "docker.io"]) | some.text(max_size=10)
_configs = some.fixed_dictionaries(
    {},
    optional={
        "auths": _json | some.dictionaries(_keys, _entries, max_size=3),
        "credHelpers": _json | some.dictionaries(_keys, _json, max_size=3),
        "credsStore": _json,
    },
)


@given(config=_configs)
def test_nothing_but_our_errors(tmp_path_factory: pytest.TempPathFactory, config: object) -> None:
    source = source_of(tmp_path_factory.getbasetemp(), config)
    for host in ("a.example", "docker.io", "b.example"):
        try:
            found = source(host)
        except RegistryDenied as error:
            assert str(error).isprintable()  # noqa: PT017
        else:
            assert found is None or (found.username + found.password + found.identity_token).encode()


@given(content=some.binary() | some.text('{}[]":,0123456789.authscredHelpersStore').map(str.encode))
def test_no_content_is_too_odd(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "config.json"
    path.write_bytes(content)
    with suppress(InvalidSetting, RegistryDenied):
        docker_config(path, {})("a.example")


@pytest.mark.parametrize(
    ("files", "environment", "expected"),
    [
        ([".dockerenv", "config.json"], {}, "config.json"),
        ([".dockerenv", "config.json", "home/.docker/config.json"], {}, "home/.docker/config.json"),
        ([".dockerenv", "config.json"], {"DOCKER_CONFIG": "elsewhere"}, "elsewhere/config.json"),
        (["config.json"], {}, "home/.docker/config.json"),
        ([".dockerenv"], {}, "home/.docker/config.json"),
    ],
)
def test_the_place_that_watchtower_has_it(
    tmp_path: Path, files: list[str], environment: dict[str, str], expected: str
) -> None:
    """Only in a container, where nothing is in the usual place and none was named."""
    for file in files:
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text("{}")
    environment = {name: str(tmp_path / value) for name, value in environment.items()}
    environment["HOME"] = str(tmp_path / "home")
    assert docker_config_file(environment, tmp_path) == tmp_path / expected
