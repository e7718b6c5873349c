"""How long does the cycle itself take, without the program's start? Prints the seconds in `updater.checking.check`.

python -m benchmarks.cycle          all containers, stopped ones too; engine and state folder as for `updater`
"""

from __future__ import annotations

import os
import time

from updater.checking import check
from updater.cli.narration import LogNarrator
from updater.configuration import resolve
from updater.interruption import Interruption
from updater.wiring import opened, request_of


def main() -> None:
    """Check once."""
    settings = resolve({"all": True, "include_stopped": True}, os.environ)
    with opened(settings, os.environ, LogNarrator(), Interruption()) as world:
        request = request_of(settings, (), os.environ)
        began = time.perf_counter()
        check(world, request, everything=False, parallel_checks=settings["parallel_checks"])
        print(time.perf_counter() - began)


if __name__ == "__main__":
    main()
