"""The signal that a user wants the old container to be stopped with: sent, waited for, and nothing else changes."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

import pytest

from rig import ImageSpec, Reply, commands
from tests.engine.contract import ran

if TYPE_CHECKING:
    from rig.host import Host
    from rig.recording import Request

ON = {"updater.enable": "true"}
OURS, WATCHTOWERS = "updater.stop-signal", "com.centurylinklabs.watchtower.stop-signal"
QUICK = ("run", "--grace-period", "1s", "-o", "json")
# Notes each start, and each signal; ends, badly, on USR1 alone.
NOTES = """
echo start >> /data/notes
trap 'echo TERM >> /data/notes' TERM
trap 'echo USR1 >> /data/notes; exit 3' USR1
while :; do sleep 1000 & wait $!; done
"""
# The same, but no signal ends it.
DEAF = NOTES.replace("; exit 3", "")


def start(host: Host, script: str = NOTES, labels: dict[str, str] | None = None, **more: Any) -> str:
    """A container that runs the script; the newer image for it just serves."""
    host.push("web:latest", ImageSpec(marker="1", command=commands.shell(script)))
    policy = {"RestartPolicy": {"Name": more.pop("policy", "no")}}
    identifier = host.run_container(
        "web",
        "web:latest",
        labels=ON | (labels or {}),
        host_config={"Binds": [f"{host.create_volume('data')}:/data"], **policy},
        **more,
    )
    host.wait_until(lambda: notes(host) == ["start"], what="its first start")
    host.push("web:latest", ImageSpec(marker="2"))
    return identifier


def notes(host: Host, name: str = "web") -> list[str]:
    return host.execute(name, "cat /data/notes").split()


def update(host: Host, *arguments: str) -> dict[str, Any]:
    result = host.updater(*QUICK, *arguments)
    assert "Traceback" not in result.stderr, result.stderr
    return ran(result.json)[host.name("web")]


@pytest.mark.parametrize("policy", ["no", "always", "unless-stopped", "on-failure"])
@pytest.mark.parametrize("own", [None, "SIGTERM", "SIGUSR1"])
def test_it_ends_on_that_signal_and_stays_down(host: Host, policy: str, own: str | None) -> None:
    """Whatever its policy says of an end like this; the new one has the same policy and stop signal as ever."""
    start(host, labels={OURS: "usr1"}, policy=policy, StopTimeout=30, **({"StopSignal": own} if own else {}))
    before = host.inspect("web")
    outcome = update(host)
    assert outcome["outcome"] == "updated", outcome
    assert notes(host) == ["start", "USR1"]
    after = host.inspect("web")
    assert after["HostConfig"]["RestartPolicy"] == before["HostConfig"]["RestartPolicy"]
    assert after["Config"].get("StopSignal") == before["Config"].get("StopSignal")
    assert host.container_names() == [host.name("web")]


def test_one_that_does_not_listen_is_stopped_when_its_time_is_over(host: Host) -> None:
    start(host, DEAF, labels={OURS: "10", "updater.stop-timeout": "1s"}, policy="always", StopSignal="SIGTERM")
    assert update(host)["outcome"] == "updated"
    assert notes(host)[:2] == ["start", "USR1"]
    assert notes(host).count("start") == 1


def test_as_watchtowers_label_says_it(host: Host) -> None:
    start(host, labels={WATCHTOWERS: "SIGUSR1"}, StopTimeout=30)
    assert update(host)["outcome"] == "updated"
    assert notes(host) == ["start", "USR1"]


def test_our_label_wins_over_the_entry(host: Host) -> None:
    start(host, labels={OURS: "SIGUSR1"}, StopTimeout=30)
    config = host.directory / "updater.yml"
    config.write_text(f"containers:\n  {host.name('web')}:\n    stop_signal: SIGHUP\n")
    assert update(host, "--config", str(config))["outcome"] == "updated"
    assert notes(host) == ["start", "USR1"]


def test_an_entry_of_the_config_file(host: Host) -> None:
    start(host, StopTimeout=30)
    config = host.directory / "updater.yml"
    config.write_text(f"containers:\n  {host.name('web')}:\n    stop_signal: 10\n")
    assert update(host, "--config", str(config))["outcome"] == "updated"
    assert notes(host) == ["start", "USR1"]


def test_a_signal_that_there_is_not(host: Host) -> None:
    start(host, labels={OURS: "SIGNONSENSE"})
    (one,) = host.updater("check", "-o", "json").json["containers"]
    assert one["reasons"][0]["code"] == "invalid-label"
    assert "'SIGNONSENSE' is no signal; expected a signal like SIGTERM" in one["reasons"][0]["message"]


def test_a_failed_update_brings_it_back_with_its_policy(host: Host) -> None:
    old = start(host, labels={OURS: "SIGUSR1"}, policy="always", StopSignal="SIGTERM", StopTimeout=30)
    host.push("web:latest", ImageSpec(marker="2", command=commands.EXIT_AT_ONCE))
    assert update(host)["outcome"] == "rolled-back"
    assert notes(host) == ["start", "USR1", "start"]
    now = host.inspect("web")
    assert (now["Id"], now["State"]["Running"]) == (old, True)
    assert now["HostConfig"]["RestartPolicy"]["Name"] == "always"
    assert host.container_names() == [host.name("web")]


@pytest.mark.parametrize("hangs", [False, pytest.param(True, marks=[pytest.mark.endurance, pytest.mark.timeout(300)])])
def test_one_that_the_engine_cannot_stop_is_as_it_was(host: Host, hangs: bool) -> None:
    """As where a security module forbids the engine to kill it: it says so, and the container runs on unharmed.

    Or it says nothing, because what it asks to do it is stuck, and answers everything else.
    """
    old = start(host, DEAF, labels={OURS: "USR1", "updater.stop-timeout": "1s"}, policy="always", StopSignal="SIGTERM")
    before = host.inspect("web")
    answer = {"message": f"cannot stop container: {old}: tried to kill container, but did not receive an exit event"}
    refusal = Reply(500, json.dumps(answer).encode(), {"Content-Type": "application/json"})
    ended = threading.Event()

    def refuse(request: Request) -> Reply | None:
        if not request.path.endswith(f"/{old}/stop"):
            return None
        if hangs:
            ended.wait(250)
        return refusal

    with host.rig.recording_socket() as socket:
        socket.recording.before = refuse
        result = host.updater(*QUICK, docker_host=socket.host, timeout=200)
        ended.set()
        policies = socket.recording.matching("POST", f"/{old}/update$")
    outcome = ran(result.json)[host.name("web")]
    assert (result.exit_code, outcome["outcome"], outcome["reason"]["code"]) == (1, "rolled-back", "stop-failed")
    assert outcome["reason"]["message"].startswith("The old container did not stop: ")
    assert outcome["notes"] == []
    (entry,) = host.updater("history", host.name("web"), "-o", "json").json["entries"]
    assert (entry["operation"], entry["outcome"], entry["reason"]) == ("update", "rolled-back", outcome["reason"])
    assert host.container_names() == [host.name("web")]
    now = host.inspect("web")
    assert len(policies) > 1  # it had another one for a while
    assert {key: now[key] for key in ("Id", "Name", "State", "HostConfig")} == {
        key: before[key] for key in ("Id", "Name", "State", "HostConfig")
    }
    assert notes(host).count("start") == 1
    assert host.image_id("web:latest") == now["Image"]  # the tag names what runs
    (seen,) = host.updater("check", "-o", "json").json["containers"]
    assert seen["decision"] == "update"  # the image had no part in it


def test_rollback_stops_with_it_too(host: Host) -> None:
    start(host, labels={OURS: "SIGUSR1"}, policy="always", StopSignal="SIGTERM", StopTimeout=30)
    host.push("web:latest", ImageSpec(marker="2", command=commands.shell(NOTES)))
    assert update(host)["outcome"] == "updated"
    result = host.updater("rollback", host.name("web"), "--grace-period", "1s")
    assert result.exit_code == 0, result.stderr
    assert notes(host) == ["start", "USR1", "start", "USR1", "start"]


def test_a_companion_is_stopped_with_its_own(host: Host) -> None:
    """It shares the network of the one that is updated, so it is made anew together with it."""
    host.push("web:latest", ImageSpec(marker="1"))
    host.push("side:latest", ImageSpec(marker="1", command=commands.shell(NOTES)))
    web = host.run_container("web", "web:latest", labels=ON)
    host.run_container(
        "side",
        "side:latest",
        labels={OURS: "SIGUSR1"},
        StopSignal="SIGTERM",
        StopTimeout=30,
        host_config={
            "NetworkMode": f"container:{web}",
            "Binds": [f"{host.create_volume('data')}:/data"],
            "RestartPolicy": {"Name": "always"},
        },
    )
    host.wait_until(lambda: notes(host, "side") == ["start"], what="its first start")
    host.push("web:latest", ImageSpec(marker="2"))
    assert update(host)["outcome"] == "updated"
    assert notes(host, "side") == ["start", "USR1", "start"]
    assert host.inspect("side")["HostConfig"]["RestartPolicy"]["Name"] == "always"
