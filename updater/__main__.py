"""The program's entry point: runs the command line, and lets no traceback reach a user."""

from __future__ import annotations

import gc
import os
import signal
import sys
from contextlib import suppress
from typing import NoReturn

_FAILED = 1
_ASKS_FOR_HELP = frozenset({"--help", "-h", "--version", "--install-completion", "--show-completion"})


def main() -> NoReturn:
    """Run the command line and end with its code.

    At once: everything is closed and written by then, and the interpreter would only take apart what ends anyway.
    """
    code = run()
    with suppress(OSError, ValueError):  # a stderr that nobody reads any more
        sys.stderr.flush()
    os._exit(code)


def run() -> int:
    """Run the command line; gives the exit code."""
    # Until a command listens itself, an interruption ends at once and without a word: nothing has begun.
    # The first process of a container would not even hear of one that it does not listen for.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda received, _: os._exit(128 + received))
    _mend_streams()
    gc.disable()  # what is imported stays, so that there is nothing to collect until a command begins
    try:
        try:
            _command_line()
        finally:
            sys.stdout.flush()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except BrokenPipeError:
        return _FAILED  # the reader (`| head`) has gone, and needs no word
    except OSError as error:
        sys.stderr.write(f"updater: cannot write the report: {error.strerror}\n")
        return _FAILED
    except Exception as error:
        if os.environ.get("UPDATER_LOG_LEVEL", "").lower() == "debug":
            raise
        sys.stderr.write(
            f"updater: internal error: {type(error).__name__}: {error}\n"
            "This is a defect of the program; UPDATER_LOG_LEVEL=debug shows where. Please report it.\n"
        )
        return _FAILED
    return 0


def _command_line() -> None:
    if sys.argv[1:] == ["healthcheck"]:
        # Run twice a minute for ever: reading the command line would cost it four times what it does itself.
        from updater.cli.healthcheck import healthcheck_command

        healthcheck_command()
        return
    from updater.cli.app import COMMANDS, load

    words = sys.argv[1:]
    if words[:1] == ["watch"] or (words and words[0] not in {*COMMANDS, *_ASKS_FOR_HELP}):
        from updater.cli.watchtowers_words import translated

        words = translated(words)
    # A shell that completes a line asks without any words.
    load(words)(words, prog_name="updater")


def _mend_streams() -> None:
    """A closed stream (`2>&-`) or a narrow encoding must not keep a report from being made."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w"))  # noqa: PTH123, SIM115 - lives as long as the process
        else:
            stream.reconfigure(errors="backslashreplace")


if __name__ == "__main__":
    main()
