"""`updater rollback`: puts a container back on the image it ran before its last update."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from updater.cli.ending import FAILED, ending
from updater.cli.options import Output, OutputFormat, with_settings
from updater.interruption import Interruption

if TYPE_CHECKING:
    from updater.model.outcome import Outcome


@with_settings
def rollback_command(
    given: dict[str, Any],
    name: Annotated[str, typer.Argument(metavar="NAME", help="The container.")],
    output: Output = OutputFormat.TABLE,
) -> None:
    """Put a container back on the image it ran before its last update.

    The image it ran until now counts as rejected for it: `run` waits for another one, or for `updater retry`.

    \b
    Examples:
      updater rollback web
      updater rollback web -o json
    """
    interruption = Interruption()
    with ending(interruption):
        outcomes = _roll_back(given, name, interruption)
        with interruption.deferred():
            _show(outcomes, output)
    if interruption.requested():
        raise typer.Exit(interruption.exit_code)
    if _has_failed(outcomes):
        raise typer.Exit(FAILED)


def _roll_back(given: dict[str, Any], name: str, interruption: Interruption) -> tuple[Outcome, ...]:
    from updater.cli.logs import start_logging
    from updater.cli.narration import narrating
    from updater.configuration import resolve
    from updater.repairing import roll_back
    from updater.wiring import opened, request_of

    settings = resolve(given, os.environ)
    start_logging(settings)
    with narrating(sys.stderr, settings) as narrator, opened(settings, os.environ, narrator, interruption) as world:
        return roll_back(world, request_of(settings, [], os.environ), name, narrator.outcome)


def _show(outcomes: tuple[Outcome, ...], output: OutputFormat) -> None:
    if output is OutputFormat.JSON:
        from updater.cli.as_json import dump
        from updater.cli.outcomes_json import results_json

        sys.stdout.write(dump(results_json(outcomes)))
    else:
        from updater.cli.as_table import outcomes_table
        from updater.cli.terminal import terminal_of

        sys.stdout.write(outcomes_table(outcomes, terminal_of(sys.stdout), ""))


def _has_failed(outcomes: tuple[Outcome, ...]) -> bool:
    from updater.model.outcome import OutcomeKind

    return any(outcome.kind is OutcomeKind.FAILED for outcome in outcomes)
