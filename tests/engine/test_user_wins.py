"""What happens when a person acts on the container while it is being updated: the person wins."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from rig import ImageSpec, commands
from tests.engine.contract import ran

if TYPE_CHECKING:
    from collections.abc import Callable

    from rig.host import Host
    from rig.recording import Request

ON = {"updater.enable": "true"}


def act_during_verify(
    host: Host, act: Callable[[], object], *, bad: bool = False, policy: str = "no"
) -> tuple[str, dict[str, Any]]:
    """Update `web`, act as soon as the new one is on trial, and return the old id and the result."""
    health = commands.health_check("exit 1" if bad else "test -e /never", interval=0.5, retries=8)
    host.push("web:latest", ImageSpec(marker="1"))
    old_id = host.run_container("web", "web:latest", labels=ON, host_config={"RestartPolicy": {"Name": policy}})
    host.push("web:latest", ImageSpec(marker="2", healthcheck=health))
    with host.start_updater("run", "-o", "json", "--grace-period", "1s") as process:
        assert process.stderr is not None
        next(line for line in process.stderr if "until the verdict" in line)
        act()
        stdout, stderr = process.communicate(timeout=60)
    assert "Traceback" not in stderr
    return old_id, ran(json.loads(stdout))[host.name("web")]


@pytest.mark.parametrize("policy", ["no", "on-failure"])
def test_stopping_it_leaves_it_stopped(host: Host, policy: str) -> None:
    """It stops with code 0, which is no proof even where a job may end so."""
    old_id, result = act_during_verify(host, lambda: host.client.stop(host.name("web")), policy=policy)
    assert (result["outcome"], result["reason"]["code"]) == ("rolled-back", "user-changed")
    assert host.container_names() == [host.name("web")]
    assert host.inspect("web")["Id"] == old_id
    assert host.inspect("web")["State"]["Status"] == "exited"


@pytest.mark.parametrize(("act", "code"), [("stop", "user-changed"), ("restart", "updated")])
def test_whoever_acts_just_after_the_start_is_noticed(host: Host, act: str, code: str) -> None:
    """Before the updater itself knows that it has started."""
    host.push("web:latest", ImageSpec(marker="1"))
    old_id = host.run_container("web", "web:latest", labels=ON)
    host.push("web:latest", ImageSpec(marker="2"))
    acted: list[str] = []

    def interfere(request: Request, _status: int) -> None:
        if request.path.endswith("/start") and not acted:
            acted.append(act)
            getattr(host.client, act)(host.name("web"), timeout=5)

    with host.rig.recording_socket() as socket:
        socket.recording.after = interfere
        result = host.updater("run", "-o", "json", "--grace-period", "1s", docker_host=socket.host)
    assert acted == [act]
    assert ran(result.json)[host.name("web")]["reason"]["code"] == code, str(result)
    assert host.container_names() == [host.name("web")]
    now = host.inspect("web")
    assert (now["Id"] == old_id, now["State"]["Running"]) == ((True, False) if act == "stop" else (False, True))


def test_removing_it_is_not_undone(host: Host) -> None:
    _, result = act_during_verify(host, lambda: host.client.remove_container(host.name("web"), force=True))
    assert (result["outcome"], result["reason"]["code"]) == ("failed", "container-gone")
    assert host.container_names() == []


def test_restarting_it_begins_its_trial_anew(host: Host) -> None:
    host.push("web:latest", ImageSpec(marker="1"))
    host.run_container("web", "web:latest", labels=ON)
    host.push("web:latest", ImageSpec(marker="2"))
    with host.start_updater("run", "-o", "json", "--grace-period", "4s") as process:
        assert process.stderr is not None
        next(line for line in process.stderr if "until the verdict" in line)
        host.client.restart(host.name("web"))
        stdout, _ = process.communicate(timeout=60)
    assert ran(json.loads(stdout))[host.name("web")]["outcome"] == "updated"
    assert host.container_names() == [host.name("web")]


def test_removing_the_old_one_leaves_the_new_one(host: Host) -> None:
    def remove_parked() -> None:
        (parked,) = [name for name in host.container_names() if ".old-" in name]
        host.client.remove_container(parked, force=True)

    _, result = act_during_verify(host, remove_parked, bad=True)
    assert (result["outcome"], result["reason"]["code"]) == ("failed", "container-gone")
    assert host.container_names() == [host.name("web")]
    assert host.inspect("web")["State"]["Running"]


@pytest.mark.parametrize("change", ["limits", "network"])
def test_changing_it_while_it_is_pulled_stops_the_update(host: Host, change: str) -> None:
    host.push("web:latest", ImageSpec(marker="1"))
    old_id = host.run_container("web", "web:latest", labels=ON)
    host.push("web:latest", ImageSpec(marker="2"))
    network = host.create_network("extra")

    def interfere(request: object) -> None:
        if "/images/create" not in str(getattr(request, "path", "")):
            return
        if change == "limits":
            host.client.update_container(old_id, mem_limit="64m", memswap_limit="64m")
        else:
            host.client.connect_container_to_network(old_id, network)

    with host.rig.recording_socket() as socket:
        socket.recording.before = interfere
        result = host.updater("run", "-o", "json", docker_host=socket.host)
    outcome = ran(result.json)[host.name("web")]
    assert (outcome["outcome"], outcome["reason"]["code"]) == ("failed", "user-changed")
    assert host.inspect("web")["Id"] == old_id
    assert host.container_names() == [host.name("web")]


def act_on_a_bad_one(host: Host, command: commands.Command, act: str, policy: str = "no") -> dict[str, Any]:
    """Update `web` to an image that runs this for a few seconds; during its trial, do this to it."""
    host.push("web:latest", ImageSpec(marker="1"))
    old_id = host.run_container("web", "web:latest", labels=ON, host_config={"RestartPolicy": {"Name": policy}})
    host.push("web:latest", ImageSpec(marker="2", command=command))
    with host.start_updater("run", "-o", "json", "--grace-period", "10s") as process:
        assert process.stderr is not None
        next(line for line in process.stderr if "until the verdict" in line)
        if act == "hup":
            host.client.kill(host.name("web"), signal="HUP")
        else:
            host.client.restart(host.name("web"), timeout=1)
        stdout, _ = process.communicate(timeout=100)
    now = host.inspect("web")
    assert (now["Id"], now["State"]["Running"]) == (old_id, True)
    return ran(json.loads(stdout))[host.name("web")]


@pytest.mark.parametrize(("act", "policy"), [("hup", "always"), ("restart", "no")])
def test_a_crash_is_a_crash_whatever_a_person_did_before(host: Host, act: str, policy: str) -> None:
    command = commands.shell("trap '' HUP; trap 'exit 0' TERM; sleep 4 & wait $!; exit 3")
    outcome = act_on_a_bad_one(host, command, act, policy)
    assert (outcome["outcome"], outcome["reason"]["code"]) == ("rolled-back", "crashed")


def test_stopping_one_whose_turn_has_not_come(host: Host) -> None:
    """It was running when it was decided on; now it is one of those that are not to be considered."""
    for short in ("a", "b"):
        host.push(f"{short}:latest", ImageSpec(marker=f"1{short}"))
    ids = [host.run_container(short, f"{short}:latest", labels=ON) for short in ("a", "b")]
    for short in ("a", "b"):
        host.push(f"{short}:latest", ImageSpec(marker=f"2{short}"))
    with host.start_updater("run", "-o", "json", "--grace-period", "1s") as process:
        assert process.stderr is not None
        next(line for line in process.stderr if "until the verdict" in line)
        host.client.stop(ids[1])
        stdout, _ = process.communicate(timeout=60)
    results = ran(json.loads(stdout))
    assert results[host.name("a")]["outcome"] == "updated"
    assert (results[host.name("b")]["outcome"], results[host.name("b")]["reason"]["code"]) == ("failed", "user-changed")
    assert (host.inspect("b")["Id"], host.inspect("b")["State"]["Status"]) == (ids[1], "exited")


def test_starting_a_stopped_one_while_its_image_is_pulled(host: Host) -> None:
    host.push("web:latest", ImageSpec(marker="1"))
    old_id = host.run_container("web", "web:latest", labels=ON)
    host.client.stop(old_id)
    host.push("web:latest", ImageSpec(marker="2"))
    with host.rig.recording_socket() as socket:
        socket.recording.before = lambda request: (
            host.client.start(old_id) if "/containers/create" in request.path else None
        )
        result = host.updater("run", "--include-stopped", "-o", "json", docker_host=socket.host)
    outcome = ran(result.json)[host.name("web")]
    assert (outcome["outcome"], outcome["reason"]["code"]) == ("failed", "user-changed")
    assert (host.inspect("web")["Id"], host.inspect("web")["State"]["Running"]) == (old_id, True)
