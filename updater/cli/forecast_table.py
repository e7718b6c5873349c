"""How is what an update would change shown to a person? Pure: report and terminal in, text out."""

from __future__ import annotations

import json
import textwrap
from typing import TYPE_CHECKING, Any

from updater.cli.columns import table
from updater.model.candidate import Status
from updater.model.decision import Action
from updater.model.digest import short
from updater.model.values import show_in_full
from updater.model.wording import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from updater.cli.terminal import Terminal
    from updater.model.forecast import DiffReport, Forecast
    from updater.model.outcome import ImageAt, Outcome

    Row = tuple[str, str, str, str]

_LONGEST, _SHORTEST = 60, 16  # characters of a value beside others
_TIMES = frozenset({f"Healthcheck.{field}" for field in ("Interval", "Timeout", "StartPeriod", "StartInterval")})
_DECLARATIONS = ("ExposedPorts.", "Volumes.")


def diff_table(report: DiffReport, terminal: Terminal) -> str:
    """What `diff` prints."""
    decision, name = report.decision, report.decision.container.name
    if report.forecast is None:
        return _wrapped(_nothing_to_compare(report), terminal)
    images = f"{decision.container.image_text}, {_at(report.source)} → {_at(report.target)}"
    left = "" if decision.action is Action.UPDATE else f"`updater run` would not do it: {decision.reasons[0].message}"
    return (
        _wrapped(f"{name}: {images}.", terminal)
        + _section(name, report.forecast, report.forecast.notes, terminal)
        + (_wrapped(left, terminal) if left else "")
    )


def forecast_sections(outcomes: Sequence[Outcome], terminal: Terminal) -> str:
    """What `run --dry-run` adds for each container that would be updated; its notes stand with the outcomes."""
    return "".join(
        "\n" + _section(outcome.name, outcome.forecast, (), terminal)
        for outcome in outcomes
        if outcome.forecast is not None and outcome.forecast.image_id is not None
    )


def _nothing_to_compare(report: DiffReport) -> str:
    name, message = report.decision.container.name, report.decision.reasons[0].message
    status = report.decision.candidate.status
    if status is Status.CURRENT:
        return f"{name} runs what the registry publishes; there is nothing that an update would change."
    if status is Status.UNKNOWN:
        return f"What an update of {name} would change cannot be told: {message}"
    return f"There is nothing to compare for {name}. {message}"


def _section(name: str, forecast: Forecast, notes: Sequence[str], terminal: Terminal) -> str:
    text = ""
    if forecast.changes:
        text += _wrapped(f"An update of {name} would change:", terminal)
        rows = [
            (change.field, _value(change.field, change.old), _value(change.field, change.new), change.reason)
            for change in forecast.changes
        ]
        text += _rows(("FIELD", "OLD", "NEW", "WHY"), rows, terminal)
    else:
        text += _wrapped(f"An update of {name} would change its image, and nothing in its configuration.", terminal)
    if forecast.kept:
        text += _wrapped("Kept, although the new image's default is another:", terminal)
        rows = [
            (kept.field, _value(kept.field, kept.value), _value(kept.field, kept.image_default), kept.reason)
            for kept in forecast.kept
        ]
        text += _rows(("FIELD", "KEPT", "DEFAULT", "WHY"), rows, terminal)
    return text + "".join(_wrapped(note, terminal) for note in notes)


def _rows(headings: Row, rows: Sequence[Row], terminal: Terminal) -> str:
    """A table; where a name leaves no room beside it, its values go below it instead."""
    widest = max(len(printable(row[0])) for row in (headings, *rows))
    room = (terminal.width - widest - 6) // 2
    if room < _SHORTEST:
        return "".join(_stacked(row, terminal) for row in rows)
    longest = min(max((terminal.width - widest - 42) // 2, _SHORTEST), _LONGEST)
    cut = [(printable(field), printable(old, longest), printable(new, longest), why) for field, old, new, why in rows]
    return table(headings, cut, terminal)


def _stacked(row: Row, terminal: Terminal) -> str:
    field, old, new, why = (printable(cell, 2 * _LONGEST) for cell in row)
    lines = textwrap.wrap(field, terminal.width)
    for text in (f"{old} → {new}", why):
        lines += textwrap.wrap(text, terminal.width, initial_indent="    ", subsequent_indent="    ")
    return "\n".join(lines) + "\n"


def _value(field: str, value: Any) -> str:
    if value is None:
        return "-"
    if field.startswith(_DECLARATIONS):
        return "declared"
    if field in _TIMES:
        return show_in_full(value / 1e9)
    if isinstance(value, str) and value:
        return value
    return json.dumps(value, ensure_ascii=False)


def _at(image: ImageAt) -> str:
    return short(image.digest or image.image_id or "") or "-"


def _wrapped(text: str, terminal: Terminal) -> str:
    return "\n".join(textwrap.wrap(printable(text, 10 * _LONGEST), terminal.width)) + "\n"
