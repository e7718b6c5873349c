"""When is the root of a registry's API asked how the registry wants to be asked, and how often?"""

from __future__ import annotations

import pytest

from tests.unit.registry.conversations import (
    ASK_AS_USER,
    AT_ROOT,
    BASIC,
    BASIC_USER,
    OK,
    PLAIN,
    STANDARD,
    USER,
    WITH_T1,
    known,
    talk,
    token,
)
from updater.errors import RegistryAnswerInvalid, RegistryUnreachable
from updater.registry.messages import Answer


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
        found = talk(known(), Answer(status))
        assert (found.said, found.result) == ([PLAIN], Answer(status))


def test_a_root_that_tells_nothing_is_asked_once_in_a_cycle() -> None:
    acquaintance = known()
    for rest in ([Answer(401)], []):
        with pytest.raises(RegistryAnswerInvalid, match="offered: none"):
            talk(acquaintance, Answer(401), *rest)
    acquaintance.begin_cycle(())
    assert talk(acquaintance, Answer(401), STANDARD, token(), OK).result is OK
