"""Containers that live in another's namespaces, or use its volumes or links: they go where that one goes."""

from __future__ import annotations

import urllib.request
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from rig import ImageSpec, Reply, commands
from tests.engine.contract import ran
from tests.engine.test_cut_short import kill_after
from updater.engine.rights import Use

if TYPE_CHECKING:
    from rig.host import Host
    from rig.recording import Request

pytestmark = pytest.mark.least_rights(Use.UPDATE)
ON = {"updater.enable": "true"}
PORT = 18_090
SHORT = ("vpn", "web", "side", "shadow")


@dataclass(frozen=True)
class Vpn:
    """`web` and `side` live in the network of `vpn`, `shadow` among the processes of `web`. Only `vpn` is opted in."""

    host: Host
    ids: dict[str, str]

    def update(self, *more: str) -> dict[str, Any]:
        result = self.host.updater("run", "--grace-period", "1s", "-o", "json", *more)
        assert "Traceback" not in result.stderr, result.stderr
        return {name.removeprefix(f"{self.host.prefix}-"): one for name, one in ran(result.json).items()}

    def ids_now(self) -> dict[str, str]:
        return {short: self.host.inspect(short)["Id"] for short in SHORT}

    def is_whole(self) -> bool:
        """Everything runs, is where it belongs, and can be reached; nothing else is there."""
        now = {short: self.host.inspect(short) for short in SHORT}
        assert sorted(self.host.container_names()) == sorted(map(self.host.name, SHORT))
        assert all(container["State"]["Running"] for container in now.values())
        assert now["web"]["HostConfig"]["NetworkMode"] == f"container:{now['vpn']['Id']}"
        assert now["side"]["HostConfig"]["NetworkMode"] == f"container:{now['vpn']['Id']}"
        assert now["shadow"]["HostConfig"]["PidMode"] == f"container:{now['web']['Id']}"
        with urllib.request.urlopen(f"http://127.0.0.1:{PORT}/", timeout=5) as response:
            return bool(response.read().decode() == "web 1")


@pytest.fixture
def vpn(host: Host) -> Vpn:
    for short in SHORT:
        command = commands.HTTP_SERVER if short == "web" else commands.SERVE
        host.push(f"{short}:latest", ImageSpec(marker=f"{short} 1", command=command))
    bound = {"PortBindings": {"8080/tcp": [{"HostIp": "127.0.0.1", "HostPort": str(PORT)}]}}
    ids = {"vpn": host.run_container("vpn", "vpn:latest", labels=ON, host_config=bound, ExposedPorts={"8080/tcp": {}})}
    for short in ("web", "side"):
        mode = {"NetworkMode": f"container:{ids['vpn']}", "RestartPolicy": {"Name": "always"}}
        ids[short] = host.run_container(short, f"{short}:latest", host_config=mode)
    ids["shadow"] = host.run_container("shadow", "shadow:latest", host_config={"PidMode": f"container:{ids['web']}"})
    made = Vpn(host, ids)
    assert made.is_whole()
    return made


def test_all_come_along_on_the_images_that_they_ran(vpn: Vpn) -> None:
    """Although newer ones are published, and even here already: nobody asked for them."""
    images = {short: vpn.host.inspect(short)["Image"] for short in SHORT}
    for short in SHORT:
        vpn.host.push(f"{short}:latest", ImageSpec(marker=f"{short} 2", command=commands.SERVE))
    vpn.host.pull("web:latest")
    results = vpn.update()
    assert {short: one["outcome"] for short, one in results.items()} == dict.fromkeys(SHORT, "updated")
    assert {one["reason"]["code"] for short, one in results.items() if short != "vpn"} == {"dependency-updated"}
    now = vpn.ids_now()
    assert all(now[short] != vpn.ids[short] for short in SHORT)
    assert {short for short in SHORT if vpn.host.inspect(short)["Image"] != images[short]} == {"vpn"}
    assert vpn.is_whole()
    assert vpn.update()["vpn"]["outcome"] == "current"


@pytest.mark.parametrize(
    "bad",
    [
        ImageSpec(marker="vpn 2", command=commands.EXIT_AT_ONCE),
        # It takes the port that `web` listens on, so that `web` cannot come back.
        ImageSpec(marker="vpn 2", command=commands.HTTP_SERVER),
        ImageSpec(marker="vpn 2", command=["/not/there"]),
        ImageSpec(marker="vpn 2", command=None),
    ],
    ids=["provider fails", "dependent fails", "provider does not start", "provider cannot be made"],
)
def test_all_go_back(vpn: Vpn, bad: ImageSpec) -> None:
    vpn.host.push("vpn:latest", bad)
    results = vpn.update()
    assert vpn.ids_now() == vpn.ids
    assert vpn.is_whole()
    assert results["vpn"]["outcome"] in ("rolled-back", "failed")
    if bad.command == commands.HTTP_SERVER:
        assert results["web"]["reason"]["code"] == "crashed"
        assert results["vpn"]["reason"]["code"] == "dependency-failed"
        assert vpn.update()["vpn"]["reason"]["code"] == "rejected-before"


