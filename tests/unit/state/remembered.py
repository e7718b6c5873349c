"""Values to remember; each test says only what matters to it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tests.unit.given import IMAGE_ID, NEW, OLD
from updater.model.history import HistoryEntry, Operation, Rejection
from updater.model.outcome import ImageAt, OutcomeKind
from updater.model.reason import Reason, ReasonCode

if TYPE_CHECKING:
    from updater.model.digest import Digest

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
REFERENCE = "docker.io/library/web:latest"


def entry(name: str = "web", **changes: Any) -> HistoryEntry:
    values: dict[str, Any] = {
        "at": NOON,
        "name": name,
        "image": "web:latest",
        "operation": Operation.UPDATE,
        "outcome": OutcomeKind.UPDATED,
        "reason": Reason(ReasonCode.UPDATED, "It runs bbbbbbbbbbbb and has proven itself."),
        "source": ImageAt(IMAGE_ID, OLD),
        "target": ImageAt(IMAGE_ID, NEW),
        "duration_seconds": 3.25,
    }
    return HistoryEntry(**(values | changes))


def rejection(name: str = "web", digest: Digest = NEW, **changes: Any) -> Rejection:
    values: dict[str, Any] = {
        "name": name,
        "reference": REFERENCE,
        "digest": digest,
        "reason": Reason(ReasonCode.UNHEALTHY, "It did not become healthy."),
        "at": NOON,
    }
    return Rejection(**(values | changes))
