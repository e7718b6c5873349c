"""How is a report written for scripts? The contract's JSON, schema version 1; never holds a secret."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC
from typing import TYPE_CHECKING, Any

from updater.model.candidate import Status
from updater.model.finding import Health
from updater.model.forecast import NOTHING_CHANGES
from updater.model.outcome import Outcome, OutcomeKind
from updater.model.published import Published

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from updater.model.container import EngineInfo
    from updater.model.decision import Decision
    from updater.model.explanation import Explanation
    from updater.model.finding import Finding
    from updater.model.forecast import Forecast
    from updater.model.history import HistoryEntry
    from updater.model.outcome import ImageAt
    from updater.model.reason import Reason
    from updater.model.report import CheckReport, CycleReport, DiffReport

Json = dict[str, Any]
SCHEMA_VERSION = 1


def dump(document: Json) -> str:
    """The document as text, with a line's end."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def check_json(report: CheckReport) -> Json:
    """What `check -o json` prints."""
    counts = Counter(decision.candidate.status for decision in report.decisions)
    return {
        "schema_version": SCHEMA_VERSION,
        "engine": _engine(report.engine),
        "containers": [_decision(decision) for decision in report.decisions],
        "summary": {str(status): counts[status] for status in Status},
    }


def findings_json(findings: Sequence[Finding]) -> Json:
    """What `doctor -o json` prints."""
    counts = Counter(finding.health for finding in findings)
    return {
        "schema_version": SCHEMA_VERSION,
        "findings": [
            {
                "subject": finding.subject,
                "about": finding.about or None,
                "health": str(finding.health),
                "message": finding.message,
            }
            for finding in findings
        ],
        "summary": {str(health): counts[health] for health in Health},
    }


def explanation_json(explanation: Explanation) -> Json:
    """What `explain -o json` prints: the container as in `check`, what is known, and each question asked."""
    return {
        "schema_version": SCHEMA_VERSION,
        "engine": _engine(explanation.engine),
        "container": _decision(explanation.decision),
        "facts": [{"name": name, "value": value} for name, value in explanation.facts],
        "rules": [
            {
                "question": ruling.question,
                "objection": _reason(ruling.objection) | {"until": _until(ruling.objection)}
                if ruling.objection
                else None,
            }
            for ruling in explanation.rulings
        ],
    }


def cycle_json(report: CycleReport) -> Json:
    """What `run -o json` prints."""
    counts = Counter(outcome.kind for outcome in report.outcomes)
    return {
        "schema_version": SCHEMA_VERSION,
        "started_at": _moment(report.started_at),
        "finished_at": _moment(report.finished_at),
        "engine": _engine(report.engine),
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
        "reason": _reason(decision.reasons[0]),
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
            {"at": _moment(entry.at), "operation": str(entry.operation), **_outcome(entry)} for entry in entries
        ],
    }


def _engine(engine: EngineInfo) -> Json:
    return {"name": engine.name, "version": engine.version, "api_version": engine.api_version}


def _decision(decision: Decision) -> Json:
    candidate, container = decision.candidate, decision.container
    published = candidate.lookup.digest if isinstance(candidate.lookup, Published) else None
    created = candidate.published_image.created if candidate.published_image else None
    followed = candidate.target or candidate.container.reference
    return {
        "name": container.name,
        "id": container.id,
        "image": container.image_text,
        "state": str(container.state),
        "running": {"image_id": container.image_id, "digest": candidate.running_digest},
        "published": {
            "digest": published,
            "tag": followed.tag if followed is not None else None,
            "created": _moment(created) if created else None,
        },
        "status": str(candidate.status),
        "decision": str(decision.action),
        "reasons": [_reason(reason) | {"until": _until(reason)} for reason in decision.reasons],
    }


def _outcome(outcome: Outcome | HistoryEntry) -> Json:
    return {
        "name": outcome.name,
        "image": outcome.image,
        "outcome": str(outcome.kind if isinstance(outcome, Outcome) else outcome.outcome),
        "from": _image(outcome.source),
        "to": _image(outcome.target),
        "reason": _reason(outcome.reason),
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


def _reason(reason: Reason) -> Json:
    return {"code": str(reason.code), "message": reason.message}


def _until(reason: Reason) -> str | None:
    return _moment(reason.until) if reason.until else None


def _moment(moment: datetime) -> str:
    """RFC 3339 in UTC, to the second."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
