"""`updater history`: what was updated, rolled back or failed, when, from and to which digest, how long it was down."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from updater.cli.ending import ending
from updater.cli.options import Output, OutputFormat, with_settings
from updater.interruption import Interruption

if TYPE_CHECKING:
    from updater.model.history import HistoryEntry


@with_settings
def history_command(
    given: dict[str, Any],
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="Only this container.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many entries at most.")] = 20,
    output: Output = OutputFormat.TABLE,
) -> None:
    """Show what was updated, rolled back or failed, newest first; of one container with its hooks' output.

    \b
    Examples:
      updater history
      updater history web --limit 5
      updater history -o json | jq .
    """
    with ending(Interruption()):
        entries = _entries(given, name, limit)
        _show(entries, output, name)


def _entries(given: dict[str, Any], name: str | None, limit: int) -> tuple[HistoryEntry, ...]:
    from updater.cli.logs import start_logging
    from updater.configuration import resolve
    from updater.wiring import memory_of

    settings = resolve(given, os.environ)
    start_logging(settings)
    with memory_of(settings, os.environ, writable=False) as memory:
        return memory.history(name.lstrip("/") if name else None, limit)


def _show(entries: tuple[HistoryEntry, ...], output: OutputFormat, name: str | None) -> None:
    if output is OutputFormat.JSON:
        from updater.cli.as_json import dump
        from updater.cli.outcomes_json import history_json

        sys.stdout.write(dump(history_json(entries)))
    else:
        from updater.cli.as_table import history_table
        from updater.cli.terminal import terminal_of
        from updater.model.wording import printable

        sys.stdout.write(history_table(entries, terminal_of(sys.stdout), name and printable(name)))
