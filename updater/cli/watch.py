"""`updater watch`: cycles for ever on the schedule."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import typer

from updater.cli.ending import ending
from updater.cli.options import with_settings
from updater.interruption import Interruption

if TYPE_CHECKING:
    from updater.policy.terms import Request
    from updater.settings import Settings


@with_settings
def watch_command(given: dict[str, Any]) -> None:
    """Run cycles for ever, on the schedule: check, decide, update, verify health, roll back what fails.

    SIGTERM or SIGINT ends it, once no container is half-way; SIGHUP makes it read its configuration again.

    \b
    Examples:
      updater watch
      updater watch --schedule "0 4 * * *" --timezone Europe/Berlin
      updater watch --all --schedule "@every 6h" --check-at-start --jitter 10m
    """
    from updater.cli.watch_narration import WatchNarrator
    from updater.daemon import Audience, watch
    from updater.pulse import Pulse

    interruption = Interruption(reloads=True)
    with ending(interruption):
        pulse = Pulse()
        narrator = WatchNarrator(pulse)
        watch(lambda: _read(given), os.environ, Audience(narrator, narrator.outcome, pulse), interruption)
    raise typer.Exit(interruption.exit_code)


def _read(given: dict[str, Any]) -> tuple[Settings, Request]:
    from updater.cli.logs import start_logging
    from updater.configuration import resolve
    from updater.wiring import request_of

    settings = resolve(given, os.environ)
    request = request_of(settings, [], os.environ)
    start_logging(settings)
    return settings, request
