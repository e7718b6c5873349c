"""`updater diff`: what an update would change in a container, field by field, and why. Changes nothing."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from updater.cli.ending import FAILED, ending
from updater.cli.options import Output, OutputFormat, with_settings
from updater.interruption import Interruption

if TYPE_CHECKING:
    from updater.model.forecast import DiffReport


@with_settings
def diff_command(
    given: dict[str, Any],
    name: Annotated[str, typer.Argument(metavar="NAME", help="The container; opts it in.")],
    output: Output = OutputFormat.TABLE,
) -> None:
    """Show what an update would change in a container, field by field, and why.

    Nothing is pulled and nothing changes. What you set yourself is kept, and listed apart where the new image's
    default is another; your own values that may be secrets are shown as (yours).

    \b
    Examples:
      updater diff web
      updater diff web -o json | jq -r '.changes[].field'
    """
    interruption = Interruption()
    with ending(interruption):
        report = _diff(given, name, interruption)
        _show(report, output)
    if _is_unknown(report):
        raise typer.Exit(FAILED)


def _diff(given: dict[str, Any], name: str, interruption: Interruption) -> DiffReport:
    from updater.cli.logs import start_logging
    from updater.cli.narration import LogNarrator
    from updater.configuration import resolve
    from updater.cycle import diff
    from updater.wiring import opened, request_of

    settings = resolve(given, os.environ)
    start_logging(settings)
    with opened(settings, os.environ, LogNarrator(), interruption, writable=False) as world:
        return diff(world, request_of(settings, [], os.environ), name, parallel_checks=settings["parallel_checks"])


def _show(report: DiffReport, output: OutputFormat) -> None:
    if output is OutputFormat.JSON:
        from updater.cli.as_json import dump
        from updater.cli.outcomes_json import diff_json

        sys.stdout.write(dump(diff_json(report)))
    else:
        from updater.cli.forecast_table import diff_table
        from updater.cli.terminal import terminal_of

        sys.stdout.write(diff_table(report, terminal_of(sys.stdout)))


def _is_unknown(report: DiffReport) -> bool:
    from updater.model.candidate import Status

    return report.decision.candidate.status is Status.UNKNOWN