def test_a_dependent_that_is_outdated_itself_is_updated_afterwards(vpn: Vpn) -> None:
    vpn.host.push("vpn:latest", ImageSpec(marker="vpn 2"))
    vpn.host.push("side:latest", ImageSpec(marker="side 2"))
    names = [vpn.host.name(short) for short in ("side", "vpn")]
    result = vpn.host.updater("run", "--grace-period", "1s", "-o", "json", *names)
    assert result.exit_code == 0, result.stderr
    assert vpn.is_whole()
    assert "side 2" in vpn.host.execute("side", "cat /www/index.html")


def test_stopped_dependents_can_still_be_started(vpn: Vpn) -> None:
    vpn.host.client.stop(vpn.host.name("side"))
    vpn.host.push("vpn:latest", ImageSpec(marker="vpn 2"))
    assert vpn.update()["side"]["outcome"] == "updated"
    assert not vpn.host.inspect("side")["State"]["Running"]
    vpn.host.client.start(vpn.host.name("side"))
    assert vpn.is_whole()


def test_rollback_on_demand_takes_them_along(vpn: Vpn) -> None:
    vpn.host.push("vpn:latest", ImageSpec(marker="vpn 2"))
    before = vpn.host.inspect("vpn")["Image"]
    vpn.update()
    result = vpn.host.updater("rollback", vpn.host.name("vpn"), "--grace-period", "1s", "-o", "json")
    assert result.exit_code == 0, result.stderr
    assert vpn.host.inspect("vpn")["Image"] == before
    assert vpn.is_whole()


def test_check_says_who_comes_along(vpn: Vpn) -> None:
    vpn.host.push("vpn:latest", ImageSpec(marker="vpn 2"))
    (shown,) = vpn.host.updater("check", "-o", "json").json["containers"]
    assert [reason["code"] for reason in shown["reasons"]] == ["update-available", "dependency-updated"]
    assert all(vpn.host.name(short) in shown["reasons"][1]["message"] for short in ("web", "side"))
    # Who lives among its processes, only an inspection of every container shows, which a check does not make.
    (planned,) = vpn.host.updater("run", "--dry-run", "-o", "json").json["results"]
    (note,) = planned["notes"]
    assert all(vpn.host.name(short) in note for short in ("web", "side", "shadow"))


def test_volumes_from_and_links(host: Host) -> None:
    host.push("data:latest", ImageSpec(marker="1", volumes=["/data"]))
    host.push("user:latest", ImageSpec(marker="1"))
    provider = host.run_container("data", "data:latest", labels=ON)
    host.execute("data", "echo kept > /data/file")
    host.run_container("byid", "user:latest", host_config={"VolumesFrom": [f"{provider}:ro"]})
    host.run_container("byname", "user:latest", host_config={"VolumesFrom": [host.name("data")]})
    host.run_container("linked", "user:latest", host_config={"Links": [f"{host.name('data')}:db"]})
    host.push("data:latest", ImageSpec(marker="2", volumes=["/data", "/more"]))
    result = host.updater("run", "--grace-period", "1s", "-o", "json")
    assert result.exit_code == 0, result.stdout + result.stderr
    new = host.inspect("data")["Id"]
    assert host.inspect("byid")["HostConfig"]["VolumesFrom"] == [f"{new}:ro"]
    assert host.inspect("byname")["HostConfig"]["VolumesFrom"] == [host.name("data")]
    assert host.inspect("linked")["HostConfig"]["Links"] == [f"/{host.name('data')}:/{host.name('linked')}/db"]
    for short in ("data", "byid", "byname"):
        assert host.execute(short, "cat /data/file").strip() == "kept"
    assert "db" in host.execute("linked", "cat /etc/hosts")
    for short in ("byid", "byname", "linked"):
        host.client.restart(host.name(short), timeout=1)


