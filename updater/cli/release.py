"""`updater release`: ends what `hold` and `skip` began."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from updater.cli.ending import ending
from updater.cli.options import with_settings
from updater.interruption import Interruption

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from updater.model.hold import Hold, Skip


class _Released(NamedTuple):
    """`stays` is what holds the container all the same, in a word."""

    name: str
    ended: tuple[Hold | Skip, ...]
    stays: str | None
    zone: ZoneInfo


@with_settings
def release_command(
    given: dict[str, Any], name: Annotated[str, typer.Argument(metavar="NAME", help="The container.")]
) -> None:
    """End a hold, and take again what was skipped. Works for a container that is gone, too.

    A hold by a label or the config file is not ended by this; where there is one, it says so.

    \b
    Examples:
      updater release web
      updater release web && updater run web
    """
    interruption = Interruption()
    with ending(interruption):
        _show(_release(given, name, interruption))


def _release(given: dict[str, Any], name: str, interruption: Interruption) -> _Released:
    """By the name as it stands, which takes no engine; else by the name that the engine knows for it."""
    from datetime import UTC, datetime

    from updater.cli.logs import LOGGER, start_logging
    from updater.cli.narration import LogNarrator
    from updater.configuration import resolve
    from updater.errors import EngineError
    from updater.holding import full_name, hold_by_config, hold_that_stays, require_kept
    from updater.wiring import memory_of, opened, request_of

    settings = resolve(given, os.environ)
    start_logging(settings)
    request = request_of(settings, [], os.environ)
    now = datetime.now(UTC)
    known = name.lstrip("/")
    with memory_of(settings, os.environ, writable=True) as memory:
        ended = memory.release(known, now)
    require_kept(memory)
    try:
        with opened(settings, os.environ, LogNarrator(), interruption) as world:
            if not ended:
                known = full_name(world, name)
                ended = world.memory.release(known, now)
            stays = hold_that_stays(world, request, known)
    except EngineError as error:
        if not ended:
            raise
        LOGGER.debug("whether a label of %s holds it is not known: %s", known, error)
        stays = hold_by_config(request, known)
    else:
        require_kept(world.memory)
    return _Released(known, ended, stays, request.zone)


def _show(released: _Released) -> None:
    from updater.model.hold import Hold

    name = released.name
    for one in released.ended:
        what = _hold_text(one, released.zone) if isinstance(one, Hold) else _skip_text(one)
        sys.stdout.write(f"{name}: {what}\n")
    if not released.ended and released.stays is None:
        sys.stdout.write(f"Nothing was held back for {name}.\n")
    if released.stays is not None:
        sys.stdout.write(f"{name}: your {released.stays} holds it still; that ends when you take it away.\n")


def _hold_text(held: Hold, zone: ZoneInfo) -> str:
    from updater.model.zone import show_until

    until = f" until {show_until(held.until, zone)}" if held.until else ""
    return f"the hold{until} is over; it began on {held.at.astimezone(zone):%Y-%m-%d}."


def _skip_text(left_out: Skip) -> str:
    from updater.model.digest import short

    return f"{left_out.reference} {short(left_out.digest)} is no longer left out."
