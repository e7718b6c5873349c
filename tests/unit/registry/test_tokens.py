"""Is a token asked for as the specification says, and is what comes back read with care?"""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as some

from updater.errors import RegistryAnswerInvalid
from updater.registry.challenges import Challenge
from updater.registry.credentials import Credentials
from updater.registry.tokens import parse_token, token_request

SCOPE = "repository:a/b:pull"
CHALLENGE = Challenge("bearer", {"realm": "https://auth.example/token", "service": "s p"})


def test_an_anonymous_request() -> None:
    request = token_request(CHALLENGE, (SCOPE,), None)
    assert (request.method, request.headers, request.body) == ("GET", {}, None)
    assert parse_qs(urlsplit(request.url).query) == {"scope": [SCOPE], "service": ["s p"]}


def test_a_password_goes_into_the_header_only() -> None:
    request = token_request(CHALLENGE, (SCOPE,), Credentials("user", "secret"))
    assert request.headers == {"Authorization": "Basic dXNlcjpzZWNyZXQ="}
    assert "secret" not in request.url
    assert "secret" not in repr(request)
    assert "dXNlcjpzZWNyZXQ" not in repr(request)


def test_an_identity_token_goes_into_a_form() -> None:
    request = token_request(CHALLENGE, (SCOPE,), Credentials("user", identity_token="i+d"))
    assert (request.method, request.url) == ("POST", "https://auth.example/token")
    assert request.body is not None
    assert parse_qs(request.body.decode()) == {
        "scope": [SCOPE],
        "service": ["s p"],
        "grant_type": ["refresh_token"],
        "client_id": ["container-updater"],
        "refresh_token": ["i+d"],
    }
    assert "i+d" not in repr(request)


def test_a_realm_with_a_query_keeps_it() -> None:
    request = token_request(Challenge("bearer", {"realm": "https://a.example/t?x=1"}), (SCOPE,), None)
    assert parse_qs(urlsplit(request.url).query) == {"x": ["1"], "scope": [SCOPE]}


@pytest.mark.parametrize(
    ("body", "value", "life"),
    [
        ('{"token": "t"}', "t", 50),
        ('{"access_token": "a"}', "a", 50),
        ('{"token": "t", "access_token": "a"}', "t", 50),
        ('{"token": "", "access_token": "a"}', "a", 50),
        ('{"token": "t", "expires_in": 300}', "t", 290),
        ('{"token": "t", "expires_in": 300.5}', "t", 290.5),
        ('{"token": "t", "expires_in": 6}', "t", 3),
        ('{"token": "t", "expires_in": 0}', "t", 50),
        ('{"token": "t", "expires_in": -5}', "t", 50),
        ('{"token": "t", "expires_in": "300"}', "t", 50),
        (f'{{"token": "t", "expires_in": 1{"0" * 400}}}', "t", 86390),
        ('{"token": "t", "expires_in": 1e999}', "t", 86390),
        ('{"token": "t", "expires_in": true}', "t", 50),
        ('{"token": "t", "expires_in": null, "issued_at": "never"}', "t", 50),
    ],
)
def test_answers(body: str, value: str, life: float) -> None:
    token = parse_token(body.encode(), 1000.0, (SCOPE,))
    assert (token.value, token.usable_until) == (value, 1000.0 + life)
    assert "'t'" not in repr(token)


@pytest.mark.parametrize(
    "body",
    ["", "{}", "[]", "null", "<html>", '{"token": 5}', '{"token": ""}', '{"token": "a b"}', '{"token": "a\\nb"}'],
)
def test_what_holds_no_token(body: str) -> None:
    with pytest.raises(RegistryAnswerInvalid):
        parse_token(body.encode(), 0.0, ())


@given(some.binary(max_size=200))
def test_nothing_else_is_raised(body: bytes) -> None:
    try:
        token = parse_token(body, 0.0, ())
    except RegistryAnswerInvalid:
        return
    assert token.value.isascii()


def test_several_scopes_are_parameters_of_their_own() -> None:
    request = token_request(CHALLENGE, (SCOPE, "repository:c/d:pull"), None)
    assert parse_qs(urlsplit(request.url).query)["scope"] == [SCOPE, "repository:c/d:pull"]
    # Unescaped, as they may stand in a query (RFC 3986, 3.4): a third shorter.
    assert "scope=repository:a/b:pull&" in request.url
