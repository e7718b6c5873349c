"""What can be wrong around the program: each is one line or reason with what to do next, and nothing is touched."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from rig import ImageSpec, Rig
from rig.engine import PrivateEngine
from rig.host import Host
from rig.namespaces import Namespaces
from rig.registry import PrivateRegistry
from tests.engine.contract import ran

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ON = {"updater.enable": "true"}
WITHOUT_RIGHTS = ("setpriv", "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs")


@pytest.mark.parametrize("command", ["check", "run"])
def test_the_engine_is_not_there(host: Host, command: str) -> None:
    result = host.updater(command, docker_host="unix:///run/nowhere.sock")
    assert (result.exit_code, result.stdout) == (3, "")
    assert "no engine answers" in result.stderr
    assert "DOCKER_HOST" in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_no_permission_on_the_socket(host: Host) -> None:
    """Somebody else's socket, for a user without rights over other people's files."""
    somebody_else = 65534
    socket = host.rig.engine.socket
    os.chown(socket, somebody_else, somebody_else)
    socket.chmod(0o600)
    try:
        done = subprocess.run(
            [*WITHOUT_RIGHTS, sys.executable, "-m", "updater", "check"],
            env=host.environment(),
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
        )
    finally:
        os.chown(socket, 0, 0)
        socket.chmod(0o660)
    assert done.returncode == 3, done.stderr
    assert "permission" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", ["check", "run"])
@pytest.mark.parametrize(
    ("text", "must_name"), [("all: {", "line"), ("alll: true", "'alll'"), ("grace_period: x", "'x'")]
)
def test_a_bad_config_file_stops_before_anything(host: Host, command: str, text: str, must_name: str) -> None:
    host.push("web:latest", ImageSpec(marker="1"))
    old_id = host.run_container("web", "web:latest", labels=ON)
    host.push("web:latest", ImageSpec(marker="2"))
    config = host.directory / "updater.yml"
    config.write_text(text)
    result = host.updater(command, "--config", str(config))
    assert (result.exit_code, result.stdout) == (2, "")
    assert str(config) in result.stderr
    assert must_name in result.stderr
    assert host.inspect("web")["Id"] == old_id


def test_a_port_that_is_taken_meanwhile(host: Host) -> None:
    """The old container's port is free for a moment, and somebody else takes it."""
    host.push("web:latest", ImageSpec(marker="1"))
    ports = {"PortBindings": {"8080/tcp": [{"HostIp": "127.0.0.1", "HostPort": "18090"}]}}
    old_id = host.run_container("web", "web:latest", labels=ON, ExposedPorts={"8080/tcp": {}}, host_config=ports)
    host.push("web:latest", ImageSpec(marker="2"))
    host.push("thief:latest", ImageSpec(marker="t"))
    thief = host.create_container("thief", "thief:latest", ExposedPorts={"8080/tcp": {}}, host_config=ports)
    with host.rig.recording_socket() as socket:
        starts: list[str] = []

        def steal(request: object) -> None:
            path = str(getattr(request, "path", ""))
            if path.endswith("/start"):
                starts.append(path)
                if len(starts) == 1:
                    host.client.start(thief)
                if len(starts) == 3:  # the old one is about to be started again: give the port back
                    host.client.stop(thief, timeout=0)

        socket.recording.before = steal
        result = host.updater("run", "--grace-period", "1s", "-o", "json", docker_host=socket.host)
    outcome = ran(result.json)[host.name("web")]
    assert (result.exit_code, outcome["outcome"], outcome["reason"]["code"]) == (1, "rolled-back", "start-failed")
    assert "18090" in outcome["reason"]["message"]
    assert host.inspect("web")["Id"] == old_id
    assert host.inspect("web")["State"]["Running"]


def test_the_name_that_the_new_container_needs_is_taken(host: Host) -> None:
    host.push("web:latest", ImageSpec(marker="1"))
    old_id = host.run_container("web", "web:latest", labels=ON)
    host.push("web:latest", ImageSpec(marker="2"))
    host.create_container(f"web.new-{old_id[:12]}", "web:latest")
    result = host.updater("run", "-o", "json")
    outcome = ran(result.json)[host.name("web")]
    assert (result.exit_code, outcome["outcome"], outcome["reason"]["code"]) == (1, "failed", "name-conflict")
    assert host.inspect("web")["Id"] == old_id
    assert host.exists(f"web.new-{old_id[:12]}")  # it is not this run's


def test_the_user_removes_the_container_meanwhile(host: Host) -> None:
    host.push("web:latest", ImageSpec(marker="1"))
    old_id = host.run_container("web", "web:latest", labels=ON)
    host.push("web:latest", ImageSpec(marker="2"))
    with host.rig.recording_socket() as socket:
        socket.recording.before = lambda request: (
            host.client.remove_container(old_id, force=True) if "/containers/create" in request.path else None
        )
        result = host.updater("run", "-o", "json", docker_host=socket.host)
    outcome = ran(result.json)[host.name("web")]
    assert (result.exit_code, outcome["outcome"], outcome["reason"]["code"]) == (1, "failed", "container-gone")
    assert host.container_names() == []


def test_the_user_stops_the_container_meanwhile(host: Host) -> None:
    host.push("web:latest", ImageSpec(marker="1"))
    old_id = host.run_container("web", "web:latest", labels=ON)
    host.push("web:latest", ImageSpec(marker="2"))
    with host.rig.recording_socket() as socket:
        socket.recording.before = lambda request: (
            host.client.stop(old_id) if "/containers/create" in request.path else None
        )
        result = host.updater("run", "-o", "json", docker_host=socket.host)
    outcome = ran(result.json)[host.name("web")]
    assert (result.exit_code, outcome["outcome"], outcome["reason"]["code"]) == (1, "failed", "user-changed")
    assert host.inspect("web")["Id"] == old_id
    assert host.inspect("web")["State"]["Status"] == "exited"
    assert host.container_names() == [host.name("web")]


@contextmanager
def small_disk(size: str) -> Iterator[Rig]:
    """An engine whose data is on a small disk of its own."""
    with Namespaces() as namespaces:
        data = namespaces.directory / "engine"
        data.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(data)]
        subprocess.run(namespaces.inside(mount), check=True)
        with PrivateRegistry(namespaces) as registry, PrivateEngine(namespaces) as engine:
            yield Rig(namespaces, engine, registry)


def test_the_disk_is_full_while_pulling(tmp_path: Path) -> None:
    with small_disk("48m") as rig, rig.network(), Host(rig, "full", tmp_path) as host:
        host.push("web:latest", ImageSpec(marker="1"))
        old_id = host.run_container("web", "web:latest", labels=ON)
        host.push("web:latest", ImageSpec(marker="2", files={"/big": os.urandom(60 * 1024 * 1024)}))
        result = host.updater("run", "-o", "json")
        outcome = ran(result.json)[host.name("web")]
        assert (result.exit_code, outcome["outcome"], outcome["reason"]["code"]) == (1, "failed", "no-space")
        assert "free some space" in outcome["reason"]["message"]
        assert host.inspect("web")["Id"] == old_id
        assert host.inspect("web")["State"]["Running"]
