"""`updater check`: what runs, what is published, what would be done, and why. Changes nothing."""

from __future__ import annotations

import gc
import os
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from updater.cli.ending import FAILED, UPDATES_AVAILABLE, ending
from updater.cli.options import Names, Output, OutputFormat, with_settings
from updater.interruption import Interruption

if TYPE_CHECKING:
    from updater.model.decision import Decision
    from updater.model.report import CheckReport


@with_settings
def check_command(
    given: dict[str, Any],
    names: Names = None,
    output: Output = OutputFormat.TABLE,
    all_containers: Annotated[
        bool, typer.Option("--all-containers", help="Also list the containers that are not opted in.")
    ] = False,
    exit_code: Annotated[
        bool,
        typer.Option(
            "--exit-code",
            help="End with 4 if updates are available, also such as are only watched or wait for a window.",
        ),
    ] = False,
) -> None:
    """Show what runs, what is published, what would be done, and why.

    Nothing is pulled and nothing changes.

    \b
    Examples:
      updater check
      updater check web db
      updater check --all-containers -o json
      updater check --exit-code >/dev/null; [ $? -eq 4 ] && echo "updates are available"
    """
    gc.disable()  # a check ends before there is anything worth collecting
    interruption = Interruption()
    with ending(interruption):
        report = _check(given, names or [], all_containers, interruption)
        _show(report, output)
    code = _code(report, exit_code)
    if code:
        raise typer.Exit(code)


def _check(given: dict[str, Any], names: list[str], everything: bool, interruption: Interruption) -> CheckReport:
    from updater.cli.logs import start_logging
    from updater.cli.narration import LogNarrator
    from updater.configuration import resolve
    from updater.wiring import opened, request_of

    settings = resolve(given, os.environ)
    start_logging(settings)
    with opened(settings, os.environ, LogNarrator(), interruption, listing=True) as world:
        from updater.checking import check  # while the engine makes its lists

        return check(
            world,
            request_of(settings, names, os.environ),
            everything=everything,
            parallel_checks=settings["parallel_checks"],
        )


def _show(report: CheckReport, output: OutputFormat) -> None:
    if output is OutputFormat.JSON:
        from updater.cli.as_json import check_json, dump

        sys.stdout.write(dump(check_json(report)))
    else:
        from updater.cli.as_table import check_table
        from updater.cli.terminal import terminal_of

        sys.stdout.write(check_table(report, terminal_of(sys.stdout)))


def _code(report: CheckReport, updates_count: bool) -> int:
    from updater.model.candidate import Status

    if any(decision.candidate.status is Status.UNKNOWN for decision in report.decisions):
        return FAILED
    if updates_count and any(_is_available(decision) for decision in report.decisions):
        return UPDATES_AVAILABLE
    return 0


def _is_available(decision: Decision) -> bool:
    """Whether there is an image that would be taken, were it for the image alone: who watches only wants to be told."""
    from updater.model.candidate import Status
    from updater.model.decision import Action
    from updater.model.reason import ReasonCode

    about_the_container = (ReasonCode.MONITOR_ONLY, ReasonCode.OUTSIDE_WINDOW, ReasonCode.NOT_SCHEDULED)
    kept = decision.candidate.status is Status.OUTDATED and decision.reasons[0].code in about_the_container
    return kept or decision.action is Action.UPDATE
