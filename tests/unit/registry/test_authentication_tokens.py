"""When is a token used again, when is it replaced, and which service is asked for it?"""

from __future__ import annotations

import pytest

from tests.unit.registry.conversations import (
    ASK,
    ASK_AS_USER,
    BASIC_USER,
    BEARER,
    FORBIDDEN,
    FOREIGN,
    OK,
    PLAIN,
    STANDARD,
    USER,
    WITH_T1,
    known,
    talk,
    token,
)
from updater.errors import RegistryAnswerInvalid, RegistryDenied
from updater.registry.acquaintance import Acquaintance
from updater.registry.messages import Answer
from updater.registry.tokens import Token


def test_a_token_is_used_again_for_its_repository_only() -> None:
    acquaintance = known()
    talk(acquaintance, STANDARD, token("t1"), OK)
    assert talk(acquaintance, OK).said == [WITH_T1]
    assert talk(acquaintance, token("t2"), OK, repository="c/d").said == [ASK, "HEAD question Bearer t2"]
    assert set(acquaintance.wallet.tokens) == {"repository:a/b:pull", "repository:c/d:pull"}


def test_a_scope_of_the_registrys_own_is_good_for_all() -> None:
    acquaintance = known()
    talk(acquaintance, BEARER, token("t1"), OK)
    assert talk(acquaintance, OK, repository="c/d").said == [WITH_T1]
    assert set(acquaintance.wallet.tokens) == {"ignored:a:b"}


def test_a_token_near_its_end_is_replaced_before_use() -> None:
    acquaintance = known()
    talk(acquaintance, STANDARD, token("t1"), OK)
    acquaintance.wallet.tokens["repository:a/b:pull"] = Token("t1", usable_until=0.0)
    assert talk(acquaintance, token("t2"), OK).said == [ASK, "HEAD question Bearer t2"]


def test_a_token_refused_before_its_end_is_replaced_once() -> None:
    acquaintance = known()
    talk(acquaintance, STANDARD, token("t1"), OK)
    assert talk(acquaintance, STANDARD, token("t2"), OK).said == [WITH_T1, ASK, "HEAD question Bearer t2"]
    with pytest.raises(RegistryDenied):
        talk(acquaintance, STANDARD, token("t3"), STANDARD)


def test_a_front_whose_repositories_have_token_services_of_their_own() -> None:
    acquaintance = known(None, "a/b", "c/d", "e/f")
    talk(acquaintance, STANDARD, token("t1"), OK)
    elsewhere = Answer(401, {"www-authenticate": 'Bearer realm="https://other.test/token",service="o"'})
    second = talk(acquaintance, elsewhere, token("t2"), OK, repository="c/d")
    assert second.said == [WITH_T1, "GET https://other.test/token -", "HEAD question Bearer t2"]
    assert talk(acquaintance, OK, repository="c/d").said == ["HEAD question Bearer t2"]
    assert talk(acquaintance, OK, repository="e/f").said == [WITH_T1]
    # It comes to its end like any other, and is then asked for where it came from.
    acquaintance.wallet.tokens.clear()
    third = talk(acquaintance, token("t3"), OK, repository="c/d")
    assert third.said == ["GET https://other.test/token -", "HEAD question Bearer t3"]
    assert third.scopes == [1, 0]
    assert talk(acquaintance, token("t4"), OK).scopes == [2, 0]


def test_a_second_token_service_is_trusted_no_more_than_the_first() -> None:
    acquaintance = known(USER)
    talk(acquaintance, STANDARD, token("t1"), OK)
    assert talk(acquaintance, FOREIGN, token("t2"), OK).said == [
        WITH_T1,
        "GET https://evil.test/token -",
        "HEAD question Bearer t2",
    ]
    inner = Answer(401, {"www-authenticate": 'Bearer realm="https://169.254.169.254/token"'})
    with pytest.raises(RegistryAnswerInvalid, match="refused"):
        talk(acquaintance, inner)


def test_a_configured_token_host_is_given_credentials() -> None:
    acquaintance = Acquaintance("r.example", "https://r.example", lambda _host: USER, token_host="evil.test")
    assert talk(acquaintance, FOREIGN, token(), OK).said[1] == f"GET https://evil.test/token {BASIC_USER}"


class TestWherePullIsNotEnough:
    """As for lists of tags at Azure: the refusal names what else may be asked for."""

    @staticmethod
    def refusal(scope: str) -> Answer:
        realm = 'Bearer realm="https://r.example/token",service="s"'
        return Answer(401, {"www-authenticate": f'{realm},scope="{scope}"'})

    @pytest.mark.parametrize("actions", ["metadata_read", "pull,metadata_read"])
    def test_it_is_asked_for_and_kept(self, actions: str) -> None:
        acquaintance, refusal = known(USER, "a/b", "c/d"), self.refusal(f"repository:a/b:{actions}")
        found = talk(acquaintance, refusal, token(), refusal, token("t2"), OK)
        assert found.said == [PLAIN, ASK_AS_USER, WITH_T1, ASK_AS_USER, "HEAD question Bearer t2"]
        assert found.scopes == [0, 2, 0, 1, 0]
        assert talk(acquaintance, refusal, OK).said == [WITH_T1, "HEAD question Bearer t2"]
        # Nothing is held against the token that several share.
        assert talk(acquaintance, OK, repository="c/d").said == [WITH_T1]

    def test_where_that_does_not_help_it_is_denied(self) -> None:
        refusal = self.refusal("repository:a/b:metadata_read")
        with pytest.raises(RegistryDenied, match=FORBIDDEN):
            talk(known(USER), refusal, token(), refusal, token("t2"), refusal)

    @pytest.mark.parametrize(
        "scope",
        ["", "repository:a/b:pull", "repository:a/b:push", "repository:a/b:pull,push", "repository:a/b:*",
         "repository:x/y:metadata_read", "repository:a/b:metadata_read repository:x/y:pull", "registry:catalog:*"],
    )  # fmt: skip
    def test_nothing_else_is_asked_for(self, scope: str) -> None:
        with pytest.raises(RegistryDenied, match=FORBIDDEN):
            talk(known(USER), STANDARD, token(), self.refusal(scope))
