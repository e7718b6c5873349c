"""The shipped compose file, read by compose itself: it makes of it what our own reading makes, and it runs.

So it does with all that is a comment in it taken in, a login as a file among that.

Debian has a compose that is new enough in its unstable suite only: where it cannot be fetched, this says so loudly.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from rig import ImageSpec
from rig.certificates import CertificateAuthority
from rig.compose_file import create_body, read_compose_file
from rig.images import push
from rig.machine import find_program
from rig.tls_registry import TlsRegistry
from rig.updater_image import build_stand_in_proxy
from tests.engine.contract import checked

if TYPE_CHECKING:
    from rig.host import Host
    from rig.updater_image import UpdaterImage

PROJECT = Path(__file__).parents[2]
FILE = PROJECT / "docker-compose.yml"
FETCHED = PROJECT / ".engines" / "compose"
PLUGINS = FETCHED / "usr/libexec/docker"
SOCKET = "/var/run/docker.sock"
SECRET = "/run/secrets/registry_password"
UPDATER_USER = 10001


@pytest.fixture(scope="session")
def compose() -> list[str]:
    """The command `docker compose`; its own folder of plugins."""
    if not (PLUGINS / "cli-plugins/docker-compose").exists():
        command = [str(PROJECT / "tools/fetch-packages"), "sid", str(FETCHED), "docker-compose"]
        ended = subprocess.run(command, check=False, capture_output=True, text=True)
        if ended.returncode:
            pytest.skip(f"COMPOSE IS MISSING, the file was only read by ourselves: {ended.stderr[-200:]}")
    return [find_program("docker"), "--config", str(PLUGINS), "compose"]


class Project:
    """The file as compose starts it, with the rig's socket and image in the places of the machine's."""

    def __init__(self, host: Host, image: UpdaterImage, compose: list[str], file: Path, mounts: list[str]) -> None:
        socket = host.rig.engine.socket
        self.host = host
        self.variables = {"CONTAINER_UPDATER_IMAGE": image.reference, "DOCKER_GID": str(socket.stat().st_gid)}
        self.places = {SOCKET: str(socket), "state": f"{host.prefix}_state"}
        self.shipped = read_compose_file(FILE, self.variables)
        proxy = str(self.shipped.services["socket-proxy"]["image"])
        if not host.client.images(proxy):
            build_stand_in_proxy(host.client, proxy, image)
        override = {"socket-proxy": {"volumes": [f"{socket}:{SOCKET}:ro"]}, "updater": {"volumes": mounts}}
        (host.directory / "override.json").write_text(json.dumps({"services": override}))
        self._command = [*compose, "-p", host.prefix, "-f", str(file), "-f", str(host.directory / "override.json")]

    def start(self) -> None:
        """Returns once the daemon has spoken with the engine."""
        ended = self.run("up", "--detach", "--no-build", timeout=120)
        assert ended.returncode == 0, ended.stderr
        self.host.wait_until(lambda: is_healthy(self.host, "updater-1"), 60, "the daemon")

    def updater(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.run("exec", "-T", "updater", "updater", *arguments)

    def run(self, *arguments: str, timeout: float = 60) -> subprocess.CompletedProcess[str]:
        environment = self.host.environment(more=self.variables)
        return self.host.rig.run([*self._command, *arguments], environment, self.host.directory, timeout)


def test_compose_starts_it_and_means_the_same(host: Host, updater_image: UpdaterImage, compose: list[str]) -> None:
    project = Project(host, updater_image, compose, FILE, [])
    project.start()
    for name, service in project.shipped.services.items():
        body = create_body(service, project.places)
        made = host.inspect(f"{name}-1")
        asked = {key: value for key, value in body["HostConfig"].items() if key != "Binds"}
        assert {key: normal(made["HostConfig"][key]) for key in asked} == {key: normal(asked[key]) for key in asked}
        config = {key: value for key, value in body.items() if key not in ("HostConfig", "Labels", "Env")}
        assert {key: made["Config"][key] for key in config} == config
        assert set(body.get("Env", ())) <= set(made["Config"]["Env"])
        assert body.get("Labels", {}).items() <= made["Config"]["Labels"].items()
        networks = {f"{host.prefix}_{network}" for network in service["networks"]}
        assert set(made["NetworkSettings"]["Networks"]) == networks
    ended = project.updater("check")
    assert ended.returncode == 0, ended.stderr


def with_all_that_is_a_comment() -> str:
    """As the file's first lines say: a `#` without a space before a setting is taken away."""
    return re.sub(r"^( *)#(?=\w|- )", r"\1", FILE.read_text(), flags=re.MULTILINE)


