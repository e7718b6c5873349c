"""How does the one declaration of the settings become the options of a command?"""

from __future__ import annotations

import functools
import gc
import inspect
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from updater.policy.declarations import SETTINGS

if TYPE_CHECKING:
    from collections.abc import Callable

    from updater.policy.declarations import Setting


class OutputFormat(StrEnum):
    """What `--output` takes."""

    TABLE = "table"
    JSON = "json"


Names = Annotated[list[str] | None, typer.Argument(metavar="NAME", help="Only these containers; opts them in.")]
Output = Annotated[OutputFormat, typer.Option("--output", "-o", help="A table to read, or JSON for scripts.")]


def with_settings(command: Callable[..., None]) -> Callable[..., None]:
    """Give the command an option for every setting; it gets those that were used as the mapping `given`."""

    @functools.wraps(command)
    def wrapper(**arguments: Any) -> None:
        gc.enable()
        given = {setting.name: arguments.pop(setting.name) for setting in SETTINGS}
        command(given=given, **arguments)

    own = [
        parameter for name, parameter in inspect.signature(command, eval_str=True).parameters.items() if name != "given"
    ]
    parameters = [*own, *(_parameter(setting) for setting in SETTINGS)]
    wrapper.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # typer reads it
    wrapper.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return wrapper


def _parameter(setting: Setting) -> inspect.Parameter:
    """Unset is None, so that the environment and the config file get their say."""
    flags = f"{setting.flag}/--no-{setting.flag.removeprefix('--')}" if setting.is_switch else setting.flag
    option = typer.Option(flags, help=_help(setting), metavar=None if setting.is_switch else "VALUE")
    kind: Any = bool | None if setting.is_switch else str | None
    return inspect.Parameter(
        setting.name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[kind, option]
    )


def _help(setting: Setting) -> str:
    if setting.default is None or setting.is_switch:
        return setting.help
    return f"{setting.help} [default: {setting.show(setting.default)}]"
