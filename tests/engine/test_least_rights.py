"""Which calls are documented: is each one used, and what is said of one that a proxy denies?

That they are enough, the suites of check, update, rollback, hooks and groups show: marked with `least_rights`, they go
through a proxy that lets nothing else pass.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rig import ImageSpec, commands
from rig.least_rights import FORBIDDEN, LeastRightsSocket
from tests.engine.contract import checked, ran
from updater.engine.rights import CALLS, Use, call_of

if TYPE_CHECKING:
    from rig.host import Host

ON = {"updater.enable": "true"}
ONE_NETWORK_AT_CREATION = (1, 44)  # the first API version that takes several


def test_no_documented_call_is_superfluous(host: Host) -> None:
    """Everything that an update can have to do, and each row of the list is used."""
    one, two = host.create_network("one"), host.create_network("two")
    project = {"com.docker.compose.project": host.prefix}
    own = {"updater.hook.pre-update": "true", "updater.stop-signal": "TERM"}
    names = ("web", "off", "frozen", "bad", "hosted")
    for name in names:
        host.push(f"{name}:latest", ImageSpec(marker="1"))
    host.run_container(
        "web",
        "web:latest",
        labels=ON | own | project | {"com.docker.compose.service": "web"},
        networks={one: {}, two: {}},
        host_config={"RestartPolicy": {"Name": "always"}},
    )
    after = {"com.docker.compose.service": "after", "com.docker.compose.depends_on": "web:service_started:true"}
    host.run_container("after", "web:latest", labels=project | after)
    host.run_container("off", "off:latest", labels=ON, networks={one: {}})
    host.client.disconnect_container_from_network(host.name("off"), one)
    host.run_container("frozen", "frozen:latest", labels=ON)
    host.client.pause(host.name("frozen"))
    host.run_container("bad", "bad:latest", labels=ON)
    host.run_container("hosted", "hosted:latest", labels=ON, host_config={"NetworkMode": "host"})
    with LeastRightsSocket(host.rig.engine.socket, host.directory / "proxy.sock", Use) as proxy:
        for marker in ("2", "3"):
            for name in names:
                command = commands.EXIT_AT_ONCE if name == "bad" else commands.SERVE
                host.push(f"{name}:latest", ImageSpec(marker=marker, command=command))
            how = ("--grace-period", "1s", "--parallel-updates", "4", "--cleanup", "-o", "json")
            result = host.updater("run", *how, docker_host=proxy.host)
            outcomes = {name: result["outcome"] for name, result in ran(result.json).items()}
            assert outcomes.pop(host.name("bad")) == "rolled-back"
            assert outcomes.pop(host.name("after")) == "current"
            assert set(outcomes.values()) == {"updated"}, result.stderr
        assert proxy.denied == []
        used = {call_of(request.method, request.path) for request in proxy.recording.requests}
    expected = set(CALLS)
    version = tuple(map(int, host.client.version()["ApiVersion"].split(".")))
    if version >= ONE_NETWORK_AT_CREATION:
        expected = {call for call in CALLS if not call.path.startswith("/networks/")}
    assert used == expected


def test_a_denied_call_names_the_flags(host: Host) -> None:
    host.push("web:latest", ImageSpec(marker="1"))
    old_id = host.run_container("web", "web:latest", labels=ON)
    host.push("web:latest", ImageSpec(marker="2"))
    with LeastRightsSocket(host.rig.engine.socket, host.directory / "proxy.sock", []) as proxy:
        look = host.updater("check", "-o", "json", docker_host=proxy.host)
        assert checked(look.json)[host.name("web")]["decision"] == "update"
        result = host.updater("run", "-o", "json", docker_host=proxy.host)
    (outcome,) = ran(result.json).values()
    assert outcome["outcome"] == "failed"
    assert "a socket proxy lets POST /images/{id}/tag pass with IMAGES=1 POST=1" in outcome["reason"]["message"]
    assert host.container_names() == [host.name("web")]
    assert host.inspect("web")["Id"] == old_id


@pytest.mark.parametrize("verb", ["stop", "start", "rename", "update"])
def test_what_could_not_be_ended_is_not_begun(host: Host, verb: str) -> None:
    """Over a network, a proxy may let a container be stopped and not be started again."""
    host.push("web:latest", ImageSpec(marker="1"))
    old_id = host.run_container("web", "web:latest", labels=ON)
    started_at = host.inspect("web")["State"]["StartedAt"]
    host.push("web:latest", ImageSpec(marker="2"))
    with host.rig.recording_port() as proxy:
        proxy.recording.before = lambda request: FORBIDDEN if request.path.endswith(f"/{verb}") else None
        result = host.updater("run", "-o", "json", docker_host=proxy.host)
    (outcome,) = ran(result.json).values()
    assert (result.exit_code, outcome["outcome"]) == (1, "failed")
    assert f"could not {verb} containers" in outcome["reason"]["message"]
    assert f"a socket proxy lets POST /containers/{{id}}/{verb} pass with CONTAINERS=1" in outcome["reason"]["message"]
    assert host.container_names() == [host.name("web")]
    assert (host.inspect("web")["Id"], host.inspect("web")["State"]["StartedAt"]) == (old_id, started_at)


def test_where_restart_policies_may_not_be_changed_the_old_one_comes_back(host: Host) -> None:
    """Nobody asks beforehand where there is no network between; the new one is stopped and renamed, but not defused."""
    host.push("web:latest", ImageSpec(marker="1"))
    old_id = host.run_container("web", "web:latest", labels=ON, host_config={"RestartPolicy": {"Name": "always"}})
    host.push("web:latest", ImageSpec(marker="2"))
    with host.rig.recording_socket() as proxy:
        proxy.recording.before = lambda request: FORBIDDEN if request.path.endswith("/update") else None
        result = host.updater("run", "--grace-period", "1s", "-o", "json", docker_host=proxy.host)
    (outcome,) = ran(result.json).values()
    assert outcome["outcome"] in ("failed", "rolled-back")
    assert "POST /containers/{id}/update pass with CONTAINERS=1 POST=1" in outcome["reason"]["message"]
    assert host.container_names() == [host.name("web")]
    web = host.inspect("web")
    assert (web["Id"], web["State"]["Running"], web["HostConfig"]["RestartPolicy"]["Name"]) == (old_id, True, "always")


def test_nothing_at_all_is_allowed(host: Host) -> None:
    with LeastRightsSocket(host.rig.engine.socket, host.directory / "proxy.sock", []) as proxy:
        proxy.recording.before = lambda request: FORBIDDEN
        result = host.updater("check", docker_host=proxy.host)
    assert result.exit_code == 3
    assert "a socket proxy lets GET /version pass with VERSION=1" in result.stderr
    assert "Traceback" not in result.stderr
