"""The shipped compose file, read by compose itself: it makes of it what our own reading makes, and it runs.

Debian has a compose that is new enough in its unstable suite only: where it cannot be fetched, this says so loudly.
"""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from rig.compose_file import create_body, read_compose_file
from rig.machine import find_program
from rig.updater_image import build_stand_in_proxy

if TYPE_CHECKING:
    from rig.host import Host
    from rig.updater_image import UpdaterImage

PROJECT = Path(__file__).parents[2]
FILE = PROJECT / "docker-compose.yml"
FETCHED = PROJECT / ".engines" / "compose"
PLUGINS = FETCHED / "usr/libexec/docker"
SOCKET = "/var/run/docker.sock"


@pytest.fixture(scope="session")
def compose() -> list[str]:
    """The command `docker compose`; its own folder of plugins."""
    if not (PLUGINS / "cli-plugins/docker-compose").exists():
        command = [str(PROJECT / "tools/fetch-packages"), "sid", str(FETCHED), "docker-compose"]
        ended = subprocess.run(command, check=False, capture_output=True, text=True)
        if ended.returncode:
            pytest.skip(f"COMPOSE IS MISSING, the file was only read by ourselves: {ended.stderr[-200:]}")
    return [find_program("docker"), "--config", str(PLUGINS), "compose"]


def test_compose_starts_it_and_means_the_same(host: Host, updater_image: UpdaterImage, compose: list[str]) -> None:
    socket = host.rig.engine.socket
    variables = {"UPDATER_IMAGE": updater_image.reference, "DOCKER_GID": str(socket.stat().st_gid)}
    ours = read_compose_file(FILE, variables)
    proxy = str(ours.services["socket-proxy"]["image"])
    if not host.client.images(proxy):
        build_stand_in_proxy(host.client, proxy, updater_image)
    override = {"services": {"socket-proxy": {"volumes": [f"{socket}:{SOCKET}:ro"]}}}
    (host.directory / "override.json").write_text(json.dumps(override))
    project = [*compose, "-p", host.prefix, "-f", str(FILE), "-f", str(host.directory / "override.json")]
    environment = host.environment(more=variables)
    ended = host.rig.run([*project, "up", "--detach", "--no-build"], environment, host.directory, 120)
    assert ended.returncode == 0, ended.stderr
    host.wait_until(lambda: is_healthy(host, "updater-1"), 60, "the daemon")
    for name, service in ours.services.items():
        places = {SOCKET: str(socket), "state": f"{host.prefix}_state"}
        body = create_body(service, places)
        made = host.inspect(f"{name}-1")
        asked = {key: value for key, value in body["HostConfig"].items() if key != "Binds"}
        assert {key: normal(made["HostConfig"][key]) for key in asked} == {key: normal(asked[key]) for key in asked}
        config = {key: value for key, value in body.items() if key not in ("HostConfig", "Labels", "Env")}
        assert {key: made["Config"][key] for key in config} == config
        assert set(body.get("Env", ())) <= set(made["Config"]["Env"])
        assert body.get("Labels", {}).items() <= made["Config"]["Labels"].items()
        networks = {f"{host.prefix}_{network}" for network in service["networks"]}
        assert set(made["NetworkSettings"]["Networks"]) == networks
    ended = host.rig.run([*project, "exec", "-T", "updater", "updater", "check"], environment, host.directory)
    assert ended.returncode == 0, ended.stderr


def is_healthy(host: Host, short: str) -> bool:
    """Asked at once: the image's own check comes only every half minute."""
    asked = host.client.exec_create(host.name(short), ["updater", "healthcheck"])["Id"]
    host.client.exec_start(asked)
    return bool(host.client.exec_inspect(asked)["ExitCode"] == 0)


def normal(value: Any) -> Any:
    """Compose writes a size of a tmpfs, or a retry count, where we write none."""
    return {"Name": value["Name"]} if isinstance(value, dict) and "MaximumRetryCount" in value else value


def test_every_setting_that_is_a_comment_can_be_used(compose: list[str], tmp_path: Path) -> None:
    text = re.sub(r"^( *)#(?=\w|- )", r"\1", FILE.read_text(), flags=re.MULTILINE)
    assert text.count("registry_password") > FILE.read_text().count("  registry_password")
    (tmp_path / "compose.yml").write_text(text)
    command = [*compose, "-f", str(tmp_path / "compose.yml"), "config", "--format", "json"]
    ended = subprocess.run(command, capture_output=True, text=True, env={"PATH": "/usr/bin:/bin", "DOCKER_GID": "1"})
    assert ended.returncode == 0, ended.stderr
    updater = json.loads(ended.stdout)["services"]["updater"]
    assert updater["secrets"][0]["source"] == "registry_password"
    assert updater["environment"]["UPDATER_REGISTRY_PASSWORD_FILE"] == "/run/secrets/registry_password"


def test_the_group_of_the_socket_has_to_be_said(compose: list[str]) -> None:
    command = [*compose, "-f", str(FILE), "config", "--quiet"]
    ended = subprocess.run(command, capture_output=True, text=True, env={"PATH": "/usr/bin:/bin"})
    assert ended.returncode != 0
    assert "DOCKER_GID" in ended.stderr
