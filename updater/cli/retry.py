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
    with ending(Interruption()):
        forgotten = _forget(given, name.lstrip("/"))
        _show(forgotten, name)


def _forget(given: dict[str, Any], name: str) -> tuple[Rejection, ...]:
    from updater.cli.logs import start_logging
    from updater.configuration import resolve
    from updater.wiring import memory_of

    settings = resolve(given, os.environ)
    start_logging(settings)
    with memory_of(settings, os.environ, writable=True) as memory:
        return memory.forget(name)


def _show(forgotten: tuple[Rejection, ...], name: str) -> None:
    from updater.model.digest import short

    for rejection in forgotten:
        sys.stdout.write(f"{name}: {rejection.reference} {short(rejection.digest)} may be tried again.\n")
    if not forgotten:
        sys.stdout.write(f"Nothing was rejected for {name}.\n")
