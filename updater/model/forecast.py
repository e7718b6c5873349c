"""What would an update change in a container, and what of the user's would it keep?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from updater.model.decision import Decision
    from updater.model.outcome import ImageAt

YOURS = "(yours)"
"""Stands for a value that the user set and that may be a secret."""


@dataclass(frozen=True, slots=True)
class Change:
    """A field that follows the image: `Env.NAME`, `Labels.key`, `Healthcheck.Interval`. None: it is not there."""

    field: str
    old: Any
    new: Any
    reason: str


@dataclass(frozen=True, slots=True)
class Kept:
    """A field that stays as it is, although the new image's default is another. None: it is not there."""

    field: str
    value: Any
    image_default: Any
    reason: str


@dataclass(frozen=True, slots=True)
class Forecast:
    """All that an update would mean for a container's configuration; it never holds a secret of the user's.

    `image_id` is what the engine will call the new image. `notes` are sentences about what is carried over in
    another form.
    """

    changes: tuple[Change, ...] = ()
    kept: tuple[Kept, ...] = ()
    notes: tuple[str, ...] = ()
    image_id: str | None = None


NOTHING_CHANGES = Forecast()


@dataclass(frozen=True, slots=True)
class DiffReport:
    """What an update of one container would mean. `forecast` is None where there is nothing to compare."""

    decision: Decision
    source: ImageAt
    target: ImageAt
    forecast: Forecast | None
