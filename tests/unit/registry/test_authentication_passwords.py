"""How often is a password shown, when is it called rejected, and what can be read without one?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.registry.conversations import (
    ASK_AS_USER,
    BASIC,
    BASIC_USER,
    BEARER,
    FORBIDDEN,
    NEEDED,
    OK,
    PLAIN,
    REJECTED,
    STANDARD,
    USER,
    WITH_T1,
    known,
    talk,
    token,
)
from updater.errors import RegistryDenied
from updater.registry.acquaintance import Acquaintance
from updater.registry.messages import Answer

if TYPE_CHECKING:
    from updater.registry.credentials import Credentials


def test_basic_is_remembered() -> None:
    acquaintance = known(USER)
    talk(acquaintance, BASIC, OK)
    assert talk(acquaintance, OK).said == [f"HEAD question {BASIC_USER}"]


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
