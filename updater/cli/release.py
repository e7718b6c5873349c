"""`updater release`: ends what `hold` and `skip` began."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from updater.cli.ending import ending
from updater.cli.options import with_settings
from updater.interruption import Interruption

if TYPE_CHECKING:
    from updater.model.hold import Hold, Skip


@with_settings
def release_command(
    given: dict[str, Any], name: Annotated[str, typer.Argument(metavar="NAME", help="The container.")]
) -> None:
    """End a hold, and take again what was skipped. Works for a container that is gone, too.

    \b
    Examples:
      updater release web
      updater release web && updater run web
    """
    interruption = Interruption()
    with ending(interruption):
        _show(*_release(given, name, interruption))


def _release(given: dict[str, Any], name: str, interruption: Interruption) -> tuple[str, tuple[Hold | Skip, ...]]:
    """By the name as it stands, which takes no engine; else by the name that the engine knows for it."""
    from datetime import UTC, datetime

    from updater.cli.logs import start_logging
    from updater.cli.narration import LogNarrator
    from updater.configuration import resolve
    from updater.holding import full_name, require_kept
    from updater.wiring import memory_of, opened

    settings = resolve(given, os.environ)
    start_logging(settings)
    now = datetime.now(UTC)
    known = name.lstrip("/")
    with memory_of(settings, os.environ, writable=True) as memory:
        ended = memory.release(known, now)
    require_kept(memory)
    if not ended:
        with opened(settings, os.environ, LogNarrator(), interruption) as world:
            known = full_name(world, name)
            ended = world.memory.release(known, now)
        require_kept(world.memory)
    return known, ended


def _show(name: str, ended: tuple[Hold | Skip, ...]) -> None:
    from updater.model.hold import Hold

    for one in ended:
        what = _hold_text(one) if isinstance(one, Hold) else _skip_text(one)
        sys.stdout.write(f"{name}: {what}\n")
    if not ended:
        sys.stdout.write(f"Nothing was held back for {name}.\n")


def _hold_text(held: Hold) -> str:
    until = f" until {held.until.astimezone():%Y-%m-%d %H:%M %Z}" if held.until else ""
    return f"the hold{until} is over; it began on {held.at.astimezone():%Y-%m-%d}."


def _skip_text(left_out: Skip) -> str:
    from updater.model.digest import short

    return f"{left_out.reference} {short(left_out.digest)} is no longer left out."
