"""Is the right thing said to each registry? Conversations as lists of requests and answers, without a socket."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

import pytest

from updater.errors import (
    RegistryAnswerInvalid,
    RegistryDenied,
    RegistryError,
    RegistryFailed,
    RegistryRateLimited,
    RegistryTimeout,
    RegistryUnreachable,
    RegistryUntrusted,
)
from updater.registry.acquaintance import Acquaintance
from updater.registry.authentication import authorized
from updater.registry.credentials import Credentials, anonymous
from updater.registry.messages import Answer, Request
from updater.registry.tokens import Token

QUESTION = Request("HEAD", "https://r.example/v2/a/b/manifests/1", {"Accept": "x"})
USER = Credentials("user", "secret")
BASIC_USER = "Basic dXNlcjpzZWNyZXQ="
OK = Answer(200, body=b"content")
BASIC = Answer(401, {"www-authenticate": 'Basic realm="r"'})
BEARER = Answer(401, {"www-authenticate": 'Bearer realm="https://r.example/token",service="s",scope="ignored:a:b"'})
STANDARD = Answer(
    401, {"www-authenticate": 'Bearer realm="https://r.example/token",service="s",scope="repository:x:pull"'}
)
FOREIGN = Answer(401, {"www-authenticate": 'Bearer realm="https://evil.test/token"'})


def token(value: str = "t1", expires_in: int = 300) -> Answer:
    return Answer(200, body=json.dumps({"token": value, "expires_in": expires_in}).encode())


def known(credentials: Credentials | None = None, *cycle: str) -> Acquaintance:
    find = (lambda _host: credentials) if credentials else anonymous
    acquaintance = Acquaintance("r.example", "https://r.example", find, patience=0.1)
    acquaintance.begin_cycle(cycle)
    return acquaintance


@dataclass
class Talk:
    """What was asked, in short, and what came of it."""

    said: list[str] = field(default_factory=list)
    scopes: list[int] = field(default_factory=list)
    result: Answer | None = None


def talk(acquaintance: Acquaintance, *answers: Answer | RegistryError, repository: str = "a/b") -> Talk:
    conversation = authorized(QUESTION, repository, acquaintance)
    found, waiting = Talk(), list(answers)
    try:
        request = next(conversation)
        while True:
            where = "question" if request.url == QUESTION.url else request.url.partition("?")[0]
            found.scopes.append(request.url.count("scope="))
            found.said.append(f"{request.method} {where} {request.headers.get('Authorization', '-')}")
            answer = waiting.pop(0)
            request = conversation.throw(answer) if isinstance(answer, RegistryError) else conversation.send(answer)
    except StopIteration as end:
        found.result = end.value
    assert not waiting
    return found


PLAIN = "HEAD question -"
ASK = "GET https://r.example/token -"
ASK_AS_USER = f"GET https://r.example/token {BASIC_USER}"
WITH_T1 = "HEAD question Bearer t1"
AT_ROOT = "GET https://r.example/v2/ -"


@pytest.mark.parametrize(
    ("credentials", "answers", "said"),
    [
        (None, [OK], [PLAIN]),
        (USER, [OK], [PLAIN]),
        (None, [Answer(404)], [PLAIN]),
        (None, [Answer(403)], [PLAIN]),
        (USER, [BASIC, OK], [PLAIN, f"HEAD question {BASIC_USER}"]),
        (None, [BEARER, token(), OK], [PLAIN, ASK, WITH_T1]),
        (USER, [BEARER, token(), OK], [PLAIN, ASK_AS_USER, WITH_T1]),
        (USER, [BEARER, token(), Answer(404)], [PLAIN, ASK_AS_USER, WITH_T1]),
        (USER, [FOREIGN, token(), OK], [PLAIN, "GET https://evil.test/token -", WITH_T1]),
        (
            Credentials("", identity_token="i"),
            [BEARER, token(), OK],
            [PLAIN, "POST https://r.example/token -", WITH_T1],
        ),
        # Both are offered: the token, whatever the order.
        (
            USER,
            [Answer(401, {"www-authenticate": 'Basic, Bearer realm="https://r.example/token"'}), token(), OK],
            [PLAIN, ASK_AS_USER, WITH_T1],
        ),
        # A registry that does not know of the TLS in front of it: the token service is asked where the registry is.
        (
            USER,
            [Answer(401, {"www-authenticate": 'Bearer realm="http://r.example/token",service="s"'}), token(), OK],
            [PLAIN, ASK_AS_USER, WITH_T1],
        ),
        # Without a word of what is wanted the root of the API is asked, as docker does.
        (None, [Answer(401), STANDARD, token(), OK], [PLAIN, AT_ROOT, ASK, WITH_T1]),
        (USER, [Answer(401), STANDARD, token(), OK], [PLAIN, AT_ROOT, ASK_AS_USER, WITH_T1]),
        (USER, [Answer(401), BASIC, OK], [PLAIN, AT_ROOT, f"HEAD question {BASIC_USER}"]),
        # A Bearer challenge without a realm leads nowhere.
        (USER, [Answer(401, {"www-authenticate": "Bearer, Basic"}), OK], [PLAIN, f"HEAD question {BASIC_USER}"]),
    ],
)
def test_a_first_conversation(credentials: Credentials | None, answers: list[Answer], said: list[str]) -> None:
    found = talk(known(credentials), *answers)
    assert found.said == said
    assert found.result is answers[-1]


REJECTED, NEEDED, WITHHELD, FORBIDDEN = "rejected", "none were found", "not sent", "do not allow"


@pytest.mark.parametrize(
    ("credentials", "answers", "kind", "text"),
    [
        (None, [BASIC], RegistryDenied, NEEDED),
        # 401 may also be said of what this user may not read: the root of the API tells.
        (USER, [BASIC, BASIC, BASIC], RegistryDenied, REJECTED),
        (USER, [BASIC, BASIC, Answer(403)], RegistryDenied, REJECTED),
        (USER, [BASIC, BASIC, OK], RegistryDenied, FORBIDDEN),
        (USER, [BASIC, BASIC, Answer(404)], RegistryDenied, FORBIDDEN),
        (USER, [BASIC, Answer(403)], RegistryDenied, FORBIDDEN),
        (Credentials("", identity_token="i"), [BASIC], RegistryDenied, NEEDED),
        (None, [BEARER, Answer(401)], RegistryDenied, NEEDED),
        (None, [BEARER, Answer(403)], RegistryDenied, NEEDED),
        # So may a token service: without a scope it tells.
        (USER, [BEARER, Answer(401), Answer(401)], RegistryDenied, REJECTED),
        (USER, [BEARER, Answer(401), token()], RegistryDenied, FORBIDDEN),
        (USER, [BEARER, Answer(403)], RegistryDenied, FORBIDDEN),
        (Credentials("", identity_token="i"), [BEARER, Answer(400)], RegistryDenied, REJECTED),
        (None, [BEARER, token(), BEARER], RegistryDenied, NEEDED),
        (USER, [BEARER, token(), BEARER], RegistryDenied, FORBIDDEN),
        (USER, [BEARER, token(), Answer(403)], RegistryDenied, FORBIDDEN),
        (USER, [FOREIGN, token(), FOREIGN], RegistryDenied, WITHHELD),
        (USER, [FOREIGN, Answer(401)], RegistryDenied, WITHHELD),
        (USER, [BEARER, Answer(400)], RegistryAnswerInvalid, "answered 400"),
        (USER, [BEARER, Answer(404)], RegistryAnswerInvalid, "knows nothing of a/b, or is not there"),
        (USER, [BEARER, Answer(302)], RegistryAnswerInvalid, "answered 302"),
        (USER, [BEARER, Answer(200, body=b"<html>")], RegistryAnswerInvalid, "JSON"),
        (USER, [BEARER, Answer(429, {"retry-after": "60"})], RegistryRateLimited, "60 s"),
        (USER, [BEARER, Answer(503)], RegistryFailed, "answered 503"),
        (USER, [Answer(401), OK], RegistryAnswerInvalid, "offered: none"),
        (USER, [Answer(401), Answer(401)], RegistryAnswerInvalid, "offered: none"),
        (USER, [Answer(401, {"www-authenticate": "Digest, NTLM"}), OK], RegistryAnswerInvalid, "offered: digest, ntlm"),
        (
            USER,
            [Answer(401, {"www-authenticate": 'Bearer realm="http://auth.r.example/token"'})],
            RegistryAnswerInvalid,
            "refused",
        ),
        (
            None,
            [Answer(401, {"www-authenticate": 'Bearer realm="https://169.254.169.254/token"'})],
            RegistryAnswerInvalid,
            "refused",
        ),
    ],
)
def test_a_conversation_that_fails(
    credentials: Credentials | None, answers: list[Answer], kind: type[RegistryError], text: str
) -> None:
    with pytest.raises(kind, match=text) as caught:
        talk(known(credentials), *answers)
    assert "secret" not in str(caught.value)
    assert ";" in str(caught.value)


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


def test_basic_is_remembered() -> None:
    acquaintance = known(USER)
    talk(acquaintance, BASIC, OK)
    assert talk(acquaintance, OK).said == [f"HEAD question {BASIC_USER}"]


def test_an_open_registry_may_still_ask_later() -> None:
    acquaintance = known()
    talk(acquaintance, OK)
    assert talk(acquaintance, STANDARD, token(), OK, repository="private").said == [PLAIN, ASK, WITH_T1]


def test_a_failed_first_question_lets_the_others_go() -> None:
    acquaintance = known()
    conversation = authorized(QUESTION, "a/b", acquaintance)
    next(conversation)
    conversation.close()  # as when the network fails
    assert acquaintance.is_met
    assert talk(acquaintance, OK).said == [PLAIN]


def test_one_who_waits_too_long_goes_alone() -> None:
    acquaintance = known()
    slow = authorized(QUESTION, "a/b", acquaintance)
    next(slow)
    assert talk(acquaintance, OK).said == [PLAIN]
    slow.close()


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


def test_a_configured_token_host_is_given_credentials() -> None:
    acquaintance = Acquaintance("r.example", "https://r.example", lambda _host: USER, token_host="evil.test")
    assert talk(acquaintance, FOREIGN, token(), OK).said[1] == f"GET https://evil.test/token {BASIC_USER}"


def test_where_a_password_was_rejected_it_is_not_shown_again_in_this_cycle() -> None:
    for challenge, answers in ((BASIC, [BASIC, BASIC]), (BEARER, [Answer(401), Answer(401)])):
        acquaintance = known(USER)
        with pytest.raises(RegistryDenied, match=REJECTED):
            talk(acquaintance, challenge, *answers)
        with pytest.raises(RegistryDenied, match=REJECTED):
            talk(acquaintance, repository="c/d")
        # In the next one all is open again, also how it wants to be asked.
        acquaintance.begin_cycle(())
        assert talk(acquaintance, challenge, *([OK] if challenge is BASIC else [token(), OK])).result is OK


def test_a_password_that_was_accepted_is_not_called_rejected_later() -> None:
    acquaintance = known(USER)
    talk(acquaintance, BASIC, OK)
    with pytest.raises(RegistryDenied, match=FORBIDDEN):
        talk(acquaintance, BASIC)
    assert talk(acquaintance, OK).result is OK


def test_one_repository_that_is_not_for_this_user_spoils_none_of_the_others() -> None:
    acquaintance = known(USER)
    with pytest.raises(RegistryDenied, match=FORBIDDEN):
        talk(acquaintance, STANDARD, Answer(401), token())
    assert talk(acquaintance, token(), OK, repository="c/d").said == [ASK_AS_USER, WITH_T1]
    # Whoever was given a token is known, and need not be introduced.
    acquaintance = known(USER)
    talk(acquaintance, STANDARD, token(), OK, repository="c/d")
    with pytest.raises(RegistryDenied, match=FORBIDDEN):
        talk(acquaintance, Answer(401))


@pytest.mark.parametrize("status", [403, 404])
class TestARegistryThatHidesWhatIsPrivate:
    """Some answer nobody in particular as if there were nothing, and ask who it is at the root of the API only."""

    def test_with_credentials_its_root_tells_how_to_be_asked(self, status: int) -> None:
        acquaintance = known(USER)
        found = talk(acquaintance, Answer(status), STANDARD, token(), OK)
        assert found.said == [PLAIN, AT_ROOT, ASK_AS_USER, WITH_T1]
        assert talk(known(USER), Answer(status), BASIC, OK).said == [PLAIN, AT_ROOT, f"HEAD question {BASIC_USER}"]
        assert talk(acquaintance, token("t2"), OK, repository="c/d").said == [ASK_AS_USER, "HEAD question Bearer t2"]

    def test_an_open_one_is_asked_for_its_root_once(self, status: int) -> None:
        acquaintance = known(USER)
        assert talk(acquaintance, Answer(status), OK).result == Answer(status)
        assert talk(acquaintance, Answer(status)).said == [PLAIN]

    def test_a_root_that_leads_elsewhere_tells_nothing(self, status: int) -> None:
        acquaintance = known(USER)
        assert talk(acquaintance, Answer(status), RegistryAnswerInvalid("a redirect")).result == Answer(status)
        assert talk(acquaintance, Answer(status)).said == [PLAIN]

    def test_a_root_that_did_not_answer_is_asked_again(self, status: int) -> None:
        acquaintance = known(USER)
        with pytest.raises(RegistryUnreachable):
            talk(acquaintance, Answer(status), RegistryUnreachable("reset"))
        assert talk(acquaintance, Answer(status), STANDARD, token(), OK).result is OK

    def test_without_credentials_there_is_nothing_to_ask_it(self, status: int) -> None:
        assert talk(known(), Answer(status)).said == [PLAIN]


def test_a_root_that_tells_nothing_is_asked_once_in_a_cycle() -> None:
    acquaintance = known()
    for rest in ([Answer(401)], []):
        with pytest.raises(RegistryAnswerInvalid, match="offered: none"):
            talk(acquaintance, Answer(401), *rest)
    acquaintance.begin_cycle(())
    assert talk(acquaintance, Answer(401), STANDARD, token(), OK).result is OK


def test_without_a_password_open_repositories_are_still_read() -> None:
    acquaintance = known()
    with pytest.raises(RegistryDenied, match=NEEDED):
        talk(acquaintance, BASIC)
    assert talk(acquaintance, OK, repository="open").said == [PLAIN]


@pytest.mark.parametrize("challenge", [BASIC, BEARER])
def test_credentials_that_cannot_be_had_do_not_keep_anybody_from_what_is_open(challenge: Answer) -> None:
    def broken(_host: str) -> Credentials | None:
        raise RegistryDenied("the helper is missing; install it")

    acquaintance = Acquaintance("r.example", "https://r.example", broken, patience=0.1)
    with pytest.raises(RegistryDenied, match="helper is missing"):
        talk(acquaintance, challenge, *([] if challenge is BASIC else [Answer(401)]))
    assert talk(acquaintance, *([] if challenge is BASIC else [token()]), OK, repository="open").result is OK


class TestOneTokenForSeveralRepositories:
    CYCLE = ("a/b", "c/d", "e/f")

    def test_it_is_asked_for_once(self) -> None:
        acquaintance = known(None, *self.CYCLE)
        first = talk(acquaintance, STANDARD, token(), OK)
        assert (first.said, first.scopes) == ([PLAIN, ASK, WITH_T1], [0, 3, 0])
        for repository in self.CYCLE[1:]:
            assert talk(acquaintance, OK, repository=repository).said == [WITH_T1]

    def test_who_is_not_of_the_cycle_asks_alone(self) -> None:
        acquaintance = known(None, *self.CYCLE)
        assert talk(acquaintance, STANDARD, token(), OK, repository="x/y").scopes == [0, 1, 0]

    def test_an_identity_token_names_them_in_one_value(self) -> None:
        acquaintance = known(Credentials("", identity_token="i"), *self.CYCLE)
        conversation = authorized(QUESTION, "a/b", acquaintance)
        next(conversation)
        request = conversation.send(STANDARD)
        assert b"scope=repository%3Aa%2Fb%3Apull+repository%3Ac%2Fd%3Apull+repository" in (request.body or b"")
        conversation.close()

    @pytest.mark.parametrize("status", [401, 403, 404, 405, 422, 500, 501])
    def test_a_service_that_refuses_several_is_asked_for_one(self, status: int) -> None:
        acquaintance = known(None, *self.CYCLE)
        assert talk(acquaintance, STANDARD, Answer(status), token(), OK).scopes == [0, 3, 1, 0]
        assert talk(acquaintance, token("t2"), OK, repository="c/d").scopes == [1, 0]

    @pytest.mark.parametrize("status", [400, 413, 414, 431, 494])
    def test_a_service_that_finds_the_request_too_long_is_asked_for_fewer(self, status: int) -> None:
        acquaintance = known(None, "a/b", "c/d", "e/f", "g/h")
        assert talk(acquaintance, STANDARD, Answer(status), token(), OK).scopes == [0, 4, 2, 0]
        assert talk(acquaintance, OK, repository="c/d").said == [WITH_T1]
        assert talk(acquaintance, token("t2"), OK, repository="e/f").scopes == [2, 0]

    @pytest.mark.parametrize("kind", [RegistryUnreachable, RegistryTimeout])
    def test_a_service_that_does_not_answer_is_asked_for_one_until_the_next_cycle(
        self, kind: type[RegistryError]
    ) -> None:
        acquaintance = known(None, *self.CYCLE)
        assert talk(acquaintance, STANDARD, kind("reset"), token(), OK).scopes == [0, 3, 1, 0]
        assert talk(acquaintance, token("t2"), OK, repository="c/d").scopes == [1, 0]
        # It may have been a passing trouble.
        acquaintance.begin_cycle(self.CYCLE)
        acquaintance.wallet.tokens.clear()
        assert talk(acquaintance, token("t3"), OK).scopes == [3, 0]

    @pytest.mark.parametrize(
        "answers", [[RegistryUntrusted("TLS")], [RegistryUnreachable("reset"), RegistryUnreachable("reset")]]
    )
    def test_a_service_that_cannot_be_reached_is_not_asked_again_and_again(self, answers: list[RegistryError]) -> None:
        with pytest.raises(type(answers[0])):
            talk(known(None, *self.CYCLE), STANDARD, *answers)

    @pytest.mark.parametrize("status", [429, 502, 503])
    def test_trouble_is_no_refusal(self, status: int) -> None:
        acquaintance = known(None, *self.CYCLE)
        with pytest.raises(RegistryError):
            talk(acquaintance, STANDARD, Answer(status))
        assert talk(acquaintance, token(), OK).scopes == [3, 0]

    @pytest.mark.parametrize("status", [401, 403, 404])
    def test_what_it_does_not_open_is_asked_for_alone_and_then_so_are_all(self, status: int) -> None:
        acquaintance = known(None, *self.CYCLE)
        talk(acquaintance, STANDARD, token(), OK)
        second = talk(acquaintance, Answer(status), token("t2"), OK, repository="c/d")
        assert (second.said[-1], second.scopes) == ("HEAD question Bearer t2", [0, 1, 0])
        acquaintance.wallet.tokens.clear()
        assert talk(acquaintance, token("t3"), OK, repository="e/f").scopes == [1, 0]

    def test_one_that_is_denied_alone_as_well_spoils_nothing(self) -> None:
        acquaintance = known(None, *self.CYCLE)
        talk(acquaintance, STANDARD, token(), OK)
        with pytest.raises(RegistryDenied):
            talk(acquaintance, STANDARD, token("t2"), STANDARD, repository="c/d")
        acquaintance.wallet.tokens.clear()
        assert talk(acquaintance, token("t3"), OK, repository="e/f").scopes == [3, 0]

    def test_once_it_opened_two_a_missing_image_costs_nothing_more(self) -> None:
        acquaintance = known(None, *self.CYCLE)
        talk(acquaintance, STANDARD, token(), OK)
        talk(acquaintance, OK, repository="c/d")
        assert talk(acquaintance, Answer(404), repository="e/f").said == [WITH_T1]
        with pytest.raises(RegistryDenied):
            talk(acquaintance, Answer(403), repository="e/f")

    def test_a_token_too_long_for_the_registry_is_replaced_by_shorter_ones(self) -> None:
        acquaintance = known(None, "a/b", "c/d", "e/f", "g/h")
        assert talk(acquaintance, STANDARD, token(), Answer(431), token("t2"), OK).scopes == [0, 4, 0, 1, 0]
        acquaintance.wallet.tokens.clear()
        assert talk(acquaintance, token("t3"), OK, repository="e/f").scopes == [2, 0]

    def test_credentials_are_called_rejected_only_when_one_is_refused_too(self) -> None:
        acquaintance = known(USER, *self.CYCLE)
        with pytest.raises(RegistryDenied, match=REJECTED):
            talk(acquaintance, STANDARD, Answer(401), Answer(401))
        acquaintance = known(USER, *self.CYCLE)
        with pytest.raises(RegistryDenied, match=FORBIDDEN):
            talk(acquaintance, STANDARD, Answer(401), token(), Answer(403))

    def test_a_request_has_a_length_that_servers_take(self) -> None:
        names = [f"some/repository-with-a-name-{number:04}" for number in range(1000)]
        acquaintance = known(None, *names)
        scopes = acquaintance.wallet.scopes_with(f"repository:{names[500]}:pull")
        assert scopes[0] == f"repository:{names[500]}:pull"
        assert 300 < len(scopes) < 500
        assert len("".join(scopes)) <= 16 * 1024
