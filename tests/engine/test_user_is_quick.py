"""What if a person acts on a container in the very moments in which the old one makes way for the new one?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from rig import ImageSpec, commands
from tests.engine.contract import ran
from tests.engine.quick_user import GO, ON, PARK, START, STOP, run_and_act, running, update

if TYPE_CHECKING:
    from rig.host import Host
    from rig.recording import Request
    from tests.engine.quick_user import Act


def policy_of(host: Host) -> str:
    return str(host.inspect("web")["HostConfig"]["RestartPolicy"]["Name"])


@pytest.mark.parametrize("when", [STOP, PARK])
def test_starting_it_again_while_it_makes_way_never_runs_two(host: Host, when: str) -> None:
    """As `docker restart` does, whose own stop and ours are one."""
    ran_at_the_start: list[list[str]] = []
    host.push("web:latest", ImageSpec(marker="1"))
    old_id = host.run_container("web", "web:latest", labels=ON)
    host.push("web:latest", ImageSpec(marker="2"))
    moment = re.compile(when.format(id=old_id, name=host.name("web")))

    acted: list[Request] = []

    def interfere(request: Request, _status: int) -> None:
        if moment.search(request.target) and not acted:
            acted.append(request)
            host.client.start(old_id)
        if request.path.endswith("/start"):
            ran_at_the_start.append(running(host))

    with host.rig.recording_socket() as socket:
        socket.recording.after = interfere
        result = host.updater("run", "-o", "json", "--grace-period", "1s", docker_host=socket.host)
    assert ran(result.json)[host.name("web")]["outcome"] == "updated"
    assert ran_at_the_start == [[host.name("web")]]
    assert host.container_names() == running(host) == [host.name("web")]


@pytest.mark.parametrize("act", ["stop", "pause"])
def test_acting_in_the_last_moment_leaves_it_so(host: Host, act: str) -> None:
    old_id, result = update(host, GO, lambda it: getattr(host.client, act)(it))
    assert (result["outcome"], result["reason"]["code"]) == ("failed", "user-changed")
    assert host.container_names() == [host.name("web")]
    state = host.inspect("web")["State"]["Status"]
    assert (host.inspect("web")["Id"], state) == (old_id, {"stop": "exited", "pause": "paused"}[act])


def test_stopping_the_one_that_others_live_in_while_those_are_stopped(host: Host) -> None:
    """They cannot run without it; and its image is not to blame."""
    host.push("web:latest", ImageSpec(marker="1"))
    host.push("side:latest", ImageSpec(marker="side"))
    web = host.run_container("web", "web:latest", labels=ON)
    side = host.run_container("side", "side:latest", host_config={"NetworkMode": f"container:{web}"})
    host.push("web:latest", ImageSpec(marker="2"))
    results = run_and_act(host, re.compile(f"{side}/stop"), lambda: host.client.stop(web), before=False)
    assert results[host.name("web")]["reason"]["code"] == "user-changed"
    assert host.container_names() == [host.name("side"), host.name("web")]
    assert [host.inspect(short)["Id"] for short in ("web", "side")] == [web, side]
    assert running(host) == []
    assert host.updater("check").stdout.count("rejected") == 0


def test_renaming_it_while_it_is_stopped_keeps_the_name(host: Host) -> None:
    old_id, result = update(host, STOP, lambda it: host.client.rename(it, host.name("mine")), before=True)
    assert (result["outcome"], result["reason"]["code"]) == ("rolled-back", "user-changed")
    assert host.container_names() == running(host) == [host.name("mine")]
    assert host.inspect("mine")["Id"] == old_id


@pytest.mark.parametrize("policy", ["no", "always"])
def test_changing_it_while_it_is_stopped_is_not_lost(host: Host, policy: str) -> None:
    old_id, result = update(
        host,
        STOP,
        lambda it: host.client.update_container(it, restart_policy={"Name": "unless-stopped"}),
        policy=policy,
    )
    assert (result["outcome"], result["reason"]["code"]) == ("rolled-back", "user-changed")
    assert host.container_names() == running(host) == [host.name("web")]
    assert (host.inspect("web")["Id"], policy_of(host)) == (old_id, "unless-stopped")


@pytest.mark.parametrize("change", ["Memory", "RestartPolicy", "Networks"])
def test_what_was_changed_in_one_that_goes_again_is_told(host: Host, change: str) -> None:
    acts: dict[str, Act] = {
        "Memory": lambda _: host.client.update_container(host.name("web"), mem_limit="64m", memswap_limit="-1"),
        "RestartPolicy": lambda _: host.client.update_container(host.name("web"), restart_policy={"Name": "always"}),
        "Networks": lambda _: host.client.connect_container_to_network(host.name("web"), host.create_network("more")),
    }
    _, result = update(host, START, acts[change], new={"command": commands.exit_after(0.7)})
    assert (result["outcome"], result["reason"]["code"]) == ("rolled-back", "crashed")
    (note,) = result["notes"]
    assert change in note


def test_removing_it_before_its_start_is_no_fault_of_its_image(host: Host) -> None:
    _, result = update(host, START, lambda _: host.client.remove_container(host.name("web")), before=True)
    assert (result["outcome"], result["reason"]["code"]) == ("failed", "container-gone")
    assert host.container_names() == []
    assert "rolled-back" not in host.updater("history").stdout


def test_renaming_the_old_one_keeps_it(host: Host) -> None:
    old_id, result = update(host, START, lambda it: host.client.rename(it, host.name("mine")))
    assert result["outcome"] == "updated"
    assert any(host.name("mine") in note for note in result["notes"])
    assert host.container_names() == [host.name("mine"), host.name("web")]
    assert (host.inspect("mine")["Id"], running(host)) == (old_id, [host.name("web")])


def test_renaming_the_old_one_of_a_bad_update_keeps_its_name(host: Host) -> None:
    new = {"command": commands.exit_after(0.5)}
    old_id, result = update(host, START, lambda it: host.client.rename(it, host.name("mine")), new=new)
    assert (result["outcome"], result["reason"]["code"]) == ("rolled-back", "crashed")
    assert any(host.name("mine") in note for note in result["notes"])
    assert host.container_names() == running(host) == [host.name("mine")]
    assert host.inspect("mine")["Id"] == old_id


def test_starting_the_old_one_during_the_trial_brings_it_back(host: Host) -> None:
    old_id, result = update(host, START, host.client.start)
    assert (result["outcome"], result["reason"]["code"]) == ("rolled-back", "user-changed")
    assert host.container_names() == running(host) == [host.name("web")]
    assert host.inspect("web")["Id"] == old_id
