"""`updater retry`: forgets that digests were rejected for a container."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from updater.cli.ending import ending
from updater.cli.options import with_settings
from updater.interruption import Interruption

if TYPE_CHECKING:
    from updater.model.history import Rejection


@with_settings
def retry_command(
    given: dict[str, Any], name: Annotated[str, typer.Argument(metavar="NAME", help="The container.")]
) -> None:
    """Forget that an image was rejected for this container, so that the next run tries it again.

    \b
    Examples:
      updater retry web && updater run web
    """
    interruption = Interruption()
    with ending(interruption):
        _show(*_forget(given, name, interruption))


def _forget(given: dict[str, Any], name: str, interruption: Interruption) -> tuple[str, tuple[Rejection, ...]]:
    """By the name as it stands, which takes no engine; else by the name that the engine knows for it."""
    from updater.cli.logs import start_logging
    from updater.cli.narration import LogNarrator
    from updater.configuration import resolve
    from updater.holding import full_name, require_kept
    from updater.wiring import memory_of, opened

    settings = resolve(given, os.environ)
    start_logging(settings)
    known = name.lstrip("/")
    with memory_of(settings, os.environ, writable=True) as memory:
        forgotten = memory.forget(known)
    require_kept(memory)
    if not forgotten:
        with opened(settings, os.environ, LogNarrator(), interruption) as world:
            known = full_name(world, name)
            forgotten = world.memory.forget(known)
        require_kept(world.memory)
    return known, forgotten


def _show(name: str, forgotten: tuple[Rejection, ...]) -> None:
    from updater.model.digest import short

    for rejection in forgotten:
        sys.stdout.write(f"{name}: {rejection.reference} {short(rejection.digest)} may be tried again.\n")
    if not forgotten:
        sys.stdout.write(f"Nothing was rejected for {name}.\n")
