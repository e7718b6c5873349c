"""`updater migrate`: what the Watchtower that is found here becomes. Changes nothing."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from updater.cli.ending import ending
from updater.cli.options import Output, OutputFormat, with_settings
from updater.interruption import Interruption

if TYPE_CHECKING:
    from updater.watchtower.migration import Migration


@with_settings
def migrate_command(given: dict[str, Any], output: Output = OutputFormat.TABLE) -> None:
    """Show what the Watchtower settings and labels found here become, and what does not map.

    Looks at Watchtower's containers, the labels of all containers, and this command's own environment. Nothing is
    changed. Secrets are shown as `…`.

    \b
    Examples:
      updater migrate
      updater migrate -o json | jq '.watchtowers[].settings'
    """
    with ending(Interruption()):
        _show(_look(given), output)


def _look(given: dict[str, Any]) -> Migration:
    from updater.cli.logs import start_logging
    from updater.configuration import resolve, without_watchtower
    from updater.wiring import watchtower_found

    # Whatever its variables say is shown below, also where they could not be understood.
    settings = resolve(given, without_watchtower(os.environ))
    start_logging(settings)
    return watchtower_found(settings, os.environ)


def _show(migration: Migration, output: OutputFormat) -> None:
    if output is OutputFormat.JSON:
        from updater.cli.as_json import dump
        from updater.cli.migration_json import migration_json

        sys.stdout.write(dump(migration_json(migration)))
    else:
        from updater.cli.migration_text import migration_text
        from updater.cli.terminal import terminal_of

        sys.stdout.write(migration_text(migration, terminal_of(sys.stdout)))
