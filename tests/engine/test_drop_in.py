"""Compose files of Watchtower's, as its documentation has them, in which nothing but the image is another."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from rig import ImageSpec, push
from rig.certificates import CertificateAuthority
from rig.compose_file import create_body, parse_compose
from rig.tls_registry import TlsRegistry
from rig.updater_image import build_updater_image, fetch_wheels

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rig import Rig
    from rig.host import Host
    from rig.updater_image import UpdaterImage

USER, PASSWORD = "ann", "canary-password"
NOBODY_SAID_SO: dict[str, str] = {}
PREFIX = "com.centurylinklabs.watchtower"

INTERVAL = """
version: "3"
services:
  watchtower:
    image: IMAGE
    volumes:
      - /var/run/docker.sock:/var/run/docker.sock
    command: --interval 3600 --update-on-start
"""
PLAINEST = """
version: "3"
services:
  watchtower:
    image: IMAGE
    volumes:
      - /var/run/docker.sock:/var/run/docker.sock
"""
WITH_LOGIN = """
version: "3"
services:
  watchtower:
    image: IMAGE
    volumes:
      - /var/run/docker.sock:/var/run/docker.sock
      - /root/.docker/config.json:/config.json
    command: --run-once WEB
"""
BY_LABEL = """
version: "3"
services:
  watchtower:
    image: IMAGE
    restart: "no"
    environment:
      - WATCHTOWER_CLEANUP=true
      - WATCHTOWER_LABEL_ENABLE=true
      - WATCHTOWER_RUN_ONCE=true
      - TZ=Europe/Stockholm
    volumes:
      - /var/run/docker.sock:/var/run/docker.sock
"""
SCOPED = """
version: "3"
services:
  watchtower:
    image: IMAGE
    command: --scope myscope --run-once --schedule "0 0 4 * * *" --debug
    labels:
      - "com.centurylinklabs.watchtower.scope=myscope"
    volumes:
      - /var/run/docker.sock:/var/run/docker.sock
"""
BY_ENVIRONMENT = """
version: "3"
services:
  watchtower:
    image: IMAGE
    environment:
      REPO_USER: ann
      REPO_PASS: canary-password
      UPDATER_REGISTRY: ADDRESS
      WATCHTOWER_MONITOR_ONLY: "true"
      WATCHTOWER_RUN_ONCE: "true"
    volumes:
      - /var/run/docker.sock:/var/run/docker.sock
"""


@dataclass(frozen=True)
class Place:
    """A registry with a login, and what stands for the paths that the files mount."""

    host: Host
    registry: TlsRegistry
    image: UpdaterImage
    folder: Path

    def push(self, short: str, marker: str) -> str:
        push(self.registry, f"{self.host.prefix}/{short}:latest", ImageSpec(marker=marker))
        return f"{self.registry.address}/{self.host.prefix}/{short}:latest"

    def run_outdated(self, short: str, labels: dict[str, str]) -> None:
        """A container for which something newer is published."""
        reference = self.push(short, "1")
        login = {"username": USER, "password": PASSWORD}
        for event in self.host.client.pull(reference, stream=True, decode=True, auth_config=login):
            assert "error" not in event, event
        self.host.run_container(short, reference, labels=labels)
        self.push(short, "2")

    def start(self, text: str, *, login: bool = True) -> None:
        """Start the service of this file. The authority is the rig's own need; a login goes where Watchtower has it."""
        text = text.replace("IMAGE", self.image.reference).replace("WEB", self.host.name("web"))
        service = parse_compose(text.replace("ADDRESS", self.registry.address), {}).services["watchtower"]
        body = create_body(service, self._places())
        settings, labels = body.pop("HostConfig"), body.pop("Labels", {})
        config = self.folder / "updater.yml"
        config.write_text(f"registries:\n  {self.registry.address}:\n    ca_file: /etc/updater/ca.crt\n")
        settings["Binds"] += [
            f"{config}:/etc/updater/updater.yml:ro",
            f"{self.registry.trusted}:/etc/updater/ca.crt:ro",
        ]
        if login and not any("config.json" in bind for bind in settings["Binds"]):
            settings["Binds"].append(f"{self._places()['/root/.docker/config.json']}:/config.json")
        body["Env"] = [*body.get("Env", []), "UPDATER_GRACE_PERIOD=1s"]
        self.host.run_container("watchtower", body.pop("Image"), host_config=settings, labels=labels, **body)

    def ended(self) -> int:
        """The exit code of one that makes one cycle."""
        code: int = self.host.client.wait(self.host.name("watchtower"), timeout=60)["StatusCode"]
        return code

    def said(self, *command: str) -> str:
        """What a command that goes well says in the container."""
        identifier = self.host.client.exec_create(self.host.name("watchtower"), list(command))["Id"]
        output, errors = self.host.client.exec_start(identifier, demux=True)
        assert self.host.client.exec_inspect(identifier)["ExitCode"] == 0, errors
        return str(output.decode())

    def marker(self, short: str) -> str:
        return str(self.host.execute(short, "cat /etc/marker"))

    def _places(self) -> dict[str, str]:
        file = self.folder / "config.json"
        stored = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        file.write_text(json.dumps({"auths": {self.registry.address: {"auth": stored}}}))
        file.chmod(0o600)
        return {
            "/var/run/docker.sock": str(self.host.rig.engine.socket),
            "/root/.docker/config.json": str(file),
        }


