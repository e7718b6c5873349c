"""The daemon dies, or its engine, at moments that a seed draws; it is started again, and nobody does anything else.

Exactly one container of each name runs then, on the image it ran before or the one that is published, with its data:
as soon as the next daemon has begun, before it runs any cycle. After one more cycle all are up to date.
"""

from __future__ import annotations

import signal
import threading
import time
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import TYPE_CHECKING

import pytest
from docker.errors import NotFound

from rig import ImageSpec, commands
from rig.recording import HangUp
from tests.engine.kill.moments import changes, described
from tests.engine.test_watch import AT_START, IN_HALF_A_YEAR, ON, QUICK, watching

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator, Mapping, Sequence

    from rig.host import Host
    from rig.recording import Request

FOLLOWED = ("bad", "db", "vpn", "web")
NAMES = (*FOLLOWED, "side")
MOST_CHANGES = 48  # calls that change something, in a cycle that updates them all
SECONDS = 60.0  # that anything may take


class Blow(StrEnum):
    """What befalls the daemon."""

    KILLED = "it is killed"
    KILLED_WHILE_STOPPED = "it is stopped, then killed"
    STOPPED_FOR_A_WHILE = "it is stopped, and goes on"
    TOLD_TO_END = "it is told to end"
    INSISTED = "it is told to end, twice"
    ENGINE_KILLED = "its engine is killed, and started"
    ENGINE_RESTARTED = "its engine is restarted"
    BOTH_KILLED = "both are killed, and the engine started"


SURVIVED = frozenset({Blow.STOPPED_FOR_A_WHILE, Blow.ENGINE_KILLED, Blow.ENGINE_RESTARTED})
OF_THE_ENGINE = frozenset({Blow.ENGINE_KILLED, Blow.ENGINE_RESTARTED, Blow.BOTH_KILLED})
SIGNALS: Mapping[Blow, Sequence[signal.Signals]] = {
    Blow.KILLED: [signal.SIGKILL],
    Blow.KILLED_WHILE_STOPPED: [signal.SIGSTOP, signal.SIGKILL],
    Blow.STOPPED_FOR_A_WHILE: [signal.SIGSTOP, signal.SIGCONT],
    Blow.TOLD_TO_END: [signal.SIGTERM],
    Blow.INSISTED: [signal.SIGTERM, signal.SIGTERM],
    Blow.ENGINE_KILLED: [],
    Blow.ENGINE_RESTARTED: [],
    Blow.BOTH_KILLED: [signal.SIGKILL],
}


@dataclass
class Striker:
    """Strikes once, before or after the `left`-th change that the daemon makes."""

    host: Host
    blow: Blow
    left: int
    before: bool
    side_by_side: int
    """So many containers are updated at once."""
    process: subprocess.Popen[str] | None = None
    at: str = ""

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._starts = 0

    def on_its_way(self, request: Request) -> HangUp | None:
        with self._lock:
            self.left -= changes(request)
            self._starts += request.path.endswith("/start")
        return self._strike(request) if self.before else None

    def on_its_return(self, request: Request, _status: int) -> HangUp | None:
        with self._lock:
            self._starts -= request.path.endswith("/start")
        return None if self.before else self._strike(request)

    def _strike(self, request: Request) -> HangUp | None:
        with self._lock:
            # An engine that dies while it starts a container can never start it again, whoever asks (docs/safety.md).
            if self.left > 0 or self.at or self.process is None or not changes(request) or self._starts:
                return None
            self.at = described(request)
        for number in SIGNALS[self.blow]:
            assert self.process is not None
            self.process.send_signal(number)
            time.sleep(0.1)
        if self.blow in OF_THE_ENGINE:
            engine = self.host.rig.engine
            (engine.stop if self.blow is Blow.ENGINE_RESTARTED else engine.kill)()
            engine.start()
        return None if self.blow in SURVIVED else HangUp()


