"""Does the private engine do what an engine does, also when it is killed, and say why when it cannot?"""

from __future__ import annotations

import json
import socket
import subprocess
import time
from typing import TYPE_CHECKING

import pytest
import requests

from rig import ImageSpec, Namespaces, PrivateEngine, RigError, commands
from rig.machine import find_program

if TYPE_CHECKING:
    from pathlib import Path

    from rig import Rig
    from rig.host import Host

STOP_SECONDS = 3.0


def test_a_pushed_image_runs_and_stops_fast(host: Host) -> None:
    digest = host.push("web:latest", ImageSpec(marker="one"))
    host.run_container("web", "web:latest")
    image = host.client.inspect_image(host.reference("web:latest"))
    assert image["RepoDigests"] == [f"{host.reference('web')}@{digest}"]
    assert host.inspect("web")["State"]["Running"]
    assert host.execute("web", "cat /etc/marker") == "one"
    before = time.monotonic()
    host.client.stop(host.name("web"))
    assert time.monotonic() - before < STOP_SECONDS
    assert host.inspect("web")["State"]["ExitCode"] == 0


def test_a_loaded_image_has_no_registry(host: Host) -> None:
    identifier = host.load("local:1", ImageSpec(marker="one"))
    host.run_container("web", host.name("local:1"))
    assert host.inspect("web")["Image"] == identifier
    assert host.client.inspect_image(identifier)["RepoDigests"] == []


def test_a_published_port_answers_the_test(host: Host) -> None:
    host.push("web:latest", ImageSpec(marker="hello", command=commands.HTTP_SERVER, exposed=["8080/tcp"]))
    host.run_container("web", "web:latest", host_config={"PortBindings": {"8080/tcp": [{"HostPort": "18080"}]}})
    with requests.Session() as session:
        session.trust_env = False
        host.wait_until(lambda: _answers(session), what="the published port")
        assert session.get("http://127.0.0.1:18080/", timeout=5).text == "hello"


def _answers(session: requests.Session) -> bool:
    try:
        return session.get("http://127.0.0.1:18080/", timeout=5).ok
    except requests.ConnectionError:
        return False


def test_containers_survive_a_killed_engine_as_their_policy_says(host: Host) -> None:
    host.push("web:latest", ImageSpec())
    for policy in ("always", "no"):
        host.run_container(policy, "web:latest", host_config={"RestartPolicy": {"Name": policy}})
    engine = host.rig.engine
    engine.kill()
    assert not engine.running
    with pytest.raises(ConnectionRefusedError), socket.socket(socket.AF_UNIX) as client:
        client.connect(str(engine.socket))
    engine.start()
    assert not host.inspect("no")["State"]["Running"]
    host.wait_until(lambda: bool(host.inspect("always")["State"]["Running"]))


def test_a_restart_with_live_restore_keeps_containers_running(host: Host) -> None:
    host.push("web:latest", ImageSpec())
    engine = host.rig.engine
    usual = engine.config
    engine.restart(config={**usual, "live-restore": True})
    host.run_container("web", "web:latest")
    started = host.inspect("web")["State"]["StartedAt"]
    try:
        engine.restart()
        assert host.inspect("web")["State"]["Running"]
        assert host.inspect("web")["State"]["StartedAt"] == started
    finally:
        engine.restart(config=usual)


def test_an_engine_is_not_started_twice_nor_stopped_when_it_is_down(rig: Rig) -> None:
    with pytest.raises(RigError, match="running already"):
        rig.engine.start()
    rig.engine.stop()
    try:
        with pytest.raises(RigError, match="not running"):
            rig.engine.kill()
    finally:
        rig.engine.start()


def test_the_engine_is_the_distributions_own() -> None:
    assert find_program("dockerd") == "/usr/sbin/dockerd"
    with Namespaces() as namespaces, PrivateEngine(namespaces) as engine:
        announced = subprocess.run(["/usr/sbin/dockerd", "--version"], check=True, capture_output=True, text=True)
        assert engine.client().version()["Version"] in announced.stdout


def test_an_engine_that_cannot_start_shows_its_last_words() -> None:
    with (
        Namespaces() as namespaces,
        pytest.raises(RigError, match=r"(?s)dockerd ended with 1:.*no-such-setting"),
        PrivateEngine(namespaces, config={"no-such-setting": True}),
    ):
        pass


def test_other_binaries_and_settings_are_used(tmp_path: Path) -> None:
    program = tmp_path / "usr" / "sbin" / "dockerd"
    program.parent.mkdir(parents=True)
    program.write_text('#!/bin/sh\necho "unpacked $DOCKER_MIN_API_VERSION"; exec /usr/sbin/dockerd "$@"\n')
    program.chmod(0o755)
    environment = {"DOCKER_MIN_API_VERSION": "1.44"}
    with (
        Namespaces() as namespaces,
        PrivateEngine(namespaces, tmp_path, {"debug": True}, environment=environment) as engine,
    ):
        assert engine.client().info()["Debug"]
        assert json.loads((namespaces.directory / "daemon.json").read_text()) == {"debug": True}
        assert "unpacked 1.44" in engine.log.read_text()


def _everything(host: Host) -> dict[str, set[str]]:
    """What stands on the engine, which earlier tests use, too."""
    return {
        "containers": {one["Id"] for one in host.client.containers(all=True)},
        "volumes": {one["Name"] for one in host.client.volumes()["Volumes"] or ()},
        "images": {one["Id"] for one in host.client.images(all=True)},
        "networks": {one["Name"] for one in host.client.networks()},
    }


def test_what_a_test_leaves_behind_is_removed(host: Host) -> None:
    before = _everything(host)
    host.push("web:latest", ImageSpec(marker=host.prefix, volumes=["/data"]))
    network = host.create_network("net")
    volume = host.create_volume("vol")
    other = host.create_network("other")
    host.run_container(
        "web", "web:latest", host_config={"Binds": [f"{volume}:/vol"]}, networks={network: {}, other: {}}
    )
    assert set(host.inspect("web")["NetworkSettings"]["Networks"]) == {network, other}
    assert len(host.inspect("web")["Mounts"]) == 2
    host.create_container("stray", "web:latest", host_config={"AutoRemove": True})
    # Whatever an updater calls a container, its image still tells whose it is.
    host.client.rename(host.name("stray"), "nameless")
    host.remove_everything()
    assert _everything(host) == before
