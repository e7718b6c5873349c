"""Which commands are there? Only the one that is asked for is imported: the others would cost it half its start."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Annotated

import typer

from updater import __version__
from updater.cli.words import Command, Group

if TYPE_CHECKING:
    from collections.abc import Sequence

# In the order of the help. Each is the module of its name, with a function `NAME_command`.
COMMANDS = (
    "check",
    "diff",
    "explain",
    "run",
    "watch",
    "rollback",
    "retry",
    "hold",
    "skip",
    "release",
    "recover",
    "history",
    "doctor",
    "migrate",
    "healthcheck",
)

app = typer.Typer(
    name="updater",
    cls=Group,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


def load(words: Sequence[str]) -> typer.Typer:
    """The program with the command that the first word names; with all of them, for a help or a mistake, otherwise."""
    wanted = words[:1] if words and words[0] in COMMANDS else COMMANDS
    for name in wanted:
        module = import_module(f"updater.cli.{name}")
        app.command(name, cls=Command)(getattr(module, f"{name}_command"))
    return app


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"updater {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool,
        typer.Option("--version", help="Show the version and exit.", callback=_show_version, is_eager=True),
    ] = False,
) -> None:
    """Keeps the containers of one host up to date, and never loses one.

    Opt a container in with the label updater.enable=true, or name it on the command line.

    \b
    Examples:
      updater check                    what runs, what is published, and why (not)
      updater check -o json | jq .     the same for a script
      updater diff web                 what an update would change in it, field by field
      updater run --dry-run            what an update cycle would do
      updater run                      update, verify health, roll back what fails
      updater run web                  the same for one container, opted in or not
      updater watch                    cycles for ever, on the schedule
      updater hold db --for 14d        leave a container as it is for a while
      updater doctor                   is all in order that these need?
      updater migrate                  what the Watchtower that is found here becomes
    """
