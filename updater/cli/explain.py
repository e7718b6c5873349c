"""`updater explain`: the whole chain of one decision."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from updater.cli.ending import ending
from updater.cli.options import Output, OutputFormat, with_settings
from updater.interruption import Interruption

if TYPE_CHECKING:
    from updater.model.explanation import Explanation


@with_settings
def explain_command(
    given: dict[str, Any],
    name: Annotated[str, typer.Argument(metavar="NAME", help="The container.")],
    output: Output = OutputFormat.TABLE,
) -> None:
    """Show why a container is, or is not, updated: what is known of it, each rule asked, and its answer.

    It is looked at as in a cycle that names nobody: naming it here does not opt it in.

    \b
    Examples:
      updater explain web
      updater explain web -o json | jq '.rules[] | select(.objection)'
    """
    interruption = Interruption()
    with ending(interruption):
        _show(_explain(given, name, interruption), output)


def _explain(given: dict[str, Any], name: str, interruption: Interruption) -> Explanation:
    from updater.cli.logs import start_logging
    from updater.cli.narration import LogNarrator
    from updater.configuration import resolve
    from updater.explaining import explain
    from updater.wiring import opened, request_of

    settings = resolve(given, os.environ)
    start_logging(settings)
    with opened(settings, os.environ, LogNarrator(), interruption) as world:
        request = request_of(settings, [], os.environ)
        return explain(world, request, name, parallel_checks=settings["parallel_checks"])


def _show(explanation: Explanation, output: OutputFormat) -> None:
    if output is OutputFormat.JSON:
        from updater.cli.as_json import dump, explanation_json

        sys.stdout.write(dump(explanation_json(explanation)))
    else:
        from updater.cli.explanation_table import explanation_table
        from updater.cli.terminal import terminal_of

        sys.stdout.write(explanation_table(explanation, terminal_of(sys.stdout)))
