"""How is the shipped compose file brought up on the rig's engine, beside a registry that its containers reach?"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import pytest
from docker.errors import APIError

from rig import ImageSpec, push
from rig.certificates import CertificateAuthority
from rig.compose_file import ComposeFile, create_body, read_compose_file
from rig.tls_registry import TlsRegistry
from rig.updater_image import build_stand_in_proxy

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rig.host import Host
    from rig.registry import PrivateRegistry
    from rig.updater_image import UpdaterImage

PROJECT = Path(__file__).parents[2]
FILE = PROJECT / "docker-compose.yml"
SOCKET = "/var/run/docker.sock"
ON = {"updater.enable": "true"}
NO_LABELS: Mapping[str, str] = MappingProxyType({})
CONFIG = """registries:
  {address}:
    ca_file: /etc/updater/ca.crt
"""


@dataclass(frozen=True)
class Composed:
    """The two services of the compose file, and a registry that they and the engine reach."""

    host: Host
    registry: PrivateRegistry
    image: UpdaterImage

    def start(self, *, labels: Mapping[str, str] = NO_LABELS, **environment: str) -> None:
        """Start both; `environment` and `labels` are what a user would add to the updater's."""
        composed = read_compose_file(FILE, self.variables())
        self.start_service(composed, "socket-proxy", {})
        self.start_service(composed, "updater", environment, labels)

    def start_service(
        self, composed: ComposeFile, name: str, environment: dict[str, str], labels: Mapping[str, str] = NO_LABELS
    ) -> None:
        """Make what it needs and is not there yet, and start it."""
        service = composed.services[name]
        for network in composed.networks:
            if not self.host.client.networks(names=[self.host.name(network)]):
                self.host.create_network(network, **composed.networks[network])
        for volume in composed.volumes:
            self.host.create_volume(volume)
        places = {volume: self.host.name(volume) for volume in composed.volumes}
        body = create_body(service, places | {SOCKET: str(self.host.rig.engine.socket)})
        settings = body.pop("HostConfig")
        if name == "updater":
            settings["Binds"] += self._configuration()
            added = {"UPDATER_GRACE_PERIOD": "1s", **environment}
            body["Env"] = body.get("Env", []) + [f"{variable}={value}" for variable, value in added.items()]
            # As the image's, but not every half minute only.
            body["Healthcheck"] = {"Interval": int(1e9), "StartPeriod": 0, "Retries": 2}
        networks = {self.host.name(network): {"Aliases": [name]} for network in service.get("networks", ())}
        labels = {**body.pop("Labels", {}), **labels}
        image = body.pop("Image")
        self.host.run_container(name, image, host_config=settings, networks=networks, labels=labels, **body)

    def variables(self) -> dict[str, str]:
        """What a user writes into .env."""
        group = self.host.rig.engine.socket.stat().st_gid
        return {"CONTAINER_UPDATER_IMAGE": self.image.reference, "DOCKER_GID": str(group)}

    def _configuration(self) -> list[str]:
        path = self.host.directory / "updater.yml"
        path.write_text(CONFIG.format(address=self.registry.address))
        return [f"{path}:/etc/updater/updater.yml:ro", f"{self.registry.trusted}:/etc/updater/ca.crt:ro"]

    def push(self, spec: ImageSpec) -> str:
        """A newer image of `web`; gives its reference."""
        push(self.registry, f"{self.host.prefix}/web:latest", spec)
        return f"{self.registry.address}/{self.host.prefix}/web:latest"

    def run_web(self) -> str:
        """A container that is opted in, on the first image."""
        reference = self.push(ImageSpec(marker="1"))
        for event in self.host.client.pull(reference, stream=True, decode=True):
            assert "error" not in event, event
        return self.host.run_container("web", reference, labels=ON)

    def wait_for_log(self, text: str) -> None:
        def said() -> bool:
            assert self.host.inspect("updater")["State"]["Running"], self.host.logs("updater")
            return text in self.host.logs("updater")

        self.host.wait_until(said, 30, f"{text!r} in the log of the updater")

    def says(self, *arguments: str) -> str:
        """What `updater ARGUMENTS` says in the updater's container; nothing where that is being replaced."""
        try:
            identifier = self.host.client.exec_create(self.host.name("updater"), ["updater", *arguments])["Id"]
            return str(self.host.client.exec_start(identifier).decode())
        except APIError:
            return ""

    def outcomes(self) -> list[str]:
        """Of the updater's own container, the latest first."""
        said = self.says("history", self.host.name("updater"), "-o", "json")
        found = json.loads(said)["entries"] if said.startswith("{") else []
        return [entry["outcome"] for entry in found]

    def run(self, script: str) -> str:
        """A line of Python in the updater's container."""
        identifier = self.host.client.exec_create(self.host.name("updater"), ["python3", "-c", script])["Id"]
        return str(self.host.client.exec_start(identifier).decode())


@pytest.fixture
def composed(host: Host, updater_image: UpdaterImage, tmp_path: Path) -> Iterator[Composed]:
    authority = CertificateAuthority(tmp_path / "authority")
    proxy = str(read_compose_file(FILE, {"DOCKER_GID": "0"}).services["socket-proxy"]["image"])
    if not host.client.images(proxy):
        build_stand_in_proxy(host.client, proxy, updater_image)
    with TlsRegistry(host.rig.namespaces, 5445, authority=authority) as registry:
        composed = Composed(host, registry, updater_image)
        yield composed
        if host.exists("socket-proxy"):
            blocked = re.findall("blocked request (.*)", host.logs("socket-proxy"))
            assert [request for request in blocked if "/probe/" not in request] == []
