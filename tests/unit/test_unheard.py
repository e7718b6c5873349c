"""What is written down of an update whose doer was killed before it could: told from what stands and is known."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from tests.unit.given import CONTAINER_ID, IMAGE_ID, NEW, OLD, container, image
from updater.model.history import HistoryEntry, Operation, Rejection
from updater.model.outcome import ImageAt, OutcomeKind
from updater.model.reason import Reason, ReasonCode
from updater.remembering import reject
from updater.state.store import open_store
from updater.unheard import write_down_committed, write_down_unheard

if TYPE_CHECKING:
    from updater.model.digest import Digest

BY_HAND = Reason(ReasonCode.REJECTED_BEFORE, "You rolled it back.")
VERDICT = Reason(ReasonCode.CRASHED, "It ended with code 3.")


@pytest.mark.parametrize(
    ("rejected", "expected", "left"),
    [
        ({}, [], set()),
        ({NEW: VERDICT}, [("update", "rolled-back", "crashed")], {NEW}),
        # A person asked to leave the image that it runs on with: nobody turned that down.
        ({OLD: BY_HAND}, [("rollback", "failed", "interrupted")], set()),
        ({NEW: BY_HAND}, [], {NEW}),
        ({OLD: VERDICT}, [("update", "rolled-back", "crashed")], {OLD}),
    ],
)
def test_the_old_one_runs_on(
    rejected: dict[Digest, Reason], expected: list[tuple[str, str, str]], left: set[Digest]
) -> None:
    old = container()
    since = datetime.now(UTC) - timedelta(seconds=30)
    images = {IMAGE_ID: {"Id": IMAGE_ID, "RepoDigests": [f"web@{OLD}"]}}
    with open_store(None) as memory:
        for digest, reason in rejected.items():
            # Whoever asks to go back has done so before there was a helper.
            at = since - timedelta(seconds=3) if reason is BY_HAND else datetime.now(UTC)
            memory.reject(Rejection(old.name, "docker.io/library/web:latest", digest, reason, at))
        for _ in range(2):  # killed once more, it is not told twice
            write_down_unheard([old], old.id, since.timestamp(), images.get, memory)
        found = [(entry.operation, entry.outcome, entry.reason.code) for entry in memory.history(old.name)]
        assert found == expected
        assert {rejection.digest for rejection in memory.rejections(old.name)} == left


def test_what_is_known_already_is_not_told_again() -> None:
    old = container()
    with open_store(None) as memory:
        reject(old.name, old.image_text, [NEW], VERDICT, memory)
        write_down_unheard([old], old.id, 0.0, lambda _: None, memory)
        write_down_unheard([old], old.id, 0.0, lambda _: None, memory)
        assert len(memory.history(old.name)) == 1


BEFORE, MADE = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 2, tzinfo=UTC)
OTHER_ID = "sha256:" + "2" * 64
LABELS = {
    "updater.operation.name": "web",
    "updater.operation.kind": "update",
    "updater.operation.old-id": "e" * 64,
    "updater.operation.old-image": OTHER_ID,
    "updater.operation.digest": NEW,
}


def entry(at: datetime, target: str, outcome: OutcomeKind = OutcomeKind.UPDATED) -> HistoryEntry:
    return HistoryEntry(
        at=at,
        name="web",
        image="web:latest",
        operation=Operation.RECOVERY,
        outcome=outcome,
        reason=Reason(ReasonCode.UPDATED, "It runs."),
        source=ImageAt(None, None),
        target=ImageAt(target, None),
        duration_seconds=1.0,
    )


@pytest.mark.parametrize(
    ("labels", "looked_at", "history", "told"),
    [
        (LABELS, BEFORE, [], True),
        (LABELS, BEFORE, [entry(BEFORE, OTHER_ID)], True),
        (LABELS, BEFORE, [entry(BEFORE, OTHER_ID), entry(BEFORE, IMAGE_ID, OutcomeKind.ROLLED_BACK)], True),
        (LABELS, BEFORE, [entry(MADE, IMAGE_ID)], False),  # known
        (LABELS, BEFORE, [entry(BEFORE, IMAGE_ID)], False),  # known, by an engine whose clock is ahead
        (LABELS, None, [], False),  # the history was lost
        (LABELS, MADE, [], False),
        (LABELS | {"updater.operation.name": "other"}, BEFORE, [], False),
        (LABELS | {"updater.operation.old-id": CONTAINER_ID}, BEFORE, [], False),  # the old one is still there
        (LABELS | {"updater.operation.kind": "companion"}, BEFORE, [], False),
        ({}, BEFORE, [], False),
    ],
)
def test_committed_and_not_written_down(
    labels: dict[str, str], looked_at: datetime | None, history: list[HistoryEntry], told: bool
) -> None:
    new = container(labels=labels, created_at=MADE.timestamp())
    with open_store(None) as memory:
        for one in history:
            memory.record(one)
        if looked_at is not None:
            memory.note_looks({"web"}, looked_at)
        for _ in range(2):  # it is not told twice
            write_down_committed([new], memory)
        found = memory.history("web")
        assert len(found) == len(history) + told
        if told:
            assert (found[0].outcome, found[0].source.image_id, found[0].target.digest) == ("updated", OTHER_ID, NEW)


def test_an_image_cannot_write_into_the_history() -> None:
    new = container(labels=LABELS, created_at=MADE.timestamp(), image=image(OLD, labels=LABELS))
    with open_store(None) as memory:
        memory.note_looks({"web"}, BEFORE)
        write_down_committed([new], memory)
        assert memory.history("web") == ()
