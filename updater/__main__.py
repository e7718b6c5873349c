"""The program's entry point: runs the command line, and lets no traceback reach a user."""

from __future__ import annotations

import os
import sys

_INTERNAL_ERROR = 1
_INTERRUPTED = 130


def main() -> None:
    """Run the command line and exit with its code."""
    from updater.cli.app import app

    try:
        app(prog_name="updater")
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)
    except BrokenPipeError:
        # The reader (`| head`) has gone; point stdout elsewhere, or Python complains once more while it exits.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(_INTERNAL_ERROR)
    except Exception as error:
        if os.environ.get("UPDATER_LOG_LEVEL", "").lower() == "debug":
            raise
        sys.stderr.write(
            f"updater: internal error: {type(error).__name__}: {error}\n"
            "This is a defect of the program; UPDATER_LOG_LEVEL=debug shows where. Please report it.\n"
        )
        sys.exit(_INTERNAL_ERROR)


if __name__ == "__main__":
    main()
