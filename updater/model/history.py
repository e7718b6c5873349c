"""What was done to a container in the past, and which image did it turn down?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from updater.model.digest import Digest
    from updater.model.outcome import ImageAt, OutcomeKind, StepTaken
    from updater.model.reason import Reason


class Operation(StrEnum):
    """`rollback` is the one a person asked for; an update that put itself back is still an `update`.

    `companion` is recreated on the image it ran, because another one that it depends on was updated.
    """

    UPDATE = "update"
    ROLLBACK = "rollback"
    RECOVERY = "recovery"
    COMPANION = "companion"


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEntry:
    """One operation on one container. `image` is the reference as the user wrote it; `at` is when it ended, in UTC.

    `id` is given by the store when it remembers the entry. The rest is as in an outcome.
    """

    id: int | None = None
    at: datetime
    name: str
    image: str
    operation: Operation
    outcome: OutcomeKind
    reason: Reason
    source: ImageAt
    target: ImageAt
    duration_seconds: float
    downtime_seconds: float | None = None
    steps: tuple[StepTaken, ...] = ()
    notes: tuple[str, ...] = ()
    log_tail: str = ""

    def __post_init__(self) -> None:
        _require_utc(self.at)


@dataclass(frozen=True, slots=True)
class Rejection:
    """This digest did not prove itself in this container, so it is not tried again there, whatever tag names it.

    `reference` is where it came from, as canonical text; `at` is in UTC.
    """

    name: str
    reference: str
    digest: Digest
    reason: Reason
    at: datetime

    def __post_init__(self) -> None:
        _require_utc(self.at)


def _require_utc(at: datetime) -> None:
    if at.utcoffset() != timedelta(0):
        raise ValueError(f"not a time in UTC: {at}")
