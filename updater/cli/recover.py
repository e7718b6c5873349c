"""`updater recover`: finishes or undoes every update that was cut short."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import typer

from updater.cli.ending import FAILED, ending
from updater.cli.options import Output, OutputFormat, with_settings
from updater.interruption import Interruption

if TYPE_CHECKING:
    from updater.model.outcome import Outcome


@with_settings
def recover_command(given: dict[str, Any], output: Output = OutputFormat.TABLE) -> None:
    """Finish or undo every update that was cut short.

    `run` does this first, always. Run it twice and the second time finds nothing to do.

    \b
    Examples:
      updater recover
      updater recover -o json
    """
    interruption = Interruption()
    with ending(interruption):
        outcomes = _recover(given, interruption)
        with interruption.deferred():
            _show(outcomes, output)
    if interruption.requested():
        raise typer.Exit(interruption.exit_code)
    if _has_failures(outcomes):
        raise typer.Exit(FAILED)


def _recover(given: dict[str, Any], interruption: Interruption) -> tuple[Outcome, ...]:
    from updater.cli.logs import start_logging
    from updater.cli.narration import narrating
    from updater.configuration import resolve
    from updater.repairing import recover_only
    from updater.wiring import opened, request_of

    settings = resolve(given, os.environ)
    start_logging(settings)
    with narrating(sys.stderr, settings) as narrator, opened(settings, os.environ, narrator, interruption) as world:
        return recover_only(world, request_of(settings, [], os.environ), narrator.outcome)


def _show(outcomes: tuple[Outcome, ...], output: OutputFormat) -> None:
    if output is OutputFormat.JSON:
        from updater.cli.as_json import dump
        from updater.cli.outcomes_json import recovered_json

        sys.stdout.write(dump(recovered_json(outcomes)))
    else:
        from updater.cli.as_table import outcomes_table
        from updater.cli.terminal import terminal_of

        nothing = "No update was cut short; there is nothing to recover."
        sys.stdout.write(outcomes_table(outcomes, terminal_of(sys.stdout), nothing))


def _has_failures(outcomes: tuple[Outcome, ...]) -> bool:
    """Finishing and undoing are both success; what could not be put back is not."""
    from updater.model.outcome import OutcomeKind

    return any(outcome.kind is OutcomeKind.FAILED for outcome in outcomes)
