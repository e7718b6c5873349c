"""Of the decisions on two versions, which one stands?"""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.unit.given import candidate
from updater.model.candidate import Status
from updater.model.decision import Action, Decision
from updater.model.reason import Reason, ReasonCode
from updater.model.reference import parse_reference
from updater.policy.choosing import better

SOON, LATER = datetime(2026, 1, 2, tzinfo=UTC), datetime(2026, 1, 3, tzinfo=UTC)


def decision(tag: str, action: Action, status: Status, code: ReasonCode, until: datetime | None = None) -> Decision:
    target = parse_reference(f"web:{tag}")
    # How many are left tells whose they are.
    fallbacks = (parse_reference("web:1.0"),) if tag == "1.1" else ()
    return Decision(candidate(status, target=target, fallbacks=fallbacks), action, (Reason(code, "So it is.", until),))


def update(tag: str) -> Decision:
    return decision(tag, Action.UPDATE, Status.OUTDATED, ReasonCode.UPDATE_AVAILABLE)


def too_new(tag: str, until: datetime | None) -> Decision:
    return decision(tag, Action.WAIT, Status.OUTDATED, ReasonCode.TOO_NEW, until)


def outside(tag: str, until: datetime) -> Decision:
    return decision(tag, Action.WAIT, Status.OUTDATED, ReasonCode.OUTSIDE_WINDOW, until)


def watched(tag: str) -> Decision:
    return decision(tag, Action.LEAVE, Status.OUTDATED, ReasonCode.MONITOR_ONLY)


def skipped(tag: str) -> Decision:
    return decision(tag, Action.LEAVE, Status.OUTDATED, ReasonCode.SKIPPED)


def current(tag: str) -> Decision:
    return decision(tag, Action.LEAVE, Status.CURRENT, ReasonCode.UP_TO_DATE)


def for_others(tag: str) -> Decision:
    return decision(tag, Action.LEAVE, Status.UNKNOWN, ReasonCode.PLATFORM_MISSING)


@pytest.mark.parametrize(
    ("newer", "older", "stands"),
    [
        (for_others("1.2"), update("1.1"), "1.1"),
        (for_others("1.2"), too_new("1.1", SOON), "1.1"),
        (for_others("1.2"), outside("1.1", SOON), "1.1"),
        (for_others("1.2"), watched("1.1"), "1.1"),
        (for_others("1.2"), current("1.1"), "1.1"),
        (for_others("1.2"), for_others("1.1"), "1.2"),
        (too_new("1.2", SOON), update("1.1"), "1.1"),
        (too_new("1.2", SOON), current("1.1"), "1.2"),
        (too_new("1.2", SOON), for_others("1.1"), "1.2"),
        (too_new("1.2", LATER), outside("1.1", SOON), "1.1"),
        (too_new("1.2", SOON), outside("1.1", LATER), "1.2"),
        (too_new("1.2", SOON), outside("1.1", SOON), "1.2"),
        (too_new("1.2", None), outside("1.1", SOON), "1.1"),
        (skipped("1.2"), outside("1.1", SOON), "1.1"),
        (skipped("1.2"), skipped("1.1"), "1.2"),
        (skipped("1.2"), current("1.1"), "1.2"),
    ],
)
def test_which_one_stands(newer: Decision, older: Decision, stands: str) -> None:
    chosen = better(newer, older)
    assert chosen.candidate.target == parse_reference(f"web:{stands}")
    assert chosen.candidate.fallbacks == older.candidate.fallbacks
    told = [reason.message for reason in chosen.reasons]
    assert told == (["So it is.", "Not 1.2: So it is."] if stands == "1.1" else ["So it is."])
