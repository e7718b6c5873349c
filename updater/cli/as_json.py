"""How is a report written for scripts? The contract's JSON, schema version 1; never holds a secret."""

from __future__ import annotations

import json
import sys
from collections import Counter
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any

from updater.cli.terminal import is_utf8
from updater.model.candidate import Status
from updater.model.published import Published

if TYPE_CHECKING:
    from datetime import datetime

    from updater.model.container import EngineInfo
    from updater.model.decision import Decision
    from updater.model.explanation import Explanation
    from updater.model.reason import Reason
    from updater.model.report import CheckReport

Json = dict[str, Any]
SCHEMA_VERSION = 1


def dump(document: Json) -> str:
    """The document as text for stdout, with a line's end."""
    return json.dumps(document, indent=2, ensure_ascii=not is_utf8(sys.stdout)) + "\n"


def check_json(report: CheckReport) -> Json:
    """What `check -o json` prints."""
    counts = Counter(decision.candidate.status for decision in report.decisions)
    return {
        "schema_version": SCHEMA_VERSION,
        "engine": engine_json(report.engine),
        "containers": [decision_json(decision) for decision in report.decisions],
        "summary": {str(status): counts[status] for status in Status},
    }


def explanation_json(explanation: Explanation) -> Json:
    """What `explain -o json` prints: the container as in `check`, what is known, and each question asked."""
    return {
        "schema_version": SCHEMA_VERSION,
        "engine": engine_json(explanation.engine),
        "container": decision_json(explanation.decision),
        "facts": [{"name": name, "value": value} for name, value in explanation.facts],
        "rules": [
            {
                "question": ruling.question,
                "objection": reason_json(ruling.objection) | {"until": until_json(ruling.objection)}
                if ruling.objection
                else None,
            }
            for ruling in explanation.rulings
        ],
    }


def engine_json(engine: EngineInfo) -> Json:
    return {"name": engine.name, "version": engine.version, "api_version": engine.api_version}


def decision_json(decision: Decision) -> Json:
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
            "created": moment_text(created) if created else None,
        },
        "status": str(candidate.status),
        "decision": str(decision.action),
        "reasons": [reason_json(reason) | {"until": until_json(reason)} for reason in decision.reasons],
    }


def reason_json(reason: Reason) -> Json:
    return {"code": str(reason.code), "message": reason.message}


def until_json(reason: Reason) -> str | None:
    # Rounded up: whoever waits until then does not come too early.
    return moment_text(reason.until + timedelta(microseconds=999_999)) if reason.until else None


def moment_text(moment: datetime) -> str:
    """RFC 3339 in UTC, to the second."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
