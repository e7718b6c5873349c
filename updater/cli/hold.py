"""`updater hold`: leaves a container as it is for a while, or until it is released."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from updater.cli.ending import ending
from updater.cli.options import with_settings
from updater.interruption import Interruption

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from updater.model.hold import Hold


@with_settings
def hold_command(
    given: dict[str, Any],
    name: Annotated[str, typer.Argument(metavar="NAME", help="The container.")],
    length: Annotated[
        str | None, typer.Option("--for", metavar="DURATION", help="How long, like 12h or 14d; else until released.")
    ] = None,
) -> None:
    """Hold a container: it is not updated for that long, or until it is released.

    A hold that it is under already is replaced by the new one.

    \b
    Examples:
      updater hold db
      updater hold db --for 14d
      updater release db
    """
    interruption = Interruption()
    with ending(interruption):
        seconds = _seconds(length) if length is not None else None
        _show(*_hold(given, name, seconds, interruption))


def _seconds(text: str) -> float:
    from updater.errors import InvalidSetting
    from updater.model.values import GOOD_DURATIONS, parse_duration

    try:
        seconds = parse_duration(text)
    except ValueError as error:
        raise InvalidSetting("--for", str(error), GOOD_DURATIONS) from None
    if seconds == 0:
        raise InvalidSetting("--for", f"{text!r} is no time at all", GOOD_DURATIONS)
    return seconds


def _hold(given: dict[str, Any], name: str, seconds: float | None, interruption: Interruption) -> tuple[Hold, ZoneInfo]:
    from updater.cli.logs import start_logging
    from updater.cli.narration import LogNarrator
    from updater.configuration import resolve
    from updater.holding import hold, require_kept
    from updater.wiring import opened, zone_of

    settings = resolve(given, os.environ)
    start_logging(settings)
    zone = zone_of(settings, os.environ)
    with opened(settings, os.environ, LogNarrator(), interruption) as world:
        held = hold(world, name, seconds)
    require_kept(world.memory)
    return held, zone


def _show(held: Hold, zone: ZoneInfo) -> None:
    from updater.model.zone import show_until

    if held.until is None:
        sys.stdout.write(f"{held.name} is held until `updater release {held.name}`.\n")
    else:
        until = show_until(held.until, zone)
        sys.stdout.write(f"{held.name} is held until {until}; `updater release {held.name}` ends that sooner.\n")