@pytest.fixture(scope="module")
def drop_in_image(rig: Rig, updater_image: UpdaterImage) -> UpdaterImage:
    """Its first stages are those of the image itself, and there already."""
    client: Any = rig.engine.client(timeout=300)
    return build_updater_image(client, fetch_wheels(), "rig-drop-in", target="drop-in")


@pytest.fixture
def place(host: Host, drop_in_image: UpdaterImage, tmp_path: Path) -> Iterator[Place]:
    authority = CertificateAuthority(tmp_path / "authority")
    with TlsRegistry(host.rig.namespaces, 5446, {USER: PASSWORD}, authority=authority) as registry:
        yield Place(host, registry, drop_in_image, tmp_path)
        assert PASSWORD not in host.logs("watchtower")


def test_an_interval_and_everything_that_runs(place: Place) -> None:
    """Watchtower's default is kept: nobody has said anything of this container."""
    place.run_outdated("web", NOBODY_SAID_SO)
    place.run_outdated("db", {f"{PREFIX}.enable": "false"})
    place.start(INTERVAL)
    place.host.wait_until(lambda: "next cycle at" in place.host.logs("watchtower"), 120, "the end of a cycle")
    log = place.host.logs("watchtower")
    assert "in updater's words: updater watch" in log
    assert "next cycle at" in log
    assert (place.marker("web"), place.marker("db")) == ("2", "1")
    state = place.host.inspect("watchtower")["State"]
    assert state["Running"], log


def test_names_a_login_and_one_cycle(place: Place) -> None:
    place.run_outdated("web", NOBODY_SAID_SO)
    place.run_outdated("db", NOBODY_SAID_SO)
    place.start(WITH_LOGIN)
    assert place.ended() == 0, place.host.logs("watchtower")
    assert (place.marker("web"), place.marker("db")) == ("2", "1")


def test_by_label_and_variables(place: Place) -> None:
    place.run_outdated("web", {f"{PREFIX}.enable": "true"})
    place.run_outdated("db", NOBODY_SAID_SO)
    place.start(BY_LABEL)
    assert place.ended() == 0, place.host.logs("watchtower")
    assert (place.marker("web"), place.marker("db")) == ("2", "1")


def test_a_scope(place: Place) -> None:
    place.run_outdated("web", {f"{PREFIX}.scope": "myscope"})
    place.run_outdated("db", {f"{PREFIX}.scope": "another"})
    place.start(SCOPED)
    assert place.ended() == 0, place.host.logs("watchtower")
    assert (place.marker("web"), place.marker("db")) == ("2", "1")


def test_a_login_by_variables_and_looking_only(place: Place) -> None:
    place.run_outdated("web", NOBODY_SAID_SO)
    place.start(BY_ENVIRONMENT, login=False)
    assert place.ended() == 0, place.host.logs("watchtower")
    log = place.host.logs("watchtower")
    assert "REPO_USER and REPO_PASS are understood" in log
    assert "monitor-only" in log or "watched only" in log
    assert place.marker("web") == "1"


def test_a_service_that_says_nothing_and_is_called_by_watchtowers_name(place: Place) -> None:
    """In health checks and entrypoints that people wrote for it; and its default counts."""
    place.run_outdated("web", NOBODY_SAID_SO)
    place.start(PLAINEST)
    assert place.host.inspect("watchtower")["Config"]["User"] == "0:0"
    place.host.wait_until(lambda: "next cycle at" in place.host.logs("watchtower"), 60, "the daemon")
    assert place.said("/watchtower", "--health-check").startswith("healthy")
    found = {one["name"]: one for one in json.loads(place.said("updater", "check", "-o", "json"))["containers"]}
    assert found[place.host.name("web")]["decision"] == "update"
