"""`updater run` on a real engine: what an update keeps, what follows the new image, and that it ends there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from rig import ImageSpec, commands
from tests.engine.contract import ran
from updater.engine.rights import Use

if TYPE_CHECKING:
    from rig.host import Host

pytestmark = pytest.mark.least_rights(Use.UPDATE)
ON = {"updater.enable": "true"}
QUICK = ("--grace-period", "1s", "-o", "json")

FIRST = ImageSpec(
    marker="1",
    env={"KEPT_BY_IMAGE": "1", "CHANGED": "old", "DROPPED": "x"},
    labels={"image.label": "old", "image.gone": "x"},
    healthcheck=commands.health_check("test -e /etc/marker", interval=0.3),
    workdir="/srv",
    exposed=["8080/tcp"],
)
SECOND = ImageSpec(
    marker="2",
    env={"KEPT_BY_IMAGE": "1", "CHANGED": "new", "ADDED": "y"},
    labels={"image.label": "new"},
    command=commands.shell("trap 'exit 0' TERM; while :; do sleep 0.1 & wait $!; done # second"),
    healthcheck=commands.health_check("test -e /etc/marker && true", interval=0.2),
    workdir="/opt",
    exposed=["9090/tcp"],
)


def update(host: Host, *arguments: str) -> dict[str, Any]:
    """Run one cycle and return the result for `web`."""
    result = host.updater("run", *QUICK, *arguments)
    assert "Traceback" not in result.stderr, result.stderr
    return {**ran(result.json)[host.name("web")], "exit_code": result.exit_code}


def test_what_the_user_set_stays_and_what_the_image_gave_follows(host: Host) -> None:
    host.push("web:latest", FIRST)
    front = host.create_network("front", ipam=_subnet("10.89.1.0/24"))
    back = host.create_network("back")
    volume = host.create_volume("data")
    shared = host.directory / "shared"
    shared.mkdir()
    old_id = host.run_container(
        "web",
        "web:latest",
        labels=ON | {"mine": "yes"},
        Env=["USER_SET=1", "CHANGED=mine"],
        ExposedPorts={"8080/tcp": {}},
        networks={
            front: {"Aliases": ["www"], "IPAMConfig": {"IPv4Address": "10.89.1.7"}},
            back: {"Aliases": ["inner"]},
        },
        host_config={
            "Binds": [f"{volume}:/data", f"{shared}:/shared:ro"],
            "Tmpfs": {"/scratch": "size=1m"},
            "PortBindings": {"8080/tcp": [{"HostIp": "127.0.0.1", "HostPort": "18080"}]},
            "RestartPolicy": {"Name": "on-failure", "MaximumRetryCount": 3},
            "Memory": 64 * 1024 * 1024,
            "NanoCpus": 500_000_000,
            "PidsLimit": 50,
            "CapDrop": ["ALL"],
            "CapAdd": ["CHOWN"],
            "ReadonlyRootfs": True,
            "SecurityOpt": ["no-new-privileges"],
        },
    )
    host.execute("web", "echo precious > /data/file")
    old = host.inspect("web")
    digest = host.push("web:latest", SECOND)

    result = update(host)

    assert (result["exit_code"], result["outcome"]) == (0, "updated")
    assert result["to"]["digest"] == digest
    assert result["downtime_seconds"] > 0
    assert [step["name"] for step in result["steps"]][-3:] == ["start", "verify", "commit"]
    new = host.inspect("web")
    assert new["Id"] != old_id
    assert new["Image"] == host.image_id("web:latest") == result["to"]["image_id"]
    assert host.execute("web", "cat /data/file") == "precious\n"
    # The user's
    assert new["Name"] == old["Name"]
    assert new["HostConfig"] == old["HostConfig"]
    assert {(mount["Type"], mount["Destination"], mount["RW"]) for mount in new["Mounts"]} == {
        (mount["Type"], mount["Destination"], mount["RW"]) for mount in old["Mounts"]
    }
    networks = new["NetworkSettings"]["Networks"]
    assert set(networks) == {front, back}
    assert networks[front]["IPAddress"] == "10.89.1.7"
    assert "www" in networks[front]["Aliases"]
    assert "inner" in networks[back]["Aliases"]
    assert new["NetworkSettings"]["Ports"] == {**old["NetworkSettings"]["Ports"], "9090/tcp": None}
    assert new["Config"]["Labels"]["mine"] == "yes"
    assert "USER_SET=1" in new["Config"]["Env"]
    assert "CHANGED=mine" in new["Config"]["Env"]
    # The image's
    assert "ADDED=y" in new["Config"]["Env"]
    assert not [entry for entry in new["Config"]["Env"] if entry.startswith("DROPPED")]
    assert new["Config"]["Labels"]["image.label"] == "new"
    assert "image.gone" not in new["Config"]["Labels"]
    assert new["Config"]["Cmd"] == list(SECOND.command or ())
    assert new["Config"]["WorkingDir"] == "/opt"
    assert new["Config"]["Healthcheck"]["Test"][1] == "test -e /etc/marker && true"
    assert new["Config"]["Hostname"] == new["Id"][:12]
    # Nothing else is left
    assert host.container_names() == [host.name("web")]


def _subnet(subnet: str) -> Any:
    import docker.types

    return docker.types.IPAMConfig(pool_configs=[docker.types.IPAMPool(subnet=subnet)])


def test_a_second_run_changes_nothing(host: Host) -> None:
    host.push("web:latest", FIRST)
    host.run_container("web", "web:latest", labels=ON)
    host.push("web:latest", SECOND)
    assert update(host)["outcome"] == "updated"
    before = host.inspect("web")
    host.rig.registry.recording.clear()
    with host.rig.recording_socket() as socket:
        result = host.updater("run", *QUICK, docker_host=socket.host)
        assert {request.method for request in socket.recording.requests} == {"GET"}
    assert ran(result.json)[host.name("web")]["outcome"] == "current"
    assert host.inspect("web")["State"] | {"Health": None} == before["State"] | {"Health": None}
    assert host.inspect("web")["Id"] == before["Id"]


def test_exactly_the_decided_digest_is_pulled(host: Host) -> None:
    host.push("web:latest", ImageSpec(marker="1"))
    host.run_container("web", "web:latest", labels=ON)
    digest = host.push("web:latest", ImageSpec(marker="2"))
    with host.rig.recording_socket() as socket:
        host.updater("run", *QUICK, docker_host=socket.host)
        pulls = [request.target for request in socket.recording.requests if "/images/create" in request.path]
    assert len(pulls) == 1
    assert digest.replace(":", "%3A") in pulls[0]
    assert f"{host.reference('web')}@{digest}" in host.client.inspect_image(host.reference("web:latest"))["RepoDigests"]


def test_two_containers_on_one_tag_are_both_updated(host: Host) -> None:
    """The first one's pull moves the tag; the second one must not be taken for current."""
    host.push("web:latest", ImageSpec(marker="1"))
    for name in ("one", "two"):
        host.run_container(name, "web:latest", labels=ON)
    host.push("web:latest", ImageSpec(marker="2"))
    results = ran(host.updater("run", *QUICK).json)
    assert [result["outcome"] for result in results.values()] == ["updated", "updated"]
    assert {host.execute(name, "cat /etc/marker").strip() for name in ("one", "two")} == {"2"}


