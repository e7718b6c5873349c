"""For which containers has a run come to its end? One line per way in which it may have ended."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.unit.given import IMAGE_ID, candidate
from updater.model.candidate import Status
from updater.model.outcome import ImageAt, Outcome, OutcomeKind
from updater.model.reason import Reason, ReasonCode
from updater.policy.rules import decide
from updater.remembering import remember_looks
from updater.state.store import open_store

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
NOWHERE = ImageAt(IMAGE_ID, None)


def outcome(code: ReasonCode, name: str = "web") -> Outcome:
    return Outcome(name, "web:latest", OutcomeKind.SKIPPED, Reason(code, "So it is."), NOWHERE, NOWHERE)


@pytest.mark.parametrize(
    ("code", "status", "scheduled", "noted"),
    [
        (ReasonCode.UPDATED, Status.OUTDATED, False, True),
        (ReasonCode.UNHEALTHY, Status.OUTDATED, False, True),
        (ReasonCode.UP_TO_DATE, Status.CURRENT, False, True),
        (ReasonCode.OUTSIDE_WINDOW, Status.OUTDATED, False, True),
        (ReasonCode.HELD, Status.OUTDATED, False, True),
        # Its first look, or one before its time; in `watch` it was not meant.
        (ReasonCode.NOT_SCHEDULED, Status.OUTDATED, False, True),
        (ReasonCode.NOT_SCHEDULED, Status.OUTDATED, True, False),
        (ReasonCode.UPDATED, Status.OUTDATED, True, True),
        # The next run takes it up.
        (ReasonCode.INTERRUPTED, Status.OUTDATED, False, False),
        (ReasonCode.BUSY, Status.OUTDATED, False, False),
        (ReasonCode.HOOK_POSTPONED, Status.OUTDATED, False, False),
        (ReasonCode.DEPENDENCY_FAILED, Status.OUTDATED, False, False),
        (ReasonCode.PULL_FAILED, Status.OUTDATED, False, False),
        (ReasonCode.ENGINE_ERROR, Status.OUTDATED, False, False),
        # Nothing could be, or was, decided on it.
        (ReasonCode.REGISTRY_UNREACHABLE, Status.UNKNOWN, False, False),
        (ReasonCode.OUT_OF_SCOPE, Status.IGNORED, False, False),
    ],
)
def test_who_had_its_turn(code: ReasonCode, status: Status, scheduled: bool, noted: bool) -> None:
    finding = Reason(code, "So it is.") if status in (Status.UNKNOWN, Status.IGNORED) else None
    decisions = [decide(candidate(status, finding=finding))]
    with open_store(None) as memory:
        remember_looks(decisions, [outcome(code), outcome(code, "another")], NOON, memory, scheduled=scheduled)
        assert memory.looked_at("web") == (NOON if noted else None)
        assert memory.looked_at("another") is None
