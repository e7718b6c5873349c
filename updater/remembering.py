"""What of a cycle is worth remembering? Between outcomes and the state room."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from updater.model.candidate import Status
from updater.model.history import HistoryEntry, Operation, Rejection
from updater.model.outcome import OutcomeKind
from updater.model.reason import ReasonCode
from updater.model.reference import NotAReference, parse_reference

if TYPE_CHECKING:
    from collections.abc import Iterable

    from updater.model.decision import Decision
    from updater.model.digest import Digest
    from updater.model.outcome import Outcome
    from updater.model.reason import Reason
    from updater.state.store import Store


_DECIDED_ON = frozenset({Status.CURRENT, Status.OUTDATED})
_NEXT_RUN_TAKES_IT_UP = frozenset(
    {
        ReasonCode.INTERRUPTED,
        ReasonCode.BUSY,
        ReasonCode.HOOK_POSTPONED,
        ReasonCode.DEPENDENCY_FAILED,
        ReasonCode.PULL_FAILED,
        ReasonCode.ENGINE_ERROR,
    }
)
_WORTH_A_LINE = frozenset({OutcomeKind.UPDATED, OutcomeKind.ROLLED_BACK, OutcomeKind.FAILED})


def remember_looks(
    decisions: Iterable[Decision], outcomes: Iterable[Outcome], began: datetime, memory: Store, *, scheduled: bool
) -> None:
    """That a run which began then came to its end for these containers; those that it did not are due in the next.

    `scheduled`: schedules began it, and whoever's turn it was not was not looked at.
    """
    ended = {
        outcome.name
        for outcome in outcomes
        if outcome.reason.code not in _NEXT_RUN_TAKES_IT_UP
        and not (scheduled and outcome.reason.code is ReasonCode.NOT_SCHEDULED)
    }
    decided = {decision.container.name for decision in decisions if decision.candidate.status in _DECIDED_ON}
    memory.note_looks(ended & decided, began)


def remember(outcome: Outcome, operation: Operation, memory: Store) -> None:
    """Write what was done into the history."""
    if outcome.kind in _WORTH_A_LINE:
        memory.record(_entry(outcome, operation))


def reject(name: str, image: str, digests: Iterable[Digest], reason: Reason, memory: Store) -> None:
    """Turn these digests down for this container, until they are asked for again."""
    try:
        reference = parse_reference(image)
    except NotAReference:
        return
    for digest in digests:
        memory.reject(Rejection(name, reference.canonical, digest, reason, datetime.now(UTC)))


def _entry(outcome: Outcome, operation: Operation) -> HistoryEntry:
    return HistoryEntry(
        at=datetime.now(UTC),
        name=outcome.name,
        image=outcome.image,
        operation=operation,
        outcome=outcome.kind,
        reason=outcome.reason,
        source=outcome.source,
        target=outcome.target,
        duration_seconds=outcome.duration_seconds,
        downtime_seconds=outcome.downtime_seconds,
        steps=outcome.steps,
        notes=outcome.notes,
        log_tail=outcome.log_tail,
    )