def test_the_previous_image_is_kept_under_a_tag(host: Host) -> None:
    host.push("web:latest", ImageSpec(marker="1"))
    host.run_container("web", "web:latest", labels=ON)
    old_image = host.inspect("web")["Image"]
    host.push("web:latest", ImageSpec(marker="2"))
    update(host)
    assert host.client.inspect_image(f"updater-keep:{host.name('web')}")["Id"] == old_image


def test_dry_run_shows_the_plan_and_touches_nothing(host: Host) -> None:
    host.push("web:latest", ImageSpec(marker="1"))
    old_id = host.run_container("web", "web:latest", labels=ON)
    digest = host.push("web:latest", ImageSpec(marker="2"))
    with host.rig.recording_socket() as socket:
        result = host.updater("run", "--dry-run", "-o", "json", docker_host=socket.host)
        assert {request.method for request in socket.recording.requests} == {"GET"}
    outcome = ran(result.json)[host.name("web")]
    assert (result.exit_code, outcome["outcome"], outcome["to"]["digest"]) == (0, "would-update", digest)
    assert host.inspect("web")["Id"] == old_id


def test_only_the_named_one_is_updated(host: Host) -> None:
    host.push("web:latest", ImageSpec(marker="1"))
    host.run_container("web", "web:latest")
    other = host.run_container("other", "web:latest", labels=ON)
    host.push("web:latest", ImageSpec(marker="2"))
    result = host.updater("run", host.name("web"), *QUICK)
    assert list(ran(result.json)) == [host.name("web")]
    assert host.execute("web", "cat /etc/marker").strip() == "2"
    assert host.inspect("other")["Id"] == other


def test_an_unknown_name_ends_with_2_and_touches_nothing(host: Host) -> None:
    host.push("web:latest", ImageSpec(marker="1"))
    old_id = host.run_container("web", "web:latest", labels=ON)
    host.push("web:latest", ImageSpec(marker="2"))
    result = host.updater("run", "nobody", host.name("web"))
    assert (result.exit_code, result.stdout) == (2, "")
    assert host.inspect("web")["Id"] == old_id


