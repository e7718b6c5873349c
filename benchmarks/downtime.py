"""How long is a service down during an update, compared with stopping and starting it? Medians of alternating runs.

    .venv/bin/python -m benchmarks.downtime [RUNS]

The floor is `docker stop && docker start` of the same container; beside it, stop, remove, create, start. These
are measured from the stop request to `State.StartedAt`, the update as the program reports it: to the answer of the
start. It also counts the engine calls of one update. Needs root, for a private engine.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path
from typing import Any

from rig import ImageSpec, open_rig
from rig.host import Host

_BODY: dict[str, Any] = {"labels": {"updater.enable": "true"}, "Env": ["A=1"]}
_WAIT = ("GET", "/events")


def main(runs: int) -> None:
    """Print the table."""
    with (
        open_rig() as rig,
        rig.network(),
        tempfile.TemporaryDirectory() as folder,
        Host(rig, "bench", Path(folder)) as host,
    ):
        host.push("web:latest", ImageSpec(marker="0"))
        host.run_container("web", "web:latest", **_BODY)
        times: dict[str, list[float]] = {"stop and start": [], "stop, remove, create, start": [], "updater run": []}
        for number in range(1, runs + 1):
            times["stop and start"].append(_stop_and_start(host))
            times["stop, remove, create, start"].append(_remove_and_create(host))
            times["updater run"].append(_update(host, number))
        _print(times, _engine_calls(host, runs + 1))


def _stop_and_start(host: Host) -> float:
    asked = time.time()
    host.client.stop(host.name("web"))
    host.client.start(host.name("web"))
    return _started_at(host) - asked


def _remove_and_create(host: Host) -> float:
    image = host.inspect("web")["Image"]
    asked = time.time()
    host.client.stop(host.name("web"))
    host.client.remove_container(host.name("web"))
    host.create_container("web", image, **_BODY)
    host.client.start(host.name("web"))
    down = _started_at(host) - asked
    # Made from an id, it would not be followed: make it anew from its name, outside of the measurement.
    host.client.remove_container(host.name("web"), force=True)
    host.run_container("web", "web:latest", **_BODY)
    return down


def _update(host: Host, number: int) -> float:
    host.push("web:latest", ImageSpec(marker=str(number)))
    result = host.updater("run", "--grace-period", "1s", "-o", "json")
    (outcome,) = result.json["results"]
    assert outcome["outcome"] == "updated", outcome
    return float(outcome["downtime_seconds"])


def _engine_calls(host: Host, number: int) -> tuple[int, int]:
    """The calls of one update: of the whole command, and of those the ones of the recreate but for the health wait."""
    host.push("web:latest", ImageSpec(marker=str(number)))
    with host.rig.recording_socket() as socket:
        host.updater("run", "--grace-period", "1s", docker_host=socket.host)
        requests = [str(request).partition("?")[0] for request in socket.recording.requests]
    start = next(index for index, text in enumerate(requests) if text.endswith("/start"))
    waiting = [text for text in requests[start + 1 :] if text.startswith("GET")]
    tagging = next(index for index, text in enumerate(requests) if text.endswith("/tag"))
    return len(requests), len(requests) - len(waiting) - tagging + 1  # the look before the first tag


def _started_at(host: Host) -> float:
    return datetime.fromisoformat(host.inspect("web")["State"]["StartedAt"][:26] + "+00:00").timestamp()


def _print(times: dict[str, list[float]], calls: tuple[int, int]) -> None:
    floor = statistics.median(times["stop and start"])
    print(f"{'order':32}{'median':>10}{'ratio':>8}")
    for order, measured in times.items():
        median = statistics.median(measured)
        print(f"{order:32}{median * 1000:>7.0f} ms{median / floor:>8.2f}")
    print(f"engine calls: {calls[0]} for the command, {calls[1]} of them for the recreate besides the health wait")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10)
