"""Is one token asked for all repositories of a cycle, and for fewer where the registry does not take that?"""

from __future__ import annotations

import pytest

from tests.unit.registry.conversations import (
    ASK,
    FORBIDDEN,
    OK,
    PLAIN,
    QUESTION,
    REJECTED,
    STANDARD,
    USER,
    WITH_T1,
    known,
    talk,
    token,
)
from updater.errors import RegistryDenied, RegistryError, RegistryTimeout, RegistryUnreachable, RegistryUntrusted
from updater.registry.authentication import authorized
from updater.registry.credentials import Credentials
from updater.registry.messages import Answer

CYCLE = ("a/b", "c/d", "e/f")


def test_it_is_asked_for_once() -> None:
    acquaintance = known(None, *CYCLE)
    first = talk(acquaintance, STANDARD, token(), OK)
    assert (first.said, first.scopes) == ([PLAIN, ASK, WITH_T1], [0, 3, 0])
    for repository in CYCLE[1:]:
        assert talk(acquaintance, OK, repository=repository).said == [WITH_T1]


def test_who_is_not_of_the_cycle_asks_alone() -> None:
    acquaintance = known(None, *CYCLE)
    assert talk(acquaintance, STANDARD, token(), OK, repository="x/y").scopes == [0, 1, 0]


def test_an_identity_token_names_them_in_one_value() -> None:
    acquaintance = known(Credentials("", identity_token="i"), *CYCLE)
    conversation = authorized(QUESTION, "a/b", acquaintance)
    next(conversation)
    request = conversation.send(STANDARD)
    assert b"scope=repository%3Aa%2Fb%3Apull+repository%3Ac%2Fd%3Apull+repository" in (request.body or b"")
    conversation.close()


@pytest.mark.parametrize("status", [401, 403, 404, 405, 422, 500, 501])
def test_a_service_that_refuses_several_is_asked_for_one(status: int) -> None:
    acquaintance = known(None, *CYCLE)
    assert talk(acquaintance, STANDARD, Answer(status), token(), OK).scopes == [0, 3, 1, 0]
    assert talk(acquaintance, token("t2"), OK, repository="c/d").scopes == [1, 0]


@pytest.mark.parametrize("status", [400, 413, 414, 431, 494])
def test_a_service_that_finds_the_request_too_long_is_asked_for_fewer(status: int) -> None:
    acquaintance = known(None, "a/b", "c/d", "e/f", "g/h")
    assert talk(acquaintance, STANDARD, Answer(status), token(), OK).scopes == [0, 4, 2, 0]
    assert talk(acquaintance, OK, repository="c/d").said == [WITH_T1]
    assert talk(acquaintance, token("t2"), OK, repository="e/f").scopes == [2, 0]


@pytest.mark.parametrize("kind", [RegistryUnreachable, RegistryTimeout])
def test_a_service_that_does_not_answer_is_asked_for_one_until_the_next_cycle(kind: type[RegistryError]) -> None:
    acquaintance = known(None, *CYCLE)
    assert talk(acquaintance, STANDARD, kind("reset"), token(), OK).scopes == [0, 3, 1, 0]
    assert talk(acquaintance, token("t2"), OK, repository="c/d").scopes == [1, 0]
    # It may have been a passing trouble.
    acquaintance.begin_cycle(CYCLE)
    acquaintance.wallet.tokens.clear()
    assert talk(acquaintance, token("t3"), OK).scopes == [3, 0]


@pytest.mark.parametrize(
    "answers", [[RegistryUntrusted("TLS")], [RegistryUnreachable("reset"), RegistryUnreachable("reset")]]
)
def test_a_service_that_cannot_be_reached_is_not_asked_again_and_again(answers: list[RegistryError]) -> None:
    with pytest.raises(type(answers[0])):
        talk(known(None, *CYCLE), STANDARD, *answers)


@pytest.mark.parametrize("status", [429, 502, 503])
def test_trouble_is_no_refusal(status: int) -> None:
    acquaintance = known(None, *CYCLE)
    with pytest.raises(RegistryError):
        talk(acquaintance, STANDARD, Answer(status))
    assert talk(acquaintance, token(), OK).scopes == [3, 0]


@pytest.mark.parametrize("status", [401, 403, 404])
def test_what_it_does_not_open_is_asked_for_alone_and_then_so_are_all(status: int) -> None:
    acquaintance = known(None, *CYCLE)
    talk(acquaintance, STANDARD, token(), OK)
    second = talk(acquaintance, Answer(status), token("t2"), OK, repository="c/d")
    assert (second.said[-1], second.scopes) == ("HEAD question Bearer t2", [0, 1, 0])
    acquaintance.wallet.tokens.clear()
    assert talk(acquaintance, token("t3"), OK, repository="e/f").scopes == [1, 0]


def test_one_that_is_denied_alone_as_well_spoils_nothing() -> None:
    acquaintance = known(None, *CYCLE)
    talk(acquaintance, STANDARD, token(), OK)
    with pytest.raises(RegistryDenied):
        talk(acquaintance, STANDARD, token("t2"), STANDARD, repository="c/d")
    acquaintance.wallet.tokens.clear()
    assert talk(acquaintance, token("t3"), OK, repository="e/f").scopes == [3, 0]


def test_once_it_opened_two_a_missing_image_costs_nothing_more() -> None:
    acquaintance = known(None, *CYCLE)
    talk(acquaintance, STANDARD, token(), OK)
    talk(acquaintance, OK, repository="c/d")
    assert talk(acquaintance, Answer(404), repository="e/f").said == [WITH_T1]
    with pytest.raises(RegistryDenied):
        talk(acquaintance, Answer(403), repository="e/f")


def test_a_token_too_long_for_the_registry_is_replaced_by_shorter_ones() -> None:
    acquaintance = known(None, "a/b", "c/d", "e/f", "g/h")
    assert talk(acquaintance, STANDARD, token(), Answer(431), token("t2"), OK).scopes == [0, 4, 0, 1, 0]
    acquaintance.wallet.tokens.clear()
    assert talk(acquaintance, token("t3"), OK, repository="e/f").scopes == [2, 0]


def test_credentials_are_called_rejected_only_when_one_is_refused_too() -> None:
    acquaintance = known(USER, *CYCLE)
    with pytest.raises(RegistryDenied, match=REJECTED):
        talk(acquaintance, STANDARD, Answer(401), Answer(401))
    acquaintance = known(USER, *CYCLE)
    with pytest.raises(RegistryDenied, match=FORBIDDEN):
        talk(acquaintance, STANDARD, Answer(401), token(), Answer(403))


def test_a_request_has_a_length_that_servers_take() -> None:
    names = [f"some/repository-with-a-name-{number:04}" for number in range(1000)]
    acquaintance = known(None, *names)
    scopes = acquaintance.wallet.scopes_with(f"repository:{names[500]}:pull")
    assert scopes[0] == f"repository:{names[500]}:pull"
    assert 300 < len(scopes) < 500
    assert len("".join(scopes)) <= 16 * 1024
