"""`updater run`: one cycle. Check, decide, update, verify health, roll back what fails, report."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from updater.cli.ending import FAILED, ending
from updater.cli.options import Names, Output, OutputFormat, with_settings
from updater.errors import UsageError
from updater.interruption import Interruption

if TYPE_CHECKING:
    from updater.model.cycle_report import CycleReport


@with_settings
def run_command(
    given: dict[str, Any],
    names: Names = None,
    output: Output = OutputFormat.TABLE,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would be done.")] = False,
    now: Annotated[
        bool, typer.Option("--now", help="Mind no window, schedule or minimum age, for the containers named.")
    ] = False,
) -> None:
    """Run one cycle: check, decide, update, verify health, roll back what fails, report.

    A container that is named is opted in for this call.

    \b
    Examples:
      updater run
      updater run --dry-run
      updater run web
      updater run web --now
      updater run --all --grace-period 30s -o json
    """
    interruption = Interruption()
    with ending(interruption):
        if now and not names:
            raise UsageError("--now is for containers that are named, so that nothing is updated by surprise")
        report = _run(given, names or [], dry_run, now, interruption)
        with interruption.deferred():
            _show(report, output)
    if interruption.requested():
        raise typer.Exit(interruption.exit_code)
    if _has_failures(report):
        raise typer.Exit(FAILED)


def _run(given: dict[str, Any], names: list[str], dry_run: bool, now: bool, interruption: Interruption) -> CycleReport:
    from updater.cli.logs import start_logging
    from updater.cli.narration import narrating
    from updater.configuration import resolve
    from updater.cycle import run
    from updater.wiring import opened, request_of

    settings = resolve(given, os.environ)
    start_logging(settings)
    with narrating(sys.stderr, settings) as narrator, opened(settings, os.environ, narrator, interruption) as world:
        return run(
            world,
            replace(request_of(settings, names, os.environ), at_once=now),
            parallel_checks=settings["parallel_checks"],
            parallel_updates=settings["parallel_updates"],
            dry_run=dry_run,
            tell=narrator.outcome,
        )


def _show(report: CycleReport, output: OutputFormat) -> None:
    if output is OutputFormat.JSON:
        from updater.cli.as_json import dump
        from updater.cli.outcomes_json import cycle_json

        sys.stdout.write(dump(cycle_json(report)))
    else:
        from updater.cli.as_table import cycle_table
        from updater.cli.terminal import terminal_of

        if sys.stderr.isatty():
            sys.stderr.write("\n")  # between what was told while it happened and the report
        sys.stdout.write(cycle_table(report, terminal_of(sys.stdout)))


def _has_failures(report: CycleReport) -> bool:
    from updater.model.candidate import Status
    from updater.model.outcome import OutcomeKind

    failed = any(outcome.kind in (OutcomeKind.FAILED, OutcomeKind.ROLLED_BACK) for outcome in report.outcomes)
    stranded = any(outcome.kind is OutcomeKind.FAILED for outcome in report.recovered)
    unknown = any(decision.candidate.status is Status.UNKNOWN for decision in report.decisions)
    return failed or stranded or unknown
