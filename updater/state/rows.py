"""How is a value written as a row of a table, and read again?

Most checks read none: what a row becomes is loaded with the first of its kind.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from updater.model.digest import Digest, parse_digest
from updater.model.reason import Reason, ReasonCode

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from updater.model.history import HistoryEntry, Rejection
    from updater.model.hold import Hold, Skip

# Bytes. The end of a log tells why; ten thousand entries must not fill a small machine's disk.
LONGEST_LOG_TAIL = 16 * 1024


def plain(text: str) -> str:
    """What cannot be written as UTF-8 (a surrogate on its own, from a name in another encoding) becomes `?`."""
    return text.encode("utf-8", "replace").decode()


def write_time(at: datetime) -> str:
    """In UTC, and always of the same length, so that texts sort as the times do."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def read_time(text: str) -> datetime:
    """Raises ValueError."""
    return datetime.fromisoformat(text).astimezone(UTC)


def write_entry(entry: HistoryEntry) -> Mapping[str, Any]:
    """All columns but the id."""
    return {
        "at": write_time(entry.at),
        "name": plain(entry.name),
        "image": plain(entry.image),
        "operation": entry.operation.value,
        "outcome": entry.outcome.value,
        **_write_reason(entry.reason),
        "source_image_id": entry.source.image_id,
        "source_digest": entry.source.digest,
        "target_image_id": entry.target.image_id,
        "target_digest": entry.target.digest,
        "duration_seconds": entry.duration_seconds,
        "downtime_seconds": entry.downtime_seconds,
        "steps": json.dumps([[plain(step.name), step.seconds] for step in entry.steps]),
        "notes": json.dumps([plain(note) for note in entry.notes]),
        "log_tail": _end_of(entry.log_tail),
    }


def read_entry(row: sqlite3.Row) -> HistoryEntry | None:
    """None for a row that makes no sense, as one edited by hand."""
    from updater.model.history import HistoryEntry, Operation
    from updater.model.outcome import ImageAt, OutcomeKind, StepTaken

    try:
        return HistoryEntry(
            id=row["id"],
            at=read_time(row["at"]),
            name=row["name"],
            image=row["image"],
            operation=Operation(row["operation"]),
            outcome=OutcomeKind(row["outcome"]),
            reason=_read_reason(row),
            source=ImageAt(row["source_image_id"], _read_digest(row["source_digest"])),
            target=ImageAt(row["target_image_id"], _read_digest(row["target_digest"])),
            duration_seconds=row["duration_seconds"],
            downtime_seconds=row["downtime_seconds"],
            steps=tuple(StepTaken(name, seconds) for name, seconds in json.loads(row["steps"])),
            notes=tuple(json.loads(row["notes"])),
            log_tail=row["log_tail"],
        )
    except (ValueError, TypeError):
        return None


def write_rejection(rejection: Rejection) -> Mapping[str, Any]:
    """All columns."""
    return {
        "name": plain(rejection.name),
        "reference": plain(rejection.reference),
        "digest": rejection.digest,
        **_write_reason(rejection.reason),
        "at": write_time(rejection.at),
    }


def read_rejection(row: sqlite3.Row) -> Rejection | None:
    """None for a row that makes no sense, as one edited by hand."""
    from updater.model.history import Rejection

    try:
        digest = parse_digest(row["digest"])
        return Rejection(row["name"], row["reference"], digest, _read_reason(row), read_time(row["at"]))
    except (ValueError, TypeError):
        return None


def write_hold(hold: Hold) -> Mapping[str, Any]:
    """All columns."""
    until = write_time(hold.until) if hold.until is not None else None
    return {"name": plain(hold.name), "at": write_time(hold.at), "until": until}


def read_hold(row: sqlite3.Row) -> Hold | None:
    """None for a row that makes no sense, as one edited by hand."""
    from updater.model.hold import Hold

    try:
        until = row["until"]
        return Hold(row["name"], read_time(row["at"]), read_time(until) if until is not None else None)
    except (ValueError, TypeError):
        return None


def write_skip(skip: Skip) -> Mapping[str, Any]:
    """All columns."""
    return {
        "name": plain(skip.name),
        "reference": plain(skip.reference),
        "digest": skip.digest,
        "tag": plain(skip.tag) if skip.tag is not None else None,
        "at": write_time(skip.at),
    }


def read_skip(row: sqlite3.Row) -> Skip | None:
    """None for a row that makes no sense, as one edited by hand."""
    from updater.model.hold import Skip

    try:
        return Skip(row["name"], row["reference"], parse_digest(row["digest"]), row["tag"], read_time(row["at"]))
    except (ValueError, TypeError):
        return None


def _write_reason(reason: Reason) -> Mapping[str, Any]:
    return {
        "reason_code": reason.code.value,
        "reason_message": plain(reason.message),
        "reason_until": write_time(reason.until) if reason.until is not None else None,
    }


def _read_reason(row: sqlite3.Row) -> Reason:
    until = row["reason_until"]
    return Reason(ReasonCode(row["reason_code"]), row["reason_message"], read_time(until) if until else None)


def _read_digest(text: str | None) -> Digest | None:
    return parse_digest(text) if text is not None else None


def _end_of(log: str) -> str:
    # A character that the cut goes through is left out.
    return log.encode("utf-8", "replace")[-LONGEST_LOG_TAIL:].decode("utf-8", "ignore")
