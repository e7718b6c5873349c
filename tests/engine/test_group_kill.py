"""The updater dies at any call while it recreates four containers that live in each other's namespaces.

Afterwards, and after one recovery, all four run and can be reached, all on the old side or all on the new one.
"""

from __future__ import annotations

import shutil
import urllib.error
import urllib.request
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from docker.errors import ImageNotFound, NotFound

from rig import ImageSpec, commands
from tests.engine.kill.disturbance import Trigger
from tests.engine.kill.execution import Subject, execute, state_folder
from tests.engine.kill.moments import Course, Moment, in_turn
from tests.engine.kill.points import PointFailed, Verdict
from tests.engine.kill.tally import Tally
from tests.engine.kill.workers import Workers, open_workers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rig.host import Host
    from tests.engine.kill.disturbance import Disturbance
    from tests.engine.kill.execution import Ended
    from tests.engine.kill.nursery import Nursery
    from tests.engine.kill.workers import Task

pytestmark = [pytest.mark.timeout(1200), pytest.mark.alone]

PORT = 18_095
NAMES = ("vpn", "web", "side", "shadow")
ON = {"updater.enable": "true"}
ALWAYS = {"Name": "always"}
GOOD = ImageSpec(marker="vpn 2")
BAD = ImageSpec(marker="vpn 2", command=commands.EXIT_AT_ONCE)
# It listens where `web` wants to, so it is good itself, and `web` cannot come back.
BAD_FOR_OTHERS = ImageSpec(marker="vpn 2", command=commands.HTTP_SERVER)


@dataclass
class GroupStage:
    """`web` and `side` live in the network of `vpn`, `shadow` among the processes of `web`."""

    host: Host
    nursery: Nursery
    new: ImageSpec

    def __post_init__(self) -> None:
        self.old_image = self._publish("vpn", ImageSpec(marker="vpn 1"))
        self.new_image = self._publish("vpn", self.new)
        for name in NAMES[1:]:
            self._publish(
                name, ImageSpec(marker=name, command=commands.HTTP_SERVER if name == "web" else commands.SERVE)
            )

    def reset(self) -> dict[str, str]:
        """Away with what the last point left, and the same four again; gives their ids."""
        self._clear()
        bound = {
            "PortBindings": {"8080/tcp": [{"HostIp": "127.0.0.1", "HostPort": str(PORT)}]},
            "RestartPolicy": ALWAYS,
        }
        ids = {"vpn": self._run("vpn", bound, labels=ON, ExposedPorts={"8080/tcp": {}})}
        network = {"NetworkMode": f"container:{ids['vpn']}", "RestartPolicy": ALWAYS}
        ids |= {name: self._run(name, network) for name in ("web", "side")}
        ids["shadow"] = self._run("shadow", {"PidMode": f"container:{ids['web']}"})
        return ids

    def run(self, subject: Subject, *disturbances: Disturbance) -> Ended:
        arguments = ("--grace-period", "1s", "-o", "json")
        return execute(self.host, self.nursery, subject, arguments, disturbances)

    def complaints(self, before: dict[str, str]) -> Iterator[str]:
        """Everything that is not as it must be."""
        there = sorted(self.host.container_names())
        if there != sorted(map(self.host.name, NAMES)):
            yield f"the containers are {there}"
            return
        now = {name: self.host.inspect(name) for name in NAMES}
        back = {name for name in NAMES if now[name]["Id"] == before[name]}
        if back and back != set(NAMES):
            yield f"only {sorted(back)} went back"
        if not back and (self.new is not GOOD or now["vpn"]["Image"] != self.new_image):
            yield "the new ones are there, and should not be"
        yield from self._about_each(now)
        if (answer := _answer()) != "web":
            yield f"the port answers {answer!r}"
        tagged = self.host.image_id(self.host.reference("vpn:latest"))
        if tagged != now["vpn"]["Image"]:
            yield "the tag names another image than the one that runs"

    def _about_each(self, now: dict[str, dict[str, Any]]) -> Iterator[str]:
        for name, container in now.items():
            if not container["State"]["Running"]:
                yield f"{name} is {container['State']['Status']}"
            expected = "no" if name == "shadow" else "always"
            if (container["HostConfig"]["RestartPolicy"]["Name"] or "no") != expected:
                yield f"the restart policy of {name} is {container['HostConfig']['RestartPolicy']}"
        for name, field, provider in (
            ("web", "NetworkMode", "vpn"),
            ("side", "NetworkMode", "vpn"),
            ("shadow", "PidMode", "web"),
        ):
            if now[name]["HostConfig"][field] != f"container:{now[provider]['Id']}":
                yield f"{name} lives in {now[name]['HostConfig'][field]}"

    def _publish(self, name: str, image: ImageSpec) -> str:
        self.host.push(f"{name}:latest", image)
        return self.host.pull(f"{name}:latest")

    def _run(self, name: str, host_config: dict[str, Any], **more: Any) -> str:
        return self.host.run_container(name, f"{name}:latest", host_config=host_config, **more)

    def _clear(self) -> None:
        shutil.rmtree(state_folder(self.host), ignore_errors=True)
        client = self.host.client
        for entry in client.containers(all=True):
            try:
                client.remove_container(entry["Id"], force=True, v=True)
            except NotFound:
                continue
        client.tag(self.old_image, self.host.reference("vpn"), "latest", force=True)
        for image in (f"updater-keep:{self.host.name('vpn')}", self.new_image):
            try:
                client.remove_image(image, force=True)
            except ImageNotFound:
                continue


