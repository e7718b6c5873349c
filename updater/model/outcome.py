"""What became of one container in this cycle?"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from updater.model.digest import Digest
    from updater.model.forecast import Forecast
    from updater.model.reason import Reason


class OutcomeKind(StrEnum):
    """`failed`: the old container is as it was (or, with the reason `stranded`, could not be put back)."""

    UPDATED = "updated"
    ROLLED_BACK = "rolled-back"
    FAILED = "failed"
    SKIPPED = "skipped"
    WOULD_UPDATE = "would-update"
    CURRENT = "current"


@dataclass(frozen=True, slots=True)
class ImageAt:
    """An image as the engine knows it and as the registry does; None where that is not known."""

    image_id: str | None
    digest: Digest | None


@dataclass(frozen=True, slots=True)
class StepTaken:
    """One step of the recreate and how many seconds it took."""

    name: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the container `name`, made from `image` (as its user wrote it).

    `downtime_seconds` runs from the stop request to the new (or, after a rollback, the old) process running;
    None where nothing was stopped. `notes` are further sentences for a person; `log_tail` is the last output of
    a new container that failed. `container_id` is the container of that name now, where it was replaced. `forecast` is
    what the update would change, where it was only asked for.
    """

    name: str
    image: str
    kind: OutcomeKind
    reason: Reason
    source: ImageAt
    target: ImageAt
    duration_seconds: float = 0.0
    downtime_seconds: float | None = None
    steps: tuple[StepTaken, ...] = ()
    notes: tuple[str, ...] = ()
    log_tail: str = ""
    container_id: str | None = None
    forecast: Forecast | None = None
