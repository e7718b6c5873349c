"""How is a report written for a person? Pure: report and terminal in, text out."""

from __future__ import annotations

import textwrap
from collections import Counter
from typing import TYPE_CHECKING

from updater.cli.columns import table
from updater.cli.forecast_table import forecast_sections
from updater.model.candidate import Candidate, Status
from updater.model.digest import short
from updater.model.finding import Health
from updater.model.outcome import OutcomeKind
from updater.model.published import Published
from updater.model.values import show_duration
from updater.model.wording import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from updater.cli.terminal import Terminal
    from updater.model.cycle_report import CycleReport
    from updater.model.decision import Decision
    from updater.model.finding import Finding
    from updater.model.history import HistoryEntry
    from updater.model.outcome import ImageAt, Outcome
    from updater.model.report import CheckReport


def check_table(report: CheckReport, terminal: Terminal) -> str:
    """What `check` prints."""
    rows = [_check_row(decision) for decision in report.decisions]
    text = table(("NAME", "IMAGE", "RUNS", "PUBLISHED", "STATUS", "DECISION", "WHY"), rows, terminal)
    counts = Counter(decision.candidate.status for decision in report.decisions)
    lines = [_summary([(counts[status], str(status)) for status in Status])]
    if report.unlisted:
        lines += textwrap.wrap(_unlisted(report.unlisted), terminal.width)
    return text + "\n".join(lines) + "\n"


def findings_table(findings: Sequence[Finding], terminal: Terminal) -> str:
    """What `doctor` prints."""
    rows = [
        (f"{finding.subject} {finding.about}".strip(), str(finding.health), printable(finding.message))
        for finding in findings
    ]
    counts = Counter(finding.health for finding in findings)
    return table(("WHAT", "HOW", "WHY"), rows, terminal) + _summary([(counts[one], str(one)) for one in Health]) + "\n"


def cycle_table(report: CycleReport, terminal: Terminal) -> str:
    """What `run` prints."""
    recovered = outcomes_table(report.recovered, terminal, "") + "\n" if report.recovered else ""
    told = outcomes_table(report.outcomes, terminal, "No containers to look at.")
    return recovered + told + forecast_sections(report.outcomes, terminal)


def outcomes_table(outcomes: Sequence[Outcome], terminal: Terminal, nothing: str) -> str:
    """A row for each outcome, what a person needs to know of it, and a summary; `nothing` where there is none."""
    if not outcomes:
        return nothing + "\n"
    rows = [_outcome_row(outcome) for outcome in outcomes]
    text = table(("NAME", "OUTCOME", "FROM", "TO", "TOOK", "DOWN", "WHY"), rows, terminal)
    counts = Counter(outcome.kind for outcome in outcomes)
    details = "".join(_details(outcome) for outcome in outcomes)
    return text + details + _summary([(counts[kind], str(kind)) for kind in OutcomeKind]) + "\n"


def history_table(entries: Sequence[HistoryEntry], terminal: Terminal, name: str | None = None) -> str:
    """What `history` prints; times in the zone of whoever reads it. Of one container, with all that is to be said."""
    if not entries:
        return f"Nothing is written down of {name}.\n" if name else "Nothing has been done yet.\n"
    rows = [_history_row(entry) for entry in entries]
    text = table(("WHEN", "NAME", "WHAT", "OUTCOME", "FROM", "TO", "DOWN", "WHY"), rows, terminal)
    return text + "".join(_history_notes(entry) for entry in entries if name)


def _history_notes(entry: HistoryEntry) -> str:
    """Each note below its moment; what a hook wrote, line by line."""
    notes = [[printable(line) for line in note.splitlines()] for note in entry.notes]
    return "".join(
        f"{_when(entry)}: {first}\n" + textwrap.indent("".join(f"{line}\n" for line in more), "    ")
        for first, *more in notes
    )


def _when(entry: HistoryEntry) -> str:
    return f"{entry.at.astimezone():%Y-%m-%d %H:%M}"


def _history_row(entry: HistoryEntry) -> tuple[str, ...]:
    down = entry.downtime_seconds
    return (
        _when(entry),
        entry.name,
        str(entry.operation),
        str(entry.outcome),
        _at(entry.source),
        _at(entry.target),
        "-" if down is None else show_duration(down),
        printable(entry.reason.message),
    )


def _check_row(decision: Decision) -> tuple[str, ...]:
    candidate = decision.candidate
    return (
        decision.container.name,
        printable(_image_text(candidate)),
        _short(candidate.running_digest),
        _short(candidate.lookup.digest if isinstance(candidate.lookup, Published) else None),
        str(candidate.status),
        str(decision.action),
        printable(" ".join(reason.message for reason in decision.reasons)),
    )


def _image_text(candidate: Candidate) -> str:
    text = candidate.container.image_text
    return short(text) if text.startswith("sha256:") else text


def _outcome_row(outcome: Outcome) -> tuple[str, ...]:
    down = outcome.downtime_seconds
    return (
        outcome.name,
        str(outcome.kind),
        _at(outcome.source),
        _at(outcome.target),
        show_duration(outcome.duration_seconds) if outcome.steps else "-",
        "-" if down is None else show_duration(down),
        printable(outcome.reason.message),
    )


def _details(outcome: Outcome) -> str:
    """What a person needs who has to act: notes, and the last words of a container that failed."""
    name = outcome.name
    text = "".join(f"{name}: {printable(note)}\n" for note in outcome.notes)
    if outcome.log_tail.strip():
        lines = "\n".join(printable(line) for line in outcome.log_tail.strip().splitlines())
        text += f"{name}: the last output of the container that failed:\n{textwrap.indent(lines, '    ')}\n"
    return text


def _at(image: ImageAt) -> str:
    return _short(image.digest or image.image_id)


def _short(digest: str | None) -> str:
    return short(digest) if digest else "-"


def _summary(counts: Sequence[tuple[int, str]]) -> str:
    return (
        ", ".join(f"{count} {what}" for count, what in counts if count) + "."
        if any(count for count, _ in counts)
        else "No containers to look at."
    )


def _unlisted(count: int) -> str:
    containers = "1 container is" if count == 1 else f"{count} containers are"
    return f"{containers} not opted in; --all-containers lists every one."
