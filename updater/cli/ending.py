"""With which code does a command end, and in which words if it fails?"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

import typer

from updater.errors import EngineDenied, EngineUnreachable, UpdaterError, UsageError
from updater.interruption import Interrupted, Interruption

if TYPE_CHECKING:
    from collections.abc import Iterator

FAILED = 1
USAGE = 2
NO_ENGINE = 3
UPDATES_AVAILABLE = 4


@contextmanager
def ending(interruption: Interruption) -> Iterator[None]:
    """Turn errors into one line on stderr and the contract's exit code."""
    try:
        with interruption.listening():
            yield
    except UsageError as error:
        _end(error, USAGE)
    except (EngineUnreachable, EngineDenied) as error:
        _end(error, NO_ENGINE)
    except UpdaterError as error:
        _end(error, FAILED)
    except Interrupted:
        left = "at once; `updater recover`, or the next run, finishes or undoes what was begun"
        sys.stderr.write(f"updater: interrupted {left if interruption.insisted else 'before any update began'}\n")
        raise typer.Exit(interruption.exit_code) from None


def _end(error: UpdaterError, code: int) -> NoReturn:
    sys.stderr.write(f"updater: {error}\n")
    raise typer.Exit(code)
