"""New images that fail, each in its own way: the very same old container runs afterwards, and the report says why."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from rig import ImageSpec, Reply, commands
from tests.engine.contract import ran
from updater.engine.rights import Use

if TYPE_CHECKING:
    from rig.host import Host
    from rig.recording import Request

pytestmark = pytest.mark.least_rights(Use.UPDATE)
ON = {"updater.enable": "true"}
QUICK = ("--grace-period", "2s", "-o", "json")
POLICIES: list[dict[str, Any]] = [
    {"Name": "no"},
    {"Name": "always"},
    {"Name": "unless-stopped"},
    {"Name": "on-failure", "MaximumRetryCount": 5},
]


def fail(host: Host, bad: ImageSpec, **settings: Any) -> dict[str, Any]:
    """Run `web`, publish the bad image, run a cycle, and check what holds after every failure."""
    host.push("web:latest", ImageSpec(marker="1"))
    old_id = host.run_container("web", "web:latest", labels=ON | settings.pop("labels", {}), **settings)
    old = host.inspect("web")
    host.push("web:latest", bad)
    result = host.updater("run", *QUICK)
    assert "Traceback" not in result.stderr, result.stderr
    assert result.exit_code == 1
    now = host.inspect("web")
    assert now["Id"] == old_id
    assert now["State"]["Running"]
    assert now["HostConfig"] == old["HostConfig"]
    assert host.container_names() == [host.name("web")]
    assert host.image_id(host.reference("web:latest")) == old["Image"]
    outcome = ran(result.json)[host.name("web")]
    assert outcome["reason"]["message"]
    return {**outcome, "restarted": now["State"]["StartedAt"] != old["State"]["StartedAt"]}


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy["Name"])
def test_exits_at_once(host: Host, policy: dict[str, Any]) -> None:
    bad = ImageSpec(marker="2", command=commands.shell("echo 'cannot open /etc/x' >&2; exit 3"))
    outcome = fail(host, bad, host_config={"RestartPolicy": policy})
    assert (outcome["outcome"], outcome["reason"]["code"]) == ("rolled-back", "crashed")
    assert "cannot open /etc/x" in outcome["log_tail"]
    assert outcome["downtime_seconds"] > 0


def test_exits_at_once_with_code_0(host: Host) -> None:
    outcome = fail(host, ImageSpec(marker="2", command=commands.FINISH))
    assert (outcome["outcome"], outcome["reason"]["code"]) == ("rolled-back", "crashed")


@pytest.mark.parametrize("policy", POLICIES[1:], ids=lambda policy: policy["Name"])
def test_crash_loop(host: Host, policy: dict[str, Any]) -> None:
    """The engine calls it running all along."""
    outcome = fail(host, ImageSpec(marker="2", command=commands.CRASH_LOOP), host_config={"RestartPolicy": policy})
    assert (outcome["outcome"], outcome["reason"]["code"]) == ("rolled-back", "crashed")


def test_unhealthy(host: Host) -> None:
    outcome = fail(host, ImageSpec(marker="2", healthcheck=commands.BAD_HEALTH))
    assert (outcome["outcome"], outcome["reason"]["code"]) == ("rolled-back", "unhealthy")
    assert "it is broken" in outcome["reason"]["message"]


def test_never_healthy_in_time(host: Host) -> None:
    slow = commands.health_check("exit 1", interval=0.5, retries=50)
    outcome = fail(host, ImageSpec(marker="2", healthcheck=slow), labels={"updater.health-timeout": "2s"})
    assert (outcome["outcome"], outcome["reason"]["code"]) == ("rolled-back", "health-timeout")


def test_healthy_for_a_moment_then_down(host: Host) -> None:
    flash = ImageSpec(marker="2", command=commands.exit_after(1.5), healthcheck=commands.GOOD_HEALTH)
    outcome = fail(host, flash, host_config={"RestartPolicy": {"Name": "always"}})
    assert (outcome["outcome"], outcome["reason"]["code"]) == ("rolled-back", "crashed")


def test_cannot_be_created(host: Host) -> None:
    """An image without any command is refused by the engine, before anything was stopped."""
    outcome = fail(host, ImageSpec(marker="2", command=None))
    assert (outcome["outcome"], outcome["reason"]["code"]) == ("failed", "create-failed")
    assert outcome["downtime_seconds"] is None
    assert not outcome["restarted"]


def test_cannot_be_started(host: Host) -> None:
    outcome = fail(host, ImageSpec(marker="2", command=["/not/there"]))
    assert (outcome["outcome"], outcome["reason"]["code"]) == ("rolled-back", "start-failed")
    assert "/not/there" in outcome["reason"]["message"]


def test_a_layer_is_missing(host: Host) -> None:
    """The pull fails inside an answer of status 200."""
    from rig.images import build, push

    host.push("web:latest", ImageSpec(marker="1"))
    old_id = host.run_container("web", "web:latest", labels=ON)
    image = build(ImageSpec(marker="2", files={"/big": b"x" * 4096}))
    host.push("web:latest", image)
    for layer in image.layers[1:]:
        host.rig.registry.ask("DELETE", f"/v2/{host.repository('web')}/blobs/{layer.digest}")
    result = host.updater("run", *QUICK)
    outcome = ran(result.json)[host.name("web")]
    assert (result.exit_code, outcome["outcome"], outcome["reason"]["code"]) == (1, "failed", "pull-failed")
    assert host.inspect("web")["Id"] == old_id
    assert host.inspect("web")["State"]["Running"]
    assert host.container_names() == [host.name("web")]
    assert push is not None


def test_rollback_off_keeps_the_new_one_and_says_so(host: Host) -> None:
    host.push("web:latest", ImageSpec(marker="1"))
    old_id = host.run_container("web", "web:latest", labels=ON | {"updater.rollback": "false"})
    host.push("web:latest", ImageSpec(marker="2", healthcheck=commands.BAD_HEALTH))
    result = host.updater("run", *QUICK)
    outcome = ran(result.json)[host.name("web")]
    assert (result.exit_code, outcome["outcome"], outcome["reason"]["code"]) == (1, "failed", "unhealthy")
    assert "rollback is off" in outcome["reason"]["message"]
    assert host.inspect("web")["Id"] != old_id
    assert host.container_names() == [host.name("web")]


def test_an_unhealthy_container_may_be_updated_to_one_that_is_no_worse(host: Host) -> None:
    host.push("web:latest", ImageSpec(marker="1", healthcheck=commands.BAD_HEALTH))
    host.run_container("web", "web:latest", labels=ON)
    host.wait_for_health("web", "unhealthy")
    host.push("web:latest", ImageSpec(marker="2", healthcheck=commands.BAD_HEALTH))
    assert ran(host.updater("run", *QUICK).json)[host.name("web")]["outcome"] == "updated"


def test_one_that_crashes_already_is_not_said_to_have_proven_itself(host: Host) -> None:
    """The new one, which may be the cure, is not waited for: nothing could be worse than the old one."""
    host.push("web:latest", ImageSpec(marker="1", command=commands.EXIT_AT_ONCE))
    host.run_container("web", "web:latest", labels=ON, host_config={"RestartPolicy": {"Name": "always"}})
    # From here on the engine waits for some seconds before each start.
    host.wait_until(lambda: bool(host.inspect("web")["RestartCount"] >= 5), what="the crash loop")
    host.push("web:latest", ImageSpec(marker="2", command=commands.EXIT_AT_ONCE))
    result = ran(host.updater("run", "-o", "json").json)[host.name("web")]
    assert result["outcome"] == "updated"
    assert "crashed over and over" in result["reason"]["message"]
    assert "proven" not in result["reason"]["message"]


def test_a_paused_container_is_put_back_paused(host: Host) -> None:
    host.push("web:latest", ImageSpec(marker="1"))
    old_id = host.run_container("web", "web:latest", labels=ON)
    host.client.pause(old_id)
    host.push("web:latest", ImageSpec(marker="2", command=commands.EXIT_AT_ONCE))
    outcome = ran(host.updater("run", *QUICK).json)[host.name("web")]
    assert outcome["outcome"] == "rolled-back"
    assert host.inspect("web")["Id"] == old_id
    assert host.inspect("web")["State"]["Status"] == "paused"


def test_anonymous_volumes_of_the_failed_one_go_and_the_old_ones_stay(host: Host) -> None:
    before = {volume["Name"] for volume in host.client.volumes()["Volumes"] or ()}
    bad = ImageSpec(marker="2", command=commands.EXIT_AT_ONCE, volumes=["/new"])
    fail(host, bad, Volumes={"/old": {}})
    after = {volume["Name"] for volume in host.client.volumes()["Volumes"] or ()}
    assert len(after - before) == 1
    assert host.execute("web", "echo still > /old/file; cat /old/file") == "still\n"


def test_one_failure_does_not_keep_the_others_from_their_update(host: Host) -> None:
    for name in ("bad", "good"):
        host.push(f"{name}:latest", ImageSpec(marker="1"))
        host.run_container(name, f"{name}:latest", labels=ON)
    host.push("bad:latest", ImageSpec(marker="2", command=commands.EXIT_AT_ONCE))
    host.push("good:latest", ImageSpec(marker="2"))
    result = host.updater("run", *QUICK)
    outcomes = {name: outcome["outcome"] for name, outcome in ran(result.json).items()}
    assert outcomes == {host.name("bad"): "rolled-back", host.name("good"): "updated"}
    assert result.json["summary"] | {"would-update": 0} == {
        "updated": 1,
        "rolled-back": 1,
        "failed": 0,
        "skipped": 0,
        "current": 0,
        "would-update": 0,
    }


def test_a_good_update_stays_good_if_the_old_container_cannot_be_removed(host: Host) -> None:
    host.push("web:latest", ImageSpec(marker="1"))
    old_id = host.run_container("web", "web:latest", labels=ON)
    host.push("web:latest", ImageSpec(marker="2"))
    with host.rig.recording_socket() as socket:
        socket.recording.before = lambda request: (
            Reply(500, b'{"message": "device or resource busy"}', {"Content-Type": "application/json"})
            if request.method == "DELETE"
            else None
        )
        result = host.updater("run", *QUICK, docker_host=socket.host, timeout=120)
    outcome = ran(result.json)[host.name("web")]
    assert (result.exit_code, outcome["outcome"]) == (0, "updated")
    assert "device or resource busy" in outcome["notes"][0]
    assert host.execute("web", "cat /etc/marker").strip() == "2"
    (left,) = [name for name in host.container_names() if ".old-" in name]
    assert host.inspect(left)["Id"] == old_id
    assert host.updater("recover", "--grace-period", "1s").exit_code == 0
    assert host.container_names() == [host.name("web")]


@pytest.mark.parametrize(("answer", "expected"), [(504, (1, "rolled-back")), (503, (0, "updated"))])
def test_a_stop_that_goes_on_after_its_answer(host: Host, answer: int, expected: tuple[int, str]) -> None:
    """A proxy gives up on the stop while the engine goes on with it: the container must not vanish a moment later.

    That ends the update; an engine that is away behind its proxy (503) is waited for, and told again.
    """
    slow = commands.shell("trap 'sleep 4; exit 0' TERM; while :; do sleep 0.1 & wait $!; done")
    host.push("web:latest", ImageSpec(marker="1", command=slow))
    old_id = host.run_container("web", "web:latest", labels=ON, host_config={"RestartPolicy": {"Name": "always"}})
    host.push("web:latest", ImageSpec(marker="2"))
    stops = []
    with host.rig.recording_socket() as socket:

        def refuse(request: Request) -> Reply | None:
            if not request.path.endswith("/stop"):
                return None
            stops.append(request)
            if len(stops) > 1:
                return None
            threading.Thread(target=host.client.stop, args=(old_id,)).start()
            return Reply(answer, b"gateway timeout")

        socket.recording.before = refuse
        result = host.updater("run", *QUICK, docker_host=socket.host, timeout=120)
    outcome = ran(result.json)[host.name("web")]
    assert (result.exit_code, outcome["outcome"]) == expected
    time.sleep(5)
    assert (host.inspect("web")["Id"] == old_id) is (outcome["outcome"] == "rolled-back")
    assert host.inspect("web")["State"]["Running"]
    assert host.container_names() == [host.name("web")]


def test_a_network_that_cannot_be_joined_stops_the_update_before_anything_else(host: Host) -> None:
    """Engines below API 1.44 join the second network after the creation; newer ones refuse the creation itself."""
    networks: dict[str, dict[str, Any]] = {host.create_network(name): {} for name in ("front", "back")}
    host.push("web:latest", ImageSpec(marker="1"))
    old_id = host.run_container("web", "web:latest", labels=ON, networks=networks)
    old = host.inspect("web")
    host.push("web:latest", ImageSpec(marker="2"))
    with host.rig.recording_socket() as socket:

        def refuse(request: Request) -> Reply | None:
            late = host.client.api_version < "1.44"
            joins = request.path.endswith("/connect" if late else "/containers/create")
            return Reply(403, b'{"message": "no free address"}') if joins else None

        socket.recording.before = refuse
        result = host.updater("run", *QUICK, docker_host=socket.host)
    outcome = ran(result.json)[host.name("web")]
    assert (result.exit_code, outcome["outcome"], outcome["downtime_seconds"]) == (1, "failed", None)
    assert "no free address" in outcome["reason"]["message"]
    now = host.inspect("web")
    assert (now["Id"], now["State"]["StartedAt"]) == (old_id, old["State"]["StartedAt"])
    assert set(now["NetworkSettings"]["Networks"]) == set(networks)
    assert host.container_names() == [host.name("web")]
    assert host.image_id(host.reference("web:latest")) == old["Image"]