@pytest.mark.parametrize(
    ("labels", "host_config", "code"),
    [
        ({"updater.monitor-only": "true"}, {}, "monitor-only"),
        ({"com.centurylinklabs.watchtower.monitor-only": "true"}, {}, "monitor-only"),
        ({}, {"AutoRemove": True}, "auto-remove"),
        ({"com.docker.swarm.task.id": "x"}, {}, "swarm-task"),
        ({"com.docker.compose.oneoff": "True"}, {}, "one-off"),
        ({"updater.grace-period": "soon"}, {}, "invalid-label"),
    ],
)
def test_what_is_left_alone(host: Host, labels: dict[str, str], host_config: dict[str, Any], code: str) -> None:
    host.push("web:latest", ImageSpec(marker="1"))
    old_id = host.run_container("web", "web:latest", labels=ON | labels, host_config=host_config)
    host.push("web:latest", ImageSpec(marker="2"))
    result = update(host)
    assert (result["exit_code"], result["outcome"], result["reason"]["code"]) == (0, "skipped", code)
    assert host.inspect("web")["Id"] == old_id


def test_a_guest_in_anothers_namespace_is_updated(host: Host) -> None:
    host.push("owner:latest", ImageSpec(marker="1"))
    host.push("web:latest", ImageSpec(marker="1"))
    owner = host.run_container("owner", "owner:latest")
    host.run_container("web", "web:latest", labels=ON, host_config={"NetworkMode": f"container:{owner}"})
    host.push("web:latest", ImageSpec(marker="2"))
    assert update(host)["outcome"] == "updated"
    assert host.inspect("web")["HostConfig"]["NetworkMode"] == f"container:{owner}"


@pytest.mark.parametrize("started", [False, True])
def test_a_stopped_container_is_recreated_only_when_asked_for_and_stays_stopped(host: Host, started: bool) -> None:
    host.push("web:latest", ImageSpec(marker="1"))
    old_id = host.create_container("web", "web:latest", labels=ON)
    if started:
        host.client.start(old_id)
        host.client.stop(old_id)
    host.push("web:latest", ImageSpec(marker="2"))
    assert update(host)["reason"]["code"] == "not-running"
    result = update(host, "--include-stopped")
    assert (result["outcome"], result["downtime_seconds"]) == ("updated", None)
    new = host.inspect("web")
    assert new["Id"] != old_id
    assert new["State"]["Status"] == "created"
    assert host.container_names() == [host.name("web")]


def test_a_paused_container_ends_paused(host: Host) -> None:
    host.push("web:latest", ImageSpec(marker="1"))
    old_id = host.run_container("web", "web:latest", labels=ON)
    host.client.pause(old_id)
    host.push("web:latest", ImageSpec(marker="2"))
    assert update(host)["outcome"] == "updated"
    assert host.inspect("web")["State"]["Status"] == "paused"


def test_the_containers_own_signal_and_timeout_stop_it(host: Host) -> None:
    """It ignores TERM, leaves a note on USR1, and takes two seconds for it."""
    script = "trap '' TERM; trap 'sleep 2; echo clean > /data/end; exit 0' USR1; while :; do sleep 0.1 & wait $!; done"
    host.push("web:latest", ImageSpec(marker="1"))
    host.run_container(
        "web",
        "web:latest",
        labels=ON,
        Cmd=["/bin/sh", "-c", script],
        StopSignal="SIGUSR1",
        StopTimeout=8,
        host_config={"Binds": [f"{host.create_volume('data')}:/data"]},
    )
    host.push("web:latest", ImageSpec(marker="2"))
    assert update(host)["outcome"] == "updated"
    assert host.execute("web", "cat /data/end") == "clean\n"
    assert host.inspect("web")["Config"]["StopTimeout"] == 8


def test_an_image_volume_keeps_its_data(host: Host) -> None:
    host.push("web:latest", ImageSpec(marker="1", volumes=["/declared"]))
    host.run_container("web", "web:latest", labels=ON, Volumes={"/anonymous": {}})
    host.execute("web", "echo a > /declared/file; echo b > /anonymous/file")
    host.push("web:latest", ImageSpec(marker="2", volumes=["/declared"]))
    assert update(host)["outcome"] == "updated"
    assert host.execute("web", "cat /declared/file /anonymous/file") == "a\nb\n"


def test_an_index_is_followed(host: Host) -> None:
    from rig.images import Platform, build, build_index

    arm = build(ImageSpec(marker="arm", platform=Platform("arm64")))
    host.push("web:latest", [build(ImageSpec(marker="1")), arm])
    host.run_container("web", "web:latest", labels=ON)
    index = build_index([build(ImageSpec(marker="2")), arm])
    host.push("web:latest", index)
    result = update(host)
    assert (result["outcome"], result["to"]["digest"]) == ("updated", index.digest)
    assert host.updater("check", "--exit-code").exit_code == 0
