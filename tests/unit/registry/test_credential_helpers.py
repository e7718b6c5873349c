"""Is a credential helper asked without harm, whatever it does? Real programs, on a PATH of their own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tests.unit.registry.helper_programs import CANARY, Helpers
from updater.errors import RegistryDenied
from updater.registry.credential_helpers import ask, parse_answer
from updater.registry.credentials import Credentials
from updater.registry.docker_config import docker_config
from updater.registry.helper_process import Limits

if TYPE_CHECKING:
    from pathlib import Path

SHORT = Limits(seconds=0.5)
HUB = "https://index.docker.io/v1/"


@pytest.fixture
def helpers(tmp_path: Path) -> Helpers:
    return Helpers(tmp_path / "bin")


def trouble(name: str, helpers: Helpers, limits: Limits = SHORT) -> str:
    with pytest.raises(RegistryDenied) as caught:
        ask(name, "registry.example", helpers.environment, limits)
    message = str(caught.value)
    assert "registry.example" in message
    assert CANARY not in message
    assert message.isprintable()
    return message


def test_a_good_answer(helpers: Helpers) -> None:
    helpers.answers("good", "user", CANARY)
    found = ask("good", "registry.example:5000", helpers.environment)
    assert found == Credentials("user", CANARY)
    assert CANARY not in repr(found)
    assert helpers.asked() == ["registry.example:5000"]


def test_docker_hub_is_asked_for_under_its_old_address(helpers: Helpers) -> None:
    helpers.answers("good", "user", CANARY, only_for=HUB)
    assert ask("good", "docker.io", helpers.environment) == Credentials("user", CANARY)


def test_an_identity_token(helpers: Helpers) -> None:
    helpers.answers("good", "<token>", CANARY)
    assert ask("good", "registry.example", helpers.environment) == Credentials("", identity_token=CANARY)


@pytest.mark.parametrize(
    "text", ["credentials not found in native keychain", "Error: Credentials Not Found", "x\ncredentials not found"]
)
def test_it_keeps_nothing(helpers: Helpers, text: str) -> None:
    helpers.writes("none", f"echo '{text}'; exit 1")
    assert ask("none", "registry.example", helpers.environment) is None


def test_it_is_called_as_docker_calls_it(helpers: Helpers, tmp_path: Path) -> None:
    answer = """'{"Username":"'"$*$(pwd)$FROM_US"'","Secret":"x"}'"""
    helpers.writes("curious", f"echo {answer}")
    found = ask("curious", "registry.example", helpers.environment | {"FROM_US": "yes"})
    assert found == Credentials("get/yes", "x")


@pytest.mark.parametrize(
    ("script", "problem"),
    [
        (f"echo {CANARY}; echo {CANARY} >&2; exit 3", "ended with code 3 and gave no credentials"),
        (f"echo {CANARY}; kill -9 $$", "was killed by signal 9"),
        (f"echo {CANARY}", "not one JSON object"),
        ("true", "not one JSON object"),
        ("sleep 60", "no answer within 0.5 s"),
        ("exec >&-; sleep 60", "no answer within 0.5 s"),
        ("trap '' TERM INT HUP; while :; do sleep 60; done", "no answer within 0.5 s"),
        (f"while :; do echo {CANARY}; sleep 0.01; done", "no answer within 0.5 s"),
        (f"yes {CANARY}", "printed more than the 64 KiB"),
        ("head -c 65537 /dev/zero", "printed more than the 64 KiB"),
        ("head -c 65536 /dev/zero", "not one JSON object"),
    ],
)
def test_what_it_may_do_wrong(helpers: Helpers, script: str, problem: str) -> None:
    helpers.writes("bad", script)
    limits = SHORT if "0.5 s" in problem else Limits()
    message = trouble("bad", helpers, limits)
    assert problem in message
    assert "`echo registry.example | docker-credential-bad get`" in message


def test_one_that_cannot_be_started(helpers: Helpers) -> None:
    helpers.writes("lost", "", interpreter="/does/not/exist")
    assert "cannot be started (No such file or directory)" in trouble("lost", helpers)
    (helpers.folder / "docker-credential-empty").write_bytes(b"")
    (helpers.folder / "docker-credential-empty").chmod(0o755)
    assert "cannot be started (Exec format error)" in trouble("empty", helpers)


def test_one_that_does_not_listen(helpers: Helpers) -> None:
    program = helpers.folder / "docker-credential-deaf"
    program.write_text('#!/bin/sh\nexec <&-\necho \'{"Username": "user", "Secret": "x"}\'\n')
    program.chmod(0o755)
    for _ in range(20):
        assert ask("deaf", "registry.example", helpers.environment) == Credentials("user", "x")


@pytest.mark.parametrize(
    "name", ["../../x", "x;y", "", "X", "x y", "x\n", "x/y", "x.exe", "é", "x\0", "$(x)", ".", "x_y", "\ud800"]
)
def test_names_that_are_none(helpers: Helpers, name: str) -> None:
    message = trouble(name, helpers)
    assert "no helper can be called" in message
    assert "ecr-login" in message


def test_one_that_is_not_there(helpers: Helpers) -> None:
    message = trouble("missing", helpers)
    assert "docker-credential-missing" in message
    assert "PATH" in message
    (helpers.folder / "docker-credential-missing").mkdir()
    trouble("missing", helpers)
    helpers.writes("forbidden", "true").chmod(0o644)
    trouble("forbidden", helpers)
    helpers.environment = {}
    trouble("missing", helpers)


@pytest.mark.parametrize("path", ["", ":", ".", "bin", "bin:", "./bin:../bin", "~/bin", ":/does/not/exist"])
def test_the_working_folder_is_no_place_for_a_helper(
    helpers: Helpers, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    helpers.answers("good", "user", CANARY)
    (helpers.folder / "bin").symlink_to(helpers.folder)
    monkeypatch.chdir(helpers.folder)
    helpers.environment = {"PATH": path}
    assert "in no folder of PATH" in trouble("good", helpers)
    assert helpers.asked() == []


def test_one_host_s_credentials_are_for_no_other(helpers: Helpers, tmp_path: Path) -> None:
    helpers.answers("strict", "user", CANARY, only_for="a.example")
    # Some stores search, and find what only looks like the host that was asked for.
    answer = json.dumps({"ServerURL": "https://a.example", "Username": "user", "Secret": CANARY})
    helpers.writes("sloppy", f"echo '{answer}'")
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"credsStore": "strict", "credHelpers": {"a.example": "sloppy"}}))
    source = docker_config(config, helpers.environment)
    assert source("a.example") == Credentials("user", CANARY)
    for other in ("b.example", "a.example.evil.example", "evil-a.example", "a.example:5000"):
        assert source(other) is None
        with pytest.raises(RegistryDenied, match="for another server") as caught:
            ask("sloppy", other, helpers.environment)
        assert CANARY not in str(caught.value)


ANSWERS = [
    # answer, found (None: nothing is kept; a text: the problem)
    ({"ServerURL": "registry.example", "Username": "u", "Secret": "s"}, Credentials("u", "s")),
    ({"ServerURL": "https://Registry.Example/", "Username": "u", "Secret": "s"}, Credentials("u", "s")),
    ({"ServerURL": "", "Username": "u", "Secret": "s"}, Credentials("u", "s")),
    ({"Username": "u", "Secret": "s", "Extra": [1]}, Credentials("u", "s")),
    ({"Username": "<token>", "Secret": "s"}, Credentials("", identity_token="s")),
    ({"Username": "", "Secret": ""}, None),
    ({}, None),
    ({"Username": "u", "Secret": ""}, "only one of"),
    ({"Secret": "s"}, "only one of"),
    ({"Username": "<token>", "Secret": None}, "only one of"),
    ({"username": "u", "secret": "s"}, None),
    ({"Username": 1, "Secret": "s"}, "not a text"),
    ({"Username": "u", "Secret": ["s"]}, "not a text"),
    ({"ServerURL": {}, "Username": "u", "Secret": "s"}, "not a text"),
    ({"Username": "u", "Secret": "\ud800"}, "not a text"),
    ({"ServerURL": "other.example", "Username": "u", "Secret": "s"}, "another server"),
    ({"ServerURL": "registry.example:5000", "Username": "u", "Secret": "s"}, "another server"),
    ({"ServerURL": "registry.example.evil.test", "Username": "u", "Secret": "s"}, "another server"),
    ([], "not one JSON object"),
    ("text", "not one JSON object"),
]


@pytest.mark.parametrize(("answer", "expected"), ANSWERS)
def test_answers(answer: object, expected: Credentials | str | None) -> None:
    output = json.dumps(answer).encode() + b"\n"
    if isinstance(expected, str):
        with pytest.raises(RegistryDenied, match=expected):
            parse_answer(output, "x", "registry.example")
    else:
        assert parse_answer(output, "x", "registry.example") == expected


@pytest.mark.parametrize(
    "output", [b"", b"{}{}", b'{"Username": "a", "Username": "b"}', b"\xff", b"[" * 60_000, b'{"a": NaN}']
)
def test_answers_that_can_be_read_in_two_ways(output: bytes) -> None:
    with pytest.raises(RegistryDenied, match="not one JSON object"):
        parse_answer(output, "x", "registry.example")


_values = some.none() | some.integers() | some.text(some.characters(), max_size=20) | some.just("<token>")
_answers = some.dictionaries(some.sampled_from(["ServerURL", "Username", "Secret", "x"]), _values)


@given(some.binary() | some.text('{}[]":,<token>').map(str.encode) | _answers.map(json.dumps).map(str.encode))
def test_no_answer_is_too_odd(output: bytes) -> None:
    try:
        found = parse_answer(output, "x", "registry.example")
    except RegistryDenied as error:
        assert "docker-credential-x" in str(error)  # noqa: PT017
    else:
        assert found is None or (found.username + found.password + found.identity_token).encode()
