"""What does a blueprint depend on? Everything is handed in; nothing is looked up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from updater.model.control_labels import OPERATION_PREFIX

if TYPE_CHECKING:
    from collections.abc import Mapping

    from updater.recreator.blueprint.value import Json

ApiVersion = tuple[int, int]

DEFAULT_NETWORK = "bridge"
_DEFAULT_MODES = ("", "default", DEFAULT_NETWORK)


def parse_api_version(text: str) -> ApiVersion:
    """Read `1.41`; as text, 1.9 would sort after 1.41."""
    major, _, minor = text.partition(".")
    return int(major), int(minor)


@dataclass(frozen=True, slots=True)
class Inputs:
    """The arguments of `draw`, with short names for the parts that rules ask for."""

    old: Json
    old_image: Json | None
    new_image: Json
    reference: str
    api: ApiVersion
    daemon_hostname: str | None
    operation_labels: Mapping[str, str]
    successors: Mapping[str, str]
    volume_sources: Mapping[str, Json] | None

    @property
    def config(self) -> Json:
        """The old container's Config, into which the engine has merged the old image's."""
        config: Json = self.old["Config"]
        return config

    @property
    def host(self) -> Json:
        """The old container's HostConfig."""
        host: Json = self.old["HostConfig"]
        return host

    @property
    def old_defaults(self) -> Json:
        """What the old image gave; empty if it is gone, so that everything counts as the user's."""
        return (self.old_image or {}).get("Config") or {}

    @property
    def new_defaults(self) -> Json:
        """What the new image gives."""
        return self.new_image.get("Config") or {}

    @property
    def short_id(self) -> str:
        """What the engine made host name and alias of."""
        return str(self.old["Id"])[:12]

    @property
    def network_mode(self) -> str:
        """`default`, `host`, `none`, `container:…`, or the name or id of a network."""
        return self.host.get("NetworkMode") or ""

    @property
    def in_other_network_namespace(self) -> bool:
        """Whether another container's network is used: the engine refuses ports, names and addresses then."""
        return self.network_mode.startswith("container:")

    @property
    def endpoints(self) -> Mapping[str, Json]:
        """The networks that the old container is in, by name."""
        return (self.old.get("NetworkSettings") or {}).get("Networks") or {}

    @property
    def first_network(self) -> str:
        """The name of the network that NetworkMode means, which may say the default one or an id."""
        mode = self.network_mode
        if mode in _DEFAULT_MODES:
            return DEFAULT_NETWORK
        for name, endpoint in self.endpoints.items():
            if (endpoint or {}).get("NetworkID") == mode:
                return name
        return mode

    def was_ours(self, label: str) -> bool:
        """Whether the old container has this label from an update of ours, which says nothing of the new one."""
        return label.startswith(OPERATION_PREFIX) and label not in self.operation_labels

    @property
    def mounts(self) -> tuple[Json, ...]:
        """What is mounted in the old container, wherever it came from."""
        return tuple(self.old.get("Mounts") or ())


def only(**fields: Any) -> dict[str, Any]:
    """The fields that have a value: a missing one is left to the image or the engine."""
    return {name: value for name, value in fields.items() if value is not None}
