"""How is a migration written for scripts? Never holds a secret."""

from __future__ import annotations

from typing import TYPE_CHECKING

from updater.cli.as_json import SCHEMA_VERSION, Json

if TYPE_CHECKING:
    from updater.watchtower.labels import LabelAnswer
    from updater.watchtower.migration import Migration, Source
    from updater.watchtower.translation import Answer


def migration_json(migration: Migration) -> Json:
    """What `migrate -o json` prints."""
    return {
        "schema_version": SCHEMA_VERSION,
        "watchtowers": [_source(source) for source in migration.sources],
        "containers": [
            {"name": one.name, "labels": [_label(label) for label in one.labels]} for one in migration.containers
        ],
    }


def _source(source: Source) -> Json:
    return {
        "container": source.name or None,
        "image": source.image or None,
        "state": source.state or None,
        "given": [_answer(answer) for answer in source.translation.answers],
        "unknown": list(source.translation.unknown),
        "settings": source.settings,
        "environment": source.environment,
    }


def _answer(answer: Answer) -> Json:
    return {
        "name": answer.given.source,
        "value": answer.given.shown,
        "becomes": answer.becomes,
        "note": answer.problem or answer.note or None,
    }


def _label(label: LabelAnswer) -> Json:
    return {
        "label": label.label,
        "value": label.value,
        "becomes": None if label.becomes is None else f"{label.becomes}={label.text}",
        "note": label.note or None,
    }
