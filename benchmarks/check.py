"""What does a check cost, beside the bare requests that no check can do without, and beside asking one by one?

    python -m benchmarks.check                                       every case; some minutes
    python -m benchmarks.check --images 200 --latency 50 --rounds 3  one of them
    python -m benchmarks.check --images 200 --tokens all             a registry that wants a token, good for all
    python -m benchmarks.check --images 200 --tokens each            … that wants one for each, and does not say so

`updater check`, the floor (benchmarks/floor.py) and the serial way are whole processes, run in turns on the same
machine; ratios are those of the medians. Memory is the most that a process held at once. Needs root, for a private
engine.
"""

from __future__ import annotations

import argparse
import compileall
import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.costs import Case, Cost, Measured
from benchmarks.scene import REALM, Scene, scene
from benchmarks.verdict import print_goals, print_table
from rig.host import PROJECT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_PYTHON = sys.executable
_UPDATER = [_PYTHON, "-m", "updater", "check", "-o", "json", "--all", "--include-stopped"]
_CYCLE = [_PYTHON, "-m", "benchmarks.cycle"]
_FLOOR = [_PYTHON, "-m", "benchmarks.floor"]
_THREADS = 16  # as many as `updater` asks at once unless told otherwise
_MOST_IN_SERIES = 200
_SERIES = 2


TOKENS = ("none", "all", "each")  # as registry_server.py numbers them
SHAPES = ((5, 50), (10, 10), (50, 50), (200, 200), (1000, 1000))
"""Images and containers; in this order each takes over what the one before has made."""


def main() -> None:
    """Measure the cases and print the tables."""
    arguments = _arguments()
    # As an installed program is; where Python may not write beside its sources, it would not be.
    compileall.compile_dir(PROJECT / "updater", quiet=1)
    compileall.compile_dir(PROJECT / "benchmarks", quiet=1)
    shapes = [shape for shape in SHAPES if not arguments.images or shape[0] in arguments.images]
    shapes += [(count, count) for count in arguments.images if count not in {shape[0] for shape in SHAPES}]
    cases = [Case(*shape, latency) for shape in shapes for latency in arguments.latency]
    with scene(max(case.images for case in cases)) as place:
        place.order("login", TOKENS.index(arguments.tokens))
        measured = []
        for case in cases:
            place.order("latency", 0)
            place.fill(case.images, case.containers)
            place.order("latency", case.latency)
            print(f"{case.containers} containers on {case.images} images, {case.latency} ms …", file=sys.stderr)
            measured.append(_measure(place, case, arguments.rounds, arguments.tokens))
    print_table(measured)
    print_goals(measured)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.check")
    parser.add_argument("--images", type=int, action="append", default=[], help="only the cases of so many images")
    parser.add_argument("--latency", type=int, action="append", help="milliseconds before an answer; default 0 and 50")
    parser.add_argument("--rounds", type=int, default=5, help="how often each program is run (default 5)")
    parser.add_argument("--tokens", choices=TOKENS, default="none", help="does the registry want tokens, and how many")
    arguments = parser.parse_args()
    arguments.latency = arguments.latency or [0, 50]
    return arguments


def _measure(place: Scene, case: Case, rounds: int, tokens: str) -> Measured:
    urls = place.references(case.images)
    in_series = urls[:_MOST_IN_SERIES]
    everything, some = _list(place, "all", urls), _list(place, "some", in_series)
    floor = [*_FLOOR, everything, str(_THREADS), *(["--realm", REALM] if tokens == "all" else [])]
    measured = Measured(case, *_counted(place), serial_factor=len(urls) / len(in_series))
    for number in range(rounds):
        measured.updater.append(_run(place, _UPDATER))
        measured.floor.append(_run(place, floor))
        measured.cycle.append(_run(place, _CYCLE))
        if number < _SERIES:
            measured.serial.append(_run(place, [*_FLOOR, some, "1", "--reconnect"]))
    return measured


def _list(place: Scene, name: str, urls: Sequence[str]) -> str:
    path = place.folder / name
    path.write_text("\n".join(urls))
    return str(path)


def _counted(place: Scene) -> tuple[Mapping[str, int], int]:
    """Requests and engine calls, in a run of their own, since writing them down takes time. Also warms everything."""
    place.order("forget")
    with place.rig.recording_socket() as socket:
        _run(place, _UPDATER, socket.host)
        calls = len(socket.recording.requests)
    return place.counts(), calls


def _run(place: Scene, command: Sequence[str], docker_host: str | None = None) -> Cost:
    output = place.folder / "output"
    launcher = [_PYTHON, "-I", "-S", str(Path(__file__).with_name("measured.py")), str(output)]
    environment = {**place.environment(docker_host), "PYTHONPATH": str(PROJECT)}
    done = subprocess.run([*launcher, *command], env=environment, capture_output=True, text=True, check=True)
    cost = json.loads(done.stdout)
    assert cost.pop("exit_code") == 0, done.stderr
    said = output.read_text()
    return Cost(**cost, inner=None if said.startswith("{") else float(said))


if __name__ == "__main__":
    main()