def test_a_login_as_a_file(host: Host, updater_image: UpdaterImage, compose: list[str], tmp_path: Path) -> None:
    """The secret of the compose file arrives, can be read by the user that the updater is, and opens a registry."""
    authority = CertificateAuthority(tmp_path)
    with TlsRegistry(host.rig.namespaces, 5447, {"me": "a-secret"}, authority=authority) as registry:
        folder = host.directory / "project"
        folder.mkdir()
        file, password = folder / "docker-compose.yml", folder / "registry-password"
        file.write_text(with_all_that_is_a_comment().replace("registry.example", registry.address))
        password.write_text("a-secret\n")
        keep_for(password, UPDATER_USER)
        config = folder / "updater.yml"
        config.write_text(f"registries:\n  {registry.address}:\n    ca_file: /etc/updater/ca.crt\n")
        config.chmod(0o644)
        image = f"{registry.address}/{host.prefix}/web:latest"
        push(registry, f"{host.prefix}/web:latest", ImageSpec(marker="1"))
        host.client.pull(image, auth_config={"username": "me", "password": "a-secret"})
        host.run_container("web", image, labels={"updater.enable": "true"})
        push(registry, f"{host.prefix}/web:latest", ImageSpec(marker="2"))
        project = Project(host, updater_image, compose, file, [f"{registry.trusted}:/etc/updater/ca.crt:ro"])
        project.start()
        ended = project.updater("check", "-o", "json")
        assert ended.returncode == 0, ended.stderr
        (web,) = checked(json.loads(ended.stdout)).values()
        assert (web["status"], web["decision"]) == ("outdated", "update")
        assert "a-secret" not in json.dumps(host.inspect("updater-1"))
        # Compose mounts it as it is: for its owner alone, that has to be the updater's user.
        keep_for(password, 0)
        ended = project.updater("check")
        assert ended.returncode == 2, ended.stdout
        assert SECRET in ended.stderr


def keep_for(file: Path, user: int) -> None:
    """As the page on compose says."""
    os.chown(file, user, user)
    file.chmod(0o400)


def is_healthy(host: Host, short: str) -> bool:
    """Asked at once: the image's own check comes only every half minute."""
    asked = host.client.exec_create(host.name(short), ["updater", "healthcheck"])["Id"]
    host.client.exec_start(asked)
    return bool(host.client.exec_inspect(asked)["ExitCode"] == 0)


def normal(value: Any) -> Any:
    """Compose writes a size of a tmpfs, or a retry count, where we write none."""
    return {"Name": value["Name"]} if isinstance(value, dict) and "MaximumRetryCount" in value else value


def test_every_setting_that_is_a_comment_can_be_used(compose: list[str], tmp_path: Path) -> None:
    text = with_all_that_is_a_comment()
    assert text.count("registry_password") > FILE.read_text().count("  registry_password")
    (tmp_path / "compose.yml").write_text(text)
    command = [*compose, "-f", str(tmp_path / "compose.yml"), "config", "--format", "json"]
    ended = subprocess.run(command, capture_output=True, text=True, env={"PATH": "/usr/bin:/bin", "DOCKER_GID": "1"})
    assert ended.returncode == 0, ended.stderr
    updater = json.loads(ended.stdout)["services"]["updater"]
    assert updater["secrets"][0]["source"] == "registry_password"
    assert updater["environment"]["UPDATER_REGISTRY_PASSWORD_FILE"] == SECRET


def test_the_group_of_the_socket_has_to_be_said(compose: list[str]) -> None:
    command = [*compose, "-f", str(FILE), "config", "--quiet"]
    ended = subprocess.run(command, capture_output=True, text=True, env={"PATH": "/usr/bin:/bin"})
    assert ended.returncode != 0
    assert "DOCKER_GID" in ended.stderr
