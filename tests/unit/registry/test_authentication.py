"""Is the right thing said to each registry that is met, and is a refusal understood? Each conversation is one line."""

from __future__ import annotations

import pytest

from tests.unit.registry.conversations import (
    ASK,
    ASK_AS_USER,
    AT_ROOT,
    BASIC,
    BASIC_USER,
    BEARER,
    FORBIDDEN,
    FOREIGN,
    NEEDED,
    OK,
    PLAIN,
    QUESTION,
    REJECTED,
    STANDARD,
    USER,
    WITH_T1,
    WITHHELD,
    known,
    talk,
    token,
)
from updater.errors import RegistryAnswerInvalid, RegistryDenied, RegistryError, RegistryFailed, RegistryRateLimited
from updater.registry.authentication import authorized
from updater.registry.credentials import Credentials
from updater.registry.messages import Answer


@pytest.mark.parametrize(
    ("credentials", "answers", "said"),
    [
        (None, [OK], [PLAIN]),
        (USER, [OK], [PLAIN]),
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
