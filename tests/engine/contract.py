"""What must the JSON look like? The contract that scripts rely on: a name may be added, none renamed."""

from __future__ import annotations

from typing import Any

import jsonschema

DIGEST = {"type": "string", "pattern": "^sha256:[0-9a-f]{64}$"}
DIGEST_OR_NULL = {"oneOf": [DIGEST, {"type": "null"}]}
MOMENT = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$"}
MOMENT_OR_NULL = {"oneOf": [MOMENT, {"type": "null"}]}
SECONDS = {"type": "number", "minimum": 0}
COUNT = {"type": "integer", "minimum": 0}


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": sorted(properties)}


ENGINE = _object(name={"const": "docker"}, version={"type": "string"}, api_version={"type": "string"})
IMAGE = _object(image_id=DIGEST_OR_NULL, digest=DIGEST_OR_NULL)
CODE = {"type": "string", "pattern": "^[a-z]+(-[a-z]+)*$"}
MESSAGE = {"type": "string", "minLength": 5}

CHECK = _object(
    schema_version={"const": 1},
    engine=ENGINE,
    containers={
        "type": "array",
        "items": _object(
            name={"type": "string"},
            id={"type": "string", "pattern": "^[0-9a-f]{64}$"},
            image={"type": "string"},
            state={"enum": ["created", "running", "paused", "restarting", "removing", "exited", "dead"]},
            running=_object(image_id=DIGEST, digest=DIGEST_OR_NULL),
            published=_object(digest=DIGEST_OR_NULL, tag={"type": ["string", "null"]}, created=MOMENT_OR_NULL),
            status={"enum": ["current", "outdated", "unknown", "ignored"]},
            decision={"enum": ["update", "wait", "leave"]},
            reasons={
                "type": "array",
                "minItems": 1,
                "items": _object(code=CODE, message=MESSAGE, until=MOMENT_OR_NULL),
            },
        ),
    },
    summary=_object(current=COUNT, outdated=COUNT, unknown=COUNT, ignored=COUNT),
)

RUN = _object(
    schema_version={"const": 1},
    started_at=MOMENT,
    finished_at=MOMENT,
    engine=ENGINE,
    results={
        "type": "array",
        "items": _object(
            **{"from": IMAGE},
            name={"type": "string"},
            image={"type": "string"},
            outcome={"enum": ["updated", "rolled-back", "failed", "skipped", "would-update", "current"]},
            to=IMAGE,
            reason=_object(code=CODE, message=MESSAGE),
            duration_seconds=SECONDS,
            downtime_seconds={"type": ["number", "null"], "minimum": 0},
            steps={"type": "array", "items": _object(name={"type": "string"}, seconds=SECONDS)},
        ),
    },
    recovered={"type": "array"},
    summary=_object(**{"updated": COUNT, "rolled-back": COUNT, "failed": COUNT, "skipped": COUNT, "current": COUNT}),
)

ANY: dict[str, Any] = {}
CHANGES = {
    "type": "array",
    "items": _object(field={"type": "string"}, old=ANY, new=ANY, reason=MESSAGE),
}
DIFF = _object(
    **{"from": IMAGE},
    schema_version={"const": 1},
    name={"type": "string"},
    image={"type": "string"},
    status={"enum": ["current", "outdated", "unknown", "ignored"]},
    decision={"enum": ["update", "wait", "leave"]},
    reason=_object(code=CODE, message=MESSAGE),
    to=IMAGE,
    changes=CHANGES,
    kept={
        "type": "array",
        "items": _object(field={"type": "string"}, value=ANY, image_default=ANY, reason=MESSAGE),
    },
    notes={"type": "array", "items": MESSAGE},
)

DOCTOR = _object(
    schema_version={"const": 1},
    findings={
        "type": "array",
        "minItems": 3,
        "items": _object(
            subject={"type": "string"},
            about={"type": ["string", "null"]},
            health={"enum": ["ok", "warning", "failed"]},
            message=MESSAGE,
        ),
    },
    summary=_object(ok=COUNT, warning=COUNT, failed=COUNT),
)


def checked(document: Any) -> dict[str, dict[str, Any]]:
    """The containers of a valid `check -o json`, by name."""
    jsonschema.validate(document, CHECK)
    return {container["name"]: container for container in document["containers"]}


def ran(document: Any) -> dict[str, dict[str, Any]]:
    """The results of a valid `run -o json`, by name."""
    jsonschema.validate(document, RUN)
    return {result["name"]: result for result in document["results"]}


def differed(document: Any) -> dict[str, Any]:
    """A valid `diff -o json`."""
    jsonschema.validate(document, DIFF)
    return dict(document)


def codes(container: dict[str, Any]) -> list[str]:
    """The reason codes of a container under `check`."""
    return [reason["code"] for reason in container["reasons"]]
