"""One line per reason for which a container is left: those before a registry is asked, and those it answers with."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.unit.given import NEW, candidate, container
from updater.model.candidate import Status
from updater.model.decision import Action
from updater.model.facts import Facts
from updater.model.history import Rejection
from updater.model.reason import Reason, ReasonCode
from updater.policy.rules import decide
from updater.policy.scope import consider
from updater.policy.selection import parse_selection
from updater.policy.terms import Request

ON = {"updater.enable": "true"}
IN_FRONT = {**ON, "updater.scope": "front"}


@pytest.mark.parametrize(
    ("labels", "request_", "code"),
    [
        (ON, {}, None),
        (IN_FRONT, {"scope": "front"}, None),
        (IN_FRONT, {"scope": "back"}, ReasonCode.OUT_OF_SCOPE),
        (ON, {"scope": "back"}, ReasonCode.OUT_OF_SCOPE),
        (ON, {"scope": "none"}, None),
        (IN_FRONT, {"scope": "back", "names": frozenset({"web"})}, None),
        (ON, {"exclude": parse_selection("w*")}, ReasonCode.EXCLUDED),
        (ON, {"exclude": parse_selection("db")}, None),
        (ON, {"include": parse_selection("db")}, ReasonCode.EXCLUDED),
        (ON, {"include": parse_selection("web"), "exclude": parse_selection("web")}, ReasonCode.EXCLUDED),
        (ON, {"exclude": parse_selection("web"), "names": frozenset({"web"})}, None),
        (ON, {"busy": frozenset({"web"})}, ReasonCode.BUSY),
        (ON, {"busy": frozenset({"db"})}, None),
    ],
)
def test_before_a_registry_is_asked(labels: dict[str, str], request_: dict[str, Any], code: ReasonCode | None) -> None:
    objection = consider(container(labels=labels), Request(**request_)).objection
    assert (objection.code if objection is not None else None) == code


@pytest.mark.parametrize(
    "code",
    [
        ReasonCode.REGISTRY_UNREACHABLE,
        ReasonCode.REGISTRY_DENIED,
        ReasonCode.REGISTRY_RATE_LIMITED,
        ReasonCode.REGISTRY_ERROR,
        ReasonCode.IMAGE_NOT_FOUND,
        ReasonCode.PLATFORM_MISSING,
        ReasonCode.DIGEST_MISMATCH,
    ],
)
def test_what_a_registry_could_not_say_is_the_reason(code: ReasonCode) -> None:
    finding = Reason(code, "It says so.", datetime(2026, 3, 1, tzinfo=UTC))
    decision = decide(candidate(Status.UNKNOWN, finding=finding))
    assert (decision.action, decision.reasons) == (Action.LEAVE, (finding,))


def test_an_image_that_was_turned_down_waits_for_another() -> None:
    why = Reason(ReasonCode.UNHEALTHY, "It was not healthy.")
    rejection = Rejection("web", "docker.io/library/web:latest", NEW, why, datetime(2026, 3, 1, tzinfo=UTC))
    decision = decide(candidate(), Facts(rejection=rejection))
    codes = [reason.code for reason in decision.reasons]
    assert (decision.action, codes) == (Action.LEAVE, [ReasonCode.REJECTED_BEFORE, ReasonCode.UPDATE_AVAILABLE])
    assert "2026-03-01" in decision.reasons[0].message
    assert why.message in decision.reasons[0].message
