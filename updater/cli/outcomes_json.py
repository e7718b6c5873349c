"""How is what was done, or would be, written for scripts? The contract's JSON, schema version 1."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from updater.cli.as_json import SCHEMA_VERSION, Json, engine_json, moment_text, reason_json
from updater.model.forecast import NOTHING_CHANGES
from updater.model.outcome import Outcome, OutcomeKind

if TYPE_CHECKING:
    from updater.model.cycle_report import CycleReport
    from updater.model.forecast import DiffReport, Forecast
    from updater.model.history import HistoryEntry
    from updater.model.outcome import ImageAt


def cycle_json(report: CycleReport) -> Json:
    """What `run -o json` prints."""
    counts = Counter(outcome.kind for outcome in report.outcomes)
    return {
        "schema_version": SCHEMA_VERSION,
        "started_at": moment_text(report.started_at),
        "finished_at": moment_text(report.finished_at),
        "engine": engine_json(report.engine),
        "results": [_outcome(outcome) for outcome in report.outcomes],
        "recovered": [_outcome(outcome) for outcome in report.recovered],
        "summary": {str(kind): counts[kind] for kind in OutcomeKind},
    }


def diff_json(report: DiffReport) -> Json:
    """What `diff -o json` prints. A value of the user's that may be a secret is `(yours)`."""
    decision = report.decision
    forecast = report.forecast or NOTHING_CHANGES
    return {
        "schema_version": SCHEMA_VERSION,
        "name": decision.container.name,
        "image": decision.container.image_text,
        "status": str(decision.candidate.status),
        "decision": str(decision.action),
        "reason": reason_json(decision.reasons[0]),
        "from": _image(report.source),
        "to": _image(report.target),
        **_forecast(forecast),
        "notes": list(forecast.notes),
    }


def recovered_json(outcomes: tuple[Outcome, ...]) -> Json:
    """What `recover -o json` prints."""
    return {"schema_version": SCHEMA_VERSION, "recovered": [_outcome(outcome) for outcome in outcomes]}


def results_json(outcomes: tuple[Outcome, ...]) -> Json:
    """What `rollback -o json` prints."""
    return {"schema_version": SCHEMA_VERSION, "results": [_outcome(outcome) for outcome in outcomes]}


def history_json(entries: tuple[HistoryEntry, ...]) -> Json:
    """What `history -o json` prints: results with a time and an operation."""
    return {
        "schema_version": SCHEMA_VERSION,
        "entries": [
            {"at": moment_text(entry.at), "operation": str(entry.operation), **_outcome(entry)} for entry in entries
        ],
    }


def _outcome(outcome: Outcome | HistoryEntry) -> Json:
    return {
        "name": outcome.name,
        "image": outcome.image,
        "outcome": str(outcome.kind if isinstance(outcome, Outcome) else outcome.outcome),
        "from": _image(outcome.source),
        "to": _image(outcome.target),
        "reason": reason_json(outcome.reason),
        "duration_seconds": round(outcome.duration_seconds, 3),
        "downtime_seconds": None if outcome.downtime_seconds is None else round(outcome.downtime_seconds, 3),
        "steps": [{"name": step.name, "seconds": round(step.seconds, 3)} for step in outcome.steps],
        "notes": list(outcome.notes),
        "log_tail": outcome.log_tail,
        **(_forecast(outcome.forecast) if isinstance(outcome, Outcome) and outcome.forecast else {}),
    }


def _forecast(forecast: Forecast) -> Json:
    return {
        "changes": [
            {"field": change.field, "old": change.old, "new": change.new, "reason": change.reason}
            for change in forecast.changes
        ],
        "kept": [
            {"field": kept.field, "value": kept.value, "image_default": kept.image_default, "reason": kept.reason}
            for kept in forecast.kept
        ],
    }


def _image(image: ImageAt) -> Json:
    return {"image_id": image.image_id, "digest": image.digest}
