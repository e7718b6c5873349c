"""Is every form of WWW-Authenticate understood, and does none of them do harm?"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from updater.registry.challenges import Challenge, parse_challenges

HUB = {"realm": "https://auth.docker.io/token", "service": "registry.docker.io", "scope": "repository:library/a:pull"}

TABLE = [
    ("", []),
    ("Basic", [("basic", {})]),
    ('Basic realm="a b, c"', [("basic", {"realm": "a b, c"})]),
    ("basic REALM=plain", [("basic", {"realm": "plain"})]),
    ('BASIC realm = "spaced"', [("basic", {"realm": "spaced"})]),
    (
        'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:library/a:pull"',
        [("bearer", HUB)],
    ),
    (
        'Bearer realm="https://auth.docker.io/token" , service=registry.docker.io, scope="repository:library/a:pull"',
        [("bearer", HUB)],
    ),
    # Several challenges in one header, in either order, and with stray commas.
    ('Basic realm="a", Bearer realm="b"', [("basic", {"realm": "a"}), ("bearer", {"realm": "b"})]),
    (',, Bearer realm="b",,Basic realm="a",', [("bearer", {"realm": "b"}), ("basic", {"realm": "a"})]),
    ('Basic, Bearer realm="b"', [("basic", {}), ("bearer", {"realm": "b"})]),
    ('Negotiate, Basic realm="a"', [("negotiate", {}), ("basic", {"realm": "a"})]),
    ('NTLM TlRMTVNTUAAC==, Basic realm="a"', [("ntlm", {}), ("basic", {"realm": "a"})]),
    # Quoting
    (r'Basic realm="say \"hi\""', [("basic", {"realm": 'say "hi"'})]),
    (r'Basic realm="back\\slash"', [("basic", {"realm": r"back\slash"})]),
    ('Bearer scope="repository:a:pull,push"', [("bearer", {"scope": "repository:a:pull,push"})]),
    ('Bearer realm=""', [("bearer", {"realm": ""})]),
    # Without quotes, as a few registries write
    (
        "Bearer realm=https://r.example/token,service=x",
        [("bearer", {"realm": "https://r.example/token", "service": "x"})],
    ),
    # The first of a repeated parameter counts, so that nothing appended can redirect us.
    ('Bearer realm="one",realm="two"', [("bearer", {"realm": "one"})]),
    ('Bearer error="insufficient_scope",realm="r"', [("bearer", {"error": "insufficient_scope", "realm": "r"})]),
    # What is no challenge is skipped.
    ('realm="orphan"', []),
    ("=,=;", []),
    ('"quoted", Basic realm="a"', [("basic", {"realm": "a"})]),
]


@pytest.mark.parametrize(("header", "expected"), TABLE)
def test_table(header: str, expected: list[tuple[str, dict[str, str]]]) -> None:
    assert parse_challenges(header) == tuple(Challenge(*one) for one in expected)


def test_an_unclosed_quote_ends_with_the_header() -> None:
    challenges = parse_challenges('Bearer realm="https://r.example/token')
    assert challenges
    assert challenges[0].scheme == "bearer"


@given(some.text(max_size=300) | some.text('Basicerlm ="\\,:/.', max_size=300))
def test_nothing_makes_it_raise(header: str) -> None:
    for challenge in parse_challenges(header):
        assert challenge.scheme == challenge.scheme.lower()


@pytest.mark.parametrize("piece", ['"', "\\", ",", "a=", '="', "a ", "(" * 3, 'a="\\', " \t"])
def test_long_headers_take_no_time(piece: str) -> None:
    parse_challenges(piece * 200_000)
