"""What does a person hold back: a container, or one image for a container?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from updater.model.digest import Digest


@dataclass(frozen=True, slots=True)
class Hold:
    """This container is not updated until then; without a time, until somebody releases it. Times are in UTC."""

    name: str
    at: datetime
    until: datetime | None

    def __post_init__(self) -> None:
        _require_utc(self.at)
        if self.until is not None:
            _require_utc(self.until)


@dataclass(frozen=True, slots=True)
class Skip:
    """This container is not put onto this digest of this reference (in canonical text); `at` is in UTC.

    `tag` is the newer version that is left out, whatever digest it has, where that is not the tag that the container
    follows; None where the digest alone is meant.
    """

    name: str
    reference: str
    digest: Digest
    tag: str | None
    at: datetime

    def __post_init__(self) -> None:
        _require_utc(self.at)


def _require_utc(at: datetime) -> None:
    if at.utcoffset() != timedelta(0):
        raise ValueError(f"not a time in UTC: {at}")
