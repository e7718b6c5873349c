"""Which commands are there? Nothing heavy is imported here: `--version` and `--help` answer at once."""

from __future__ import annotations

from typing import Annotated

import typer

from updater import __version__
from updater.cli.check import check_command
from updater.cli.diff import diff_command
from updater.cli.doctor import doctor_command
from updater.cli.explain import explain_command
from updater.cli.healthcheck import healthcheck_command
from updater.cli.history import history_command
from updater.cli.hold import hold_command
from updater.cli.migrate import migrate_command
from updater.cli.recover import recover_command
from updater.cli.release import release_command
from updater.cli.retry import retry_command
from updater.cli.rollback import rollback_command
from updater.cli.run import run_command
from updater.cli.skip import skip_command
from updater.cli.watch import watch_command
from updater.cli.words import Command, Group

app = typer.Typer(
    name="updater",
    cls=Group,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


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


app.command("check", cls=Command)(check_command)
app.command("diff", cls=Command)(diff_command)
app.command("explain", cls=Command)(explain_command)
app.command("run", cls=Command)(run_command)
app.command("watch", cls=Command)(watch_command)
app.command("rollback", cls=Command)(rollback_command)
app.command("retry", cls=Command)(retry_command)
app.command("hold", cls=Command)(hold_command)
app.command("skip", cls=Command)(skip_command)
app.command("release", cls=Command)(release_command)
app.command("recover", cls=Command)(recover_command)
app.command("history", cls=Command)(history_command)
app.command("doctor", cls=Command)(doctor_command)
app.command("migrate", cls=Command)(migrate_command)
app.command("healthcheck", cls=Command)(healthcheck_command)
