"""`updater skip`: leaves out what is published for a container now, and waits for the next."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from updater.cli.ending import ending
from updater.cli.options import with_settings
from updater.interruption import Interruption

if TYPE_CHECKING:
    from updater.model.hold import Skip


@with_settings
def skip_command(
    given: dict[str, Any], name: Annotated[str, typer.Argument(metavar="NAME", help="The container.")]
) -> None:
    """Leave out the image that is published for this container now; it waits for the next one.

    The registry is asked which one that is, as `check` does; nothing is pulled.

    \b
    Examples:
      updater check web
      updater skip web
      updater release web
    """
    interruption = Interruption()
    with ending(interruption):
        _show(_skip(given, name, interruption))


def _skip(given: dict[str, Any], name: str, interruption: Interruption) -> Skip:
    from updater.cli.logs import start_logging
    from updater.cli.narration import LogNarrator
    from updater.configuration import resolve
    from updater.holding import require_kept, skip
    from updater.wiring import opened, request_of

    settings = resolve(given, os.environ)
    start_logging(settings)
    with opened(settings, os.environ, LogNarrator(), interruption) as world:
        left_out = skip(world, request_of(settings, [], os.environ), name, parallel_checks=settings["parallel_checks"])
    require_kept(world.memory)
    return left_out


def _show(left_out: Skip) -> None:
    from updater.model.digest import short

    what = f"{left_out.reference} {short(left_out.digest)}"
    sys.stdout.write(f"{left_out.name}: {what} is left out; `updater release {left_out.name}` ends that.\n")
