"""Which words of the command line can be taken as they are?

Most can: texts, names, nothing at all. The rest is left to typer, which since 0.26 builds a validator of pydantic's
for every option, used or not: that took longer than a check of ten containers, and a fifth of its memory.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from typer.core import TyperCommand, TyperGroup

from updater.cli.options import OutputFormat
from updater.policy.declarations import SETTINGS

if TYPE_CHECKING:
    from collections.abc import Callable

    Process = Callable[[Any, Any], Any]

_TEXTS = frozenset({"name", *(setting.name for setting in SETTINGS if not setting.is_switch)})
_FORMATS = frozenset(OutputFormat)


class Command(TyperCommand):
    """One command."""

    def get_params(self, context: Any) -> list[Any]:
        """Its options and arguments, and `--help`."""
        return _shortened(super().get_params(context))


class Group(TyperGroup):
    """All commands together, with the options for the shell's completion."""

    def get_params(self, context: Any) -> list[Any]:
        """The options before the command's name."""
        return _shortened(super().get_params(context))


def _shortened(parameters: list[Any]) -> list[Any]:
    for parameter in parameters:
        if not isinstance(parameter.process_value, partial):  # it is asked for more than once
            parameter.process_value = partial(_process, parameter, parameter.process_value)
    return parameters


def _process(parameter: Any, otherwise: Process, context: Any, value: Any) -> Any:
    """What the command gets for a word, or for the want of one."""
    if value is None and not parameter.required:
        return parameter.callback(context, parameter, None) if parameter.callback else None
    if parameter.name in _TEXTS and isinstance(value, str):
        return value
    if parameter.name == "names" and isinstance(value, tuple):
        return list(value)
    if parameter.name == "output" and value in _FORMATS:
        return OutputFormat(value)
    return otherwise(context, value)
