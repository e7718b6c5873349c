"""What does another process do with the file? Writes entries without end; says each number once it is written."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from tests.unit.given import NEW
from tests.unit.state.remembered import NOON, entry, hold, rejection
from updater.state.store import open_store


def main(folder: Path, name: str, count: int) -> None:
    with open_store(folder) as store:
        for number in range(count):
            store.record(entry(name, image=f"web:{number}", log_tail="x" * (number % 5 * 3000)))
            store.reject(rejection(f"{name}-{number % 7}", reference=f"docker.io/library/web:{number}"))
            store.first_seen(name, NEW, NOON)
            store.hold(hold(f"{name}-{number % 7}"))
            if number % 10 == 9:
                store.forget(f"{name}-{number % 7}")
            print(number, flush=True)  # noqa: T201 - read by the test
            # SQLite's lock has no queue: without a gap, a busy machine would let nobody else write for seconds.
            time.sleep(0.001)
        for warning in store.warnings:
            print(warning, file=sys.stderr)  # noqa: T201 - read by the test


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
