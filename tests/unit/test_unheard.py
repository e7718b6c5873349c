"""What is written down of a self-update whose helper was killed before it could: told from what stands and is known."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from tests.unit.given import IMAGE_ID, NEW, OLD, container
from updater.model.history import Rejection
from updater.model.reason import Reason, ReasonCode
from updater.remembering import reject
from updater.state.store import open_store
from updater.unheard import write_down_unheard

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