def _answer() -> str:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{PORT}/", timeout=5.0) as response:
            return str(response.read().decode())
    except (urllib.error.URLError, OSError) as error:
        return str(error)


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers]:
    with open_workers() as opened:
        yield opened


@pytest.fixture(scope="module")
def tally(request: pytest.FixtureRequest) -> Tally:
    counted = Tally("kills of groups")
    request.config.pluginmanager.register(counted)
    return counted


@pytest.mark.parametrize(
    "new",
    [
        pytest.param(GOOD, id="good"),
        pytest.param(BAD, id="provider fails", marks=pytest.mark.endurance),
        pytest.param(BAD_FOR_OTHERS, id="dependent fails"),
    ],
)
def test_killed_once(workers: Workers, tally: Tally, new: ImageSpec, tmp_path: Path) -> None:
    tally.settle(workers.run(partial(GroupStage, new=new), tmp_path, _moments))


def _moments(stage: GroupStage) -> list[Task[GroupStage]]:
    before = stage.reset()
    ended = stage.run(Subject("run", before["vpn"]))
    complaints = list(stage.complaints(before))
    if ended.broke or complaints:
        raise PointFailed(f"undisturbed: {complaints}; {ended}")
    course = Course(ended.requests)
    tag = course.place_of("/tag\\?repo=127")
    assert tag is not None
    # What an update that fails does on its way there, the good one does as well.
    first = 0 if stage.new is GOOD else course.place_of("/start$") or 0
    # Between `tag` and `create` nothing on the engine tells whose tag that is (documented).
    return [
        partial(_killed, moment=moment)
        for moment in in_turn(course.moments(looks=False), turn=stage.new is GOOD)
        if moment.position > first and not tag <= moment.position <= tag + 1
    ]


def _killed(stage: GroupStage, moment: Moment) -> Verdict:
    before = stage.reset()
    subject = Subject("run", before["vpn"])
    trigger = Trigger(moment, subject.kill)
    ended = stage.run(subject, trigger)
    if trigger.struck is None:
        raise PointFailed(f"run never came to {moment}: {ended}")
    first = stage.run(Subject("recover", before["vpn"]))
    complaints = list(stage.complaints(before))
    second = stage.run(Subject("recover", before["vpn"]))
    if first.broke or first.exit_code != 0 or second.exit_code != 0 or second.json["recovered"]:
        complaints.append(f"a second recovery said {second}")
    if complaints:
        complaints.append(f"the first recovery said {first}")
    return Verdict(f"killed {trigger.struck}", tuple(complaints))