def test_a_dependent_that_cannot_be_recreated_keeps_the_provider_from_its_update(host: Host) -> None:
    host.push("vpn:latest", ImageSpec(marker="1"))
    provider = host.run_container("vpn", "vpn:latest", labels=ON)
    host.run_container("guest", "vpn:latest", host_config={"NetworkMode": f"container:{provider}", "AutoRemove": True})
    host.push("vpn:latest", ImageSpec(marker="2"))
    outcome = ran(host.updater("run", "-o", "json").json)[host.name("vpn")]
    assert (outcome["outcome"], outcome["reason"]["code"]) == ("skipped", "shared-namespace")
    assert host.name("guest") in outcome["reason"]["message"]


def test_whoever_cannot_be_looked_at_may_depend_on_it(host: Host) -> None:
    """Then the provider is not touched: a dependent that nobody knew of would be dead afterwards."""
    host.push("vpn:latest", ImageSpec(marker="1"))
    provider = host.run_container("vpn", "vpn:latest", labels=ON)
    guest = host.run_container("guest", "vpn:latest", host_config={"NetworkMode": f"container:{provider}"})
    host.push("vpn:latest", ImageSpec(marker="2"))
    with host.rig.recording_socket() as socket:

        def refuse(request: Request) -> Reply | None:
            return Reply(500, b'{"message": "no"}') if request.path.endswith(f"/{guest}/json") else None

        socket.recording.before = refuse
        result = host.updater("run", "-o", "json", docker_host=socket.host)
    outcome = ran(result.json)[host.name("vpn")]
    assert (result.exit_code, outcome["outcome"], outcome["reason"]["code"]) == (1, "skipped", "engine-error")
    assert host.inspect("vpn")["Id"] == provider


def test_a_provider_given_by_name_is_found_by_name(host: Host) -> None:
    host.push("vpn:latest", ImageSpec(marker="1"))
    host.run_container("vpn", "vpn:latest", labels=ON)
    modes = {"NetworkMode": f"container:{host.name('vpn')}", "PidMode": f"container:{host.name('vpn')}"}
    host.run_container("guest", "vpn:latest", host_config=modes)
    before = host.inspect("guest")["HostConfig"]
    host.push("vpn:latest", ImageSpec(marker="2"))
    result = host.updater("run", "--grace-period", "1s", "-o", "json")
    assert result.exit_code == 0, result.stderr
    after, now = host.inspect("guest")["HostConfig"], host.inspect("vpn")["Id"]
    for field in modes:
        named = before[field] == modes[field]
        assert after[field] == (modes[field] if named else f"container:{now}")
    host.client.restart(host.name("guest"), timeout=1)


def cut_short(vpn: Vpn, pattern: str) -> None:
    """Update the provider, and die right after this call."""
    vpn.host.push("vpn:latest", ImageSpec(marker="vpn 2"))
    kill_after(vpn.host, pattern, "run", "--grace-period", "1s", "-o", "json")


def test_a_provider_removed_by_its_user_takes_nobody_along(vpn: Vpn) -> None:
    """Killed while the new ones are made; `shadow` lives among the processes of `web`, which runs on."""
    cut_short(vpn, r"containers/create\?name=[^&]*shadow")
    vpn.host.client.remove_container(vpn.ids["vpn"], force=True)
    assert vpn.host.updater("recover", "--grace-period", "1s").exit_code == 0
    for short in ("web", "side", "shadow"):
        now = vpn.host.inspect(short)
        assert (now["Id"], now["State"]["Running"]) == (vpn.ids[short], True)
    assert len(vpn.host.container_names()) == 3


def test_a_dependent_whose_old_container_was_removed_comes_up_with_the_others(vpn: Vpn) -> None:
    cut_short(vpn, rf"rename\?name={vpn.host.name('shadow')}$")
    for name in vpn.host.container_names():
        if name.startswith(vpn.host.name("side") + ".old-"):
            vpn.host.client.remove_container(name, force=True)
    assert vpn.host.updater("recover", "--grace-period", "1s").exit_code == 0
    assert vpn.is_whole()


def test_a_dependent_stopped_by_its_user_leaves_its_siblings_alone(vpn: Vpn) -> None:
    vpn.host.push("vpn:latest", ImageSpec(marker="vpn 2"))
    with vpn.host.start_updater("run", "--grace-period", "3s", "-o", "json") as process:
        assert process.stderr is not None
        next(line for line in process.stderr if "-web: at most" in line)
        vpn.host.client.stop(vpn.host.name("web"), timeout=1)
        process.communicate(timeout=90)
    now = {short: vpn.host.inspect(short) for short in SHORT}
    assert {short: one["Id"] for short, one in now.items()} == vpn.ids
    assert {short for short in SHORT if now[short]["State"]["Running"]} == {"vpn", "side"}
