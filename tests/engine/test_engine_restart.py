"""The engine is restarted in the middle of an update, and nobody is told: systemd holds its socket for the next one.

Ending, it stops all that it runs as a person would; booting, it starts what was not to be started any more.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from rig import ImageSpec, commands
from tests.engine.contract import ran

if TYPE_CHECKING:
    from rig.host import Host
    from rig.recording import Request

ON = {"updater.enable": "true"}
POLICIES = ("always", "unless-stopped", "on-failure")

pytestmark = pytest.mark.timeout(180)


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_in_the_middle_of_a_trial(host: Host, how: str) -> None:
    """Ended by its package's upgrade, or killed; under some policies the engine then leaves what it ran down."""
    before = {}
    for policy in POLICIES:
        host.push(f"{policy}:latest", ImageSpec(marker=f"1 {policy}"))
        settings = {"RestartPolicy": {"Name": policy}}
        before[policy] = host.run_container(policy, f"{policy}:latest", labels=ON, host_config=settings)
        host.push(f"{policy}:latest", ImageSpec(marker=f"2 {policy}"))
    engine = host.rig.engine
    quick = ("--grace-period", "2s", "--parallel-updates", "3", "-o", "json")
    with host.rig.held_socket() as held, host.start_updater("run", *quick, docker_host=held.host) as process:
        assert process.stderr is not None
        trials = (line for line in process.stderr if "until the verdict" in line)
        for _ in POLICIES:
            next(trials)
        if how == "stop":
            engine.stop()
        else:
            engine.kill()
        engine.start()
        stdout, stderr = process.communicate(timeout=90)
    assert {result["reason"]["code"] for result in ran(json.loads(stdout)).values()} == {"updated"}, stdout
    assert "Traceback" not in stderr
    assert host.container_names() == sorted(map(host.name, POLICIES))
    for policy in POLICIES:
        now = host.inspect(policy)
        assert (now["Id"] != before[policy], now["State"]["Running"]) == (True, True)
        assert host.execute(policy, "cat /etc/marker") == f"2 {policy}"


@pytest.mark.parametrize("bad", [False, True], ids=["new", "old"])
def test_between_a_start_and_its_trial(host: Host, bad: bool) -> None:
    """Killed just after it has answered; without a restart policy, the next one leaves the container down."""
    host.push("web:latest", ImageSpec(marker="1"))
    old = host.run_container("web", "web:latest", labels=ON)
    host.push("web:latest", ImageSpec(marker="2", healthcheck=commands.BAD_HEALTH if bad else None))
    started: list[str] = []
    down: list[bool] = []

    def kill_the_engine(request: Request, _status: int) -> None:
        which = re.search(r"/containers/([0-9a-f]+)/start$", request.path)
        if which is not None and (which[1] == old) is bad and not started:
            started.append(which[1])
            host.rig.engine.kill()
            host.rig.engine.start()
            down.append(not host.inspect(which[1])["State"]["Running"])

    with host.rig.held_socket() as held:
        held.recording.after = kill_the_engine
        result = host.updater("run", "--grace-period", "1s", "-o", "json", docker_host=held.host)
    assert down == [True]
    outcome = ran(result.json)[host.name("web")]
    assert (outcome["reason"]["code"], outcome["notes"]) == ("unhealthy" if bad else "updated", []), str(result)
    assert host.container_names() == [host.name("web")]
    now = host.inspect("web")
    assert (now["Id"] == old, now["State"]["Running"]) == (bad, True)


@pytest.mark.parametrize("bad", [False, True], ids=["old", "new"])
def test_never_two_at_once(host: Host, bad: bool) -> None:
    """Booting, the engine starts one again that was just stopped, since its policy is not switched off yet."""
    host.push("web:latest", ImageSpec(marker="1"))
    policy = {"RestartPolicy": {"Name": "always"}}
    old = host.run_container("web", "web:latest", labels=ON, host_config=policy)
    host.push("web:latest", ImageSpec(marker="2", healthcheck=commands.BAD_HEALTH if bad else None))
    stopped: list[str] = []
    beside: list[bool] = []

    def restart_the_engine(request: Request, _status: int) -> None:
        which = re.search(r"/containers/([0-9a-f]+)/stop$", request.path)
        if which is not None and (which[1] == old) is not bad and not stopped:
            stopped.append(which[1])
            host.rig.engine.stop()
            host.rig.engine.start()

    def look(request: Request) -> None:
        if stopped and request.path.endswith("/start"):
            beside.append(host.inspect(stopped[0])["State"]["Running"])

    with host.rig.held_socket() as held:
        held.recording.after, held.recording.before = restart_the_engine, look
        result = host.updater("run", "--grace-period", "1s", "-o", "json", docker_host=held.host)
    assert ran(result.json)[host.name("web")]["reason"]["code"] == ("unhealthy" if bad else "updated"), str(result)
    assert beside == [False]
    assert host.container_names() == [host.name("web")]
    now = host.inspect("web")
    assert (now["Id"] == old, now["State"]["Running"]) == (bad, True)
    assert now["HostConfig"]["RestartPolicy"]["Name"] == "always"
