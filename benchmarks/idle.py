"""What does a waiting `updater watch` cost? Processor and memory, with 20 running containers, after one cycle.

    .venv/bin/python -m benchmarks.idle [--seconds 300] [--containers 20]

The processor's time is that of the process between its first cycle and the end, as a share of one core; the memory is
what is resident then (and what of it is its own). The bounds are 0.2 % of a core and 60 MiB; beyond them it ends with
1. Beside it the health check, which the engine starts anew each half minute. Needs root, for a private engine.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from rig import ImageSpec, open_rig
from rig.host import Host

if TYPE_CHECKING:
    import subprocess

_MOST_OF_A_CORE = 0.002
_MOST_MEBIBYTES = 60.0
_HEALTH_CHECKS = 20


def main(seconds: float, containers: int) -> bool:
    """Print the table; whether all is within the bounds."""
    with (
        open_rig() as rig,
        rig.network(),
        tempfile.TemporaryDirectory() as folder,
        Host(rig, "bench", Path(folder)) as host,
    ):
        _fill(host, containers)
        environment = {"XDG_RUNTIME_DIR": folder, "UPDATER_CHECK_AT_START": "true", "UPDATER_GRACE_PERIOD": "1s"}
        process = host.start_updater("watch", environment=environment)
        with process:
            try:
                _wait_for_the_cycle(process)
                share, resident, own = _measure(process, seconds)
                health = _health_check(host, environment)
            finally:
                process.terminate()
    print(f"{containers} containers, one cycle with an update, then {seconds:g} s of waiting")
    print(f"{'processor':12}{share:10.3%} of a core   (at most {_MOST_OF_A_CORE:.1%})")
    print(f"{'memory':12}{resident:10.1f} MiB resident ({own:.1f} MiB its own; at most {_MOST_MEBIBYTES:g} MiB)")
    print(f"{'healthcheck':12}{health * 1000:10.1f} ms of the processor each time, {health / 30:.3%} of a core")
    return share < _MOST_OF_A_CORE and resident <= _MOST_MEBIBYTES


def _fill(host: Host, containers: int) -> None:
    """Most follow one image, some have a schedule of their own, one is outdated."""
    host.push("app:latest", ImageSpec(marker="1"))
    host.push("old:latest", ImageSpec(marker="1"))
    host.run_container("old", "old:latest", labels={"updater.enable": "true"})
    host.push("old:latest", ImageSpec(marker="2"))
    for number in range(containers - 1):
        own = {"updater.schedule": "0 5 * * *"} if number % 5 == 0 else {}
        host.run_container(f"app-{number}", "app:latest", labels={"updater.enable": "true", **own})


def _wait_for_the_cycle(process: subprocess.Popen[str]) -> None:
    assert process.stderr is not None
    for line in process.stderr:
        print(line, end="", file=sys.stderr)
        if "next cycle at" in line:
            return
    raise RuntimeError("the daemon has ended")


def _measure(process: subprocess.Popen[str], seconds: float) -> tuple[float, float, float]:
    """The share of a core, and what is resident and its own in MiB."""
    before, began = _processor(process.pid), time.monotonic()
    time.sleep(seconds)
    share = (_processor(process.pid) - before) / (time.monotonic() - began)
    lines = Path(f"/proc/{process.pid}/smaps_rollup").read_text().splitlines()[1:]
    sizes = {line.split(":")[0]: int(line.split()[1]) / 1024 for line in lines}
    return share, sizes["Rss"], sizes["Private_Dirty"] + sizes["Private_Clean"]


def _processor(pid: int) -> float:
    """Seconds so far, of all its threads; the clock's ticks of proc(5), `stat`, are too long to see so little."""
    return sum(int(path.read_text().split()[0]) for path in Path(f"/proc/{pid}/task").glob("*/schedstat")) / 1e9


def _health_check(host: Host, environment: dict[str, str]) -> float:
    """Seconds of the processor."""
    before = _children()
    for _ in range(_HEALTH_CHECKS):
        result = host.updater("healthcheck", environment=environment)
        assert result.exit_code == 0, result
    return (_children() - before) / _HEALTH_CHECKS


def _children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="What does a waiting daemon cost?")
    parser.add_argument("--seconds", type=float, default=300.0)
    parser.add_argument("--containers", type=int, default=20)
    arguments = parser.parse_args()
    sys.exit(0 if main(arguments.seconds, arguments.containers) else 1)
