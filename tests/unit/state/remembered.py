"""Values to remember, each test says only what matters to it; and the file of an earlier version."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.unit.given import IMAGE_ID, NEW, OLD
from updater.model.history import HistoryEntry, Operation, Rejection
from updater.model.hold import Hold, Skip
from updater.model.outcome import ImageAt, OutcomeKind
from updater.model.reason import Reason, ReasonCode
from updater.state.folder import FILE_NAME

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


def hold(name: str = "web", until: datetime | None = None) -> Hold:
    return Hold(name, NOON, until)


def skip(name: str = "web", digest: Digest = NEW, **changes: Any) -> Skip:
    values: dict[str, Any] = {"name": name, "reference": REFERENCE, "digest": digest, "tag": None, "at": NOON}
    return Skip(**(values | changes))


def lay_down_version_1(folder: Path) -> None:
    """The file that the program made before it knew holds, with two entries, two rejections and two digests seen."""
    folder.mkdir(parents=True)
    with closing(sqlite3.connect(folder / FILE_NAME)) as connection:
        connection.executescript((Path(__file__).parent / "version_1.sql").read_text())