class Household:
    """Five containers: one with data, one with a healthcheck, one whose images crash at times, two in one network."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self._version = 0
        self._published = {"side": "side"}
        """The latest good one of each, by what stands in its marker."""
        host.push("side:latest", ImageSpec(marker="side"))
        self.publish(all_good=True)
        self._runs = dict(self._published)
        always = {"RestartPolicy": {"Name": "always"}}
        ids = {
            name: host.run_container(name, f"{name}:latest", labels=ON, host_config=always) for name in ("bad", "web")
        }
        volume = {"Binds": [f"{host.create_volume('data')}:/data"]}
        host.run_container("db", "db:latest", labels=ON, host_config=always | volume)
        ids["vpn"] = host.run_container("vpn", "vpn:latest", labels=ON, host_config=always)
        host.run_container("side", "side:latest", host_config=always | {"NetworkMode": f"container:{ids['vpn']}"})
        host.execute("db", "echo precious > /data/file")

    def publish(self, *, all_good: bool = False) -> None:
        """A new image for each; every second one of `bad` is bad."""
        self._version += 1
        for name in FOLLOWED:
            marker = f"{name} {self._version}"
            is_good = all_good or name != "bad" or self._version % 2 == 1
            health = commands.health_check("test -e /etc/marker", interval=0.2) if name == "web" else None
            command = commands.SERVE if is_good else commands.CRASH_LOOP
            self.host.push(f"{name}:latest", ImageSpec(marker=marker, healthcheck=health, command=command))
            if is_good:
                self._published[name] = marker

    def start_what_the_engine_left(self) -> None:
        """As it boots it starts containers in any order, so that one in another's network may fail.

        Only what no update had touched yet: the rest is not for a person to do.
        """
        there = [name for name in self.host.container_names() if ".new-" not in name]
        for name in map(self.host.name, NAMES):
            alone = name in there and not any(other.startswith(f"{name}.") for other in there)
            if alone and not self.host.inspect(name)["State"]["Running"]:
                self.host.client.start(name)

    def is_settled(self) -> bool:
        try:
            running = [self.host.inspect(name)["State"]["Running"] for name in self.host.container_names()]
        except NotFound:
            return False
        return all(running) and self.host.container_names() == sorted(map(self.host.name, NAMES))

    def complaints(self, *, up_to_date: bool) -> Iterator[str]:
        """Whatever is not as it must be."""
        host = self.host
        if not self.is_settled():
            yield f"there are {[(name, host.inspect(name)['State']['Status']) for name in host.container_names()]}"
            return
        for name in NAMES:
            marker = host.execute(name, "cat /etc/marker")
            if marker != self._published[name] and (up_to_date or marker != self._runs[name]):
                yield f"{name} runs {marker!r}, ran {self._runs[name]!r}, and {self._published[name]!r} is published"
            self._runs[name] = marker
            if host.inspect(name)["HostConfig"]["RestartPolicy"]["Name"] != "always":
                yield f"{name} has another restart policy"
        if host.execute("db", "cat /data/file").strip() != "precious":
            yield "the data are gone"
        if host.inspect("side")["HostConfig"]["NetworkMode"] != f"container:{host.inspect('vpn')['Id']}":
            yield "side is in another network than vpn's"

    def images(self) -> dict[str, str]:
        return {name: str(self.host.inspect(name)["Image"]) for name in FOLLOWED}

    def told(self) -> set[tuple[str, str]]:
        """Of which containers and images the history says that they were updated to them."""
        entries = self.host.updater("history", "--limit", "1000", "-o", "json").json["entries"]
        return {(entry["name"], entry["to"]["image_id"]) for entry in entries if entry["outcome"] == "updated"}


@pytest.mark.parametrize(
    ("seed", "rounds"),
    [(4, 2), *(pytest.param(seed, 12, marks=pytest.mark.endurance) for seed in range(11, 15))],
)
@pytest.mark.timeout(1200)
def test_whatever_dies_and_whenever(host: Host, seed: int, rounds: int) -> None:
    draw = Random(seed)
    household = Household(host)
    before = household.images()
    for number in range(rounds):
        household.publish()
        striker = drawn(draw, host)
        befell = _befall(striker)
        if striker.blow in OF_THE_ENGINE:
            household.start_what_the_engine_left()
        with watching(host, *QUICK, "--schedule", IN_HALF_A_YEAR) as watch:
            watch.wait_for("next cycle at", SECONDS)
            host.wait_until(household.is_settled, SECONDS, f"all to be well after {befell}: {watch.lines}")
            assert not list(household.complaints(up_to_date=False)), (number, befell, watch.lines)
            assert watch.health().exit_code == 0
            assert not watch.count("a cycle begins")
            assert watch.end() == 143
    with watching(host, *AT_START, "--parallel-updates", "4") as watch:
        watch.wait_for("the cycle is done", SECONDS)
        assert not list(household.complaints(up_to_date=True)), watch.lines
        host.wait_for_health("web")
        assert watch.end() == 143
    changed = {(host.name(name), now) for name, now in household.images().items() if now != before[name]}
    assert changed <= household.told()


def drawn(draw: Random, host: Host) -> Striker:
    change, before = draw.randint(1, MOST_CHANGES), draw.random() < 0.5
    return Striker(host, draw.choice(list(Blow)), change, before, side_by_side=draw.choice((1, 4)))


def _befall(striker: Striker) -> str:
    """One cycle of a daemon, and what befalls it in it; in words."""
    host = striker.host
    with host.rig.held_socket() as held:
        held.recording.before, held.recording.after = striker.on_its_way, striker.on_its_return
        at_once = ("--parallel-updates", str(striker.side_by_side))
        with watching(host, *AT_START, *at_once, "--host", held.host) as watch:
            striker.process = watch.process
            if striker.blow in SURVIVED:
                watch.wait_for("the cycle is done", SECONDS)
            host.wait_until(lambda: bool(striker.at) or watch.count("the cycle is done") > 0, SECONDS, "the blow")
            if striker.blow in SURVIVED or not striker.at:
                assert watch.end() == 143
            else:
                watch.process.wait(SECONDS)
        assert not watch.count("Traceback")
        assert not watch.count("a defect of the program")
    return f"{striker.blow} {'before' if striker.before else 'after'} {striker.at or 'no change at all'}"
