"""How does the fidelity suite make a container from options, and another one from a blueprint?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tests.engine.fidelity_images import NEW, OLD
from updater.recreator.blueprint import Blueprint, draw

if TYPE_CHECKING:
    from rig import ImageSpec
    from rig.host import Host
    from tests.engine.option_sets import OptionSet
    from updater.engine.docker_engine import DockerEngine

Json = dict[str, Any]


class Workshop:
    """An engine with two images, two networks and a container that others refer to."""

    def __init__(self, host: Host, engine: DockerEngine) -> None:
        self.host = host
        self.engine = engine
        self.images = {
            version: self._loaded(version, specification) for version, specification in (("old", OLD), ("new", NEW))
        }
        host.create_network("front", enable_ipv6=True, ipam=_ipam("10.210.0.0/24", "fd00:210::/64"))
        host.create_network("back", ipam=_ipam("10.211.0.0/24"))
        host.load("plain", OLD)
        host.run_container(
            "provider", host.name("plain"), Volumes={"/shared": {}}, host_config={"IpcMode": "shareable"}
        )
        self.front_id = host.client.inspect_network(host.name("front"))["Id"]

    def _loaded(self, version: str, specification: ImageSpec) -> str:
        self.host.load(version, specification)
        # With the containerd store an image's id is not the one its configuration hashes to.
        return str(self.engine.inspect_image(self.host.name(version))["Id"])

    def named(self, value: Any, image_id: str) -> Any:
        """The value with `@names` replaced."""
        if isinstance(value, dict):
            return {self.named(key, image_id): self.named(inner, image_id) for key, inner in value.items()}
        if isinstance(value, list | tuple):
            return [self.named(inner, image_id) for inner in value]
        if not isinstance(value, str):
            return value
        value = value.replace("@image", image_id).replace("@front.id", self.front_id)
        return re.sub(r"@([a-z]+)", lambda name: self.host.name(name[1]), value)

    def make(self, name: str, options: OptionSet, version: str) -> str:
        """Make a container with these options on an image."""
        image_id = self.images[version]
        endpoints = list(self.named(options.networks, image_id).items())
        body = {
            **self.named(options.config, image_id),
            "Image": self.host.name(version),
            "HostConfig": self.named(options.host, image_id),
            "NetworkingConfig": {"EndpointsConfig": dict(endpoints[:1])},
        }
        container_id = self.engine.create(body, self.host.name(name), None)
        for network, endpoint in endpoints[1:]:
            self.engine.connect_network(container_id, network, endpoint)
        return container_id

    def draw(self, old: Json, version: str) -> Blueprint:
        """The blueprint for this container on an image."""
        return draw(
            old,
            self.engine.find_image(old["Image"]),
            self.engine.inspect_image(self.images[version]),
            reference=self.host.name(version),
            api_version=self.engine.info.api_version,
            daemon_hostname=self.engine.hostname(),
        )

    def carry_out(self, name: str, blueprint: Blueprint) -> str:
        """Make a container from a blueprint."""
        container_id = self.engine.create(blueprint.body, self.host.name(name), blueprint.platform)
        for network in blueprint.disconnects:
            self.engine.disconnect_network(container_id, network)
        for network, endpoint in blueprint.connects:
            self.engine.connect_network(container_id, network, endpoint)
        return container_id

    def leave(self, container_id: str, options: OptionSet) -> None:
        """Leave networks, as a user did with the old container."""
        for network in self.named(options.leaves, ""):
            self.engine.disconnect_network(container_id, network)

    def clear(self) -> None:
        """Remove what the last option set made."""
        for name in ("old-one", "drawn", "again", "oracle"):
            if self.host.exists(name):
                self.engine.remove(self.host.inspect(name)["Id"], volumes=True, force=True)


def _ipam(*subnets: str) -> Json:
    return {"Driver": "default", "Config": [{"Subnet": subnet} for subnet in subnets]}
