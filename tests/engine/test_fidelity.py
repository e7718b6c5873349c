"""After an update, is the container what the same options on the new image would have made?

The oracle is the engine: one container is drawn from the old one, another is made with the same options on the new
image, and their inspects must agree in every field but ids, times and names.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from rig.host import Host
from tests.engine.option_sets import NEW, OLD, OPTION_SETS, OptionSet
from updater.engine.docker_engine import DockerEngine
from updater.recreator.blueprint import Blueprint, differences, draw

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rig import Rig

Json = dict[str, Any]

# Sections that say how a container is configured; the rest of an inspect says how it fares.
SECTIONS = ("Image", "Path", "Args", "Platform", "Driver", "AppArmorProfile", "MountLabel", "ProcessLabel")
# Of an endpoint, what was asked for; addresses come from the engine, except where they were asked for.
ENDPOINT = ("IPAMConfig", "Links", "Aliases", "DriverOpts", "NetworkID")
GENERATED_VOLUME = re.compile(r"[0-9a-f]{64}")


@dataclass
class Tally:
    """How much was compared."""

    option_sets: int = 0
    fields: int = 0


@pytest.fixture(scope="module")
def tally(request: pytest.FixtureRequest) -> Iterator[Tally]:
    """Says at the end what the comparison covered."""
    counted = Tally()
    yield counted
    reporter = request.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None:
        reporter.write_line(
            f"\nfidelity: {counted.option_sets} option sets, {counted.fields} fields compared, differences: 0"
        )


class Workshop:
    """An engine with two images, two networks and a container that others refer to."""

    def __init__(self, host: Host, engine: DockerEngine) -> None:
        self.host = host
        self.engine = engine
        self.images = {"old": host.load("old", OLD), "new": host.load("new", NEW)}
        host.create_network("front", enable_ipv6=True, ipam=_ipam("10.210.0.0/24", "fd00:210::/64"))
        host.create_network("back", ipam=_ipam("10.211.0.0/24"))
        host.load("plain", OLD)
        host.run_container(
            "provider", host.name("plain"), Volumes={"/shared": {}}, host_config={"IpcMode": "shareable"}
        )
        self.front_id = host.client.inspect_network(host.name("front"))["Id"]

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


@pytest.fixture(scope="module")
def workshop(rig: Rig, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    """One for all option sets: they differ in nothing but the containers."""
    with (
        rig.network(),
        Host(rig, "tfidelity", tmp_path_factory.mktemp("fidelity")) as host,
        DockerEngine.open(rig.engine.host, {}) as engine,
    ):
        yield Workshop(host, engine)


@pytest.fixture(autouse=True)
def _cleared(workshop: Workshop) -> Iterator[None]:
    yield
    workshop.clear()


def configuration(inspect: Json, old: Json, *, fresh: frozenset[str]) -> Json:
    """What an inspect says of the configuration, one entry a field, without what is a container's own.

    Volumes of the old container that had no name are mounted by name in the drawn one. Here they are made anonymous
    again; those at a place that a fresh container would not have one (`fresh`) are left out.
    """
    carried = {mount["Name"] for mount in old["Mounts"] if GENERATED_VOLUME.fullmatch(mount.get("Name") or "")}
    asked = {mount["Target"] for mount in old["HostConfig"].get("Mounts") or ()}
    host = dict(inspect["HostConfig"])
    host["Binds"] = [bind for bind in host["Binds"] or () if ":" in bind]
    host["Mounts"] = [
        _anonymous(mount) if mount.get("Source") in carried else mount
        for mount in host.get("Mounts") or ()
        if mount.get("Source") not in carried or mount["Target"] in asked
    ]
    found = {
        **{section: inspect[section] for section in SECTIONS},
        "Config": inspect["Config"],
        "HostConfig": host,
        "Networks": {
            name: {field: (endpoint or {}).get(field) for field in ENDPOINT}
            for name, endpoint in inspect["NetworkSettings"]["Networks"].items()
        },
        "Mounts": {
            mount["Destination"]: _without_name(mount)
            for mount in inspect["Mounts"]
            if mount.get("Name") not in carried or mount["Destination"] in fresh
        },
    }
    return {path: _impersonal(value, inspect) for path, value in _leaves(found).items()}


def _anonymous(mount: Json) -> Json:
    options = {name: value for name, value in (mount.get("VolumeOptions") or {}).items() if name != "NoCopy"}
    nameless = {name: value for name, value in mount.items() if name not in ("Source", "VolumeOptions")}
    return {**nameless, **({"VolumeOptions": options} if options else {})}


def _without_name(mount: Json) -> Json:
    if not GENERATED_VOLUME.fullmatch(mount.get("Name") or ""):
        return mount
    # The engine writes `z` for a volume that was asked for and nothing for one that it made; it acts on neither.
    return {**mount, "Name": "generated", "Source": "generated", "Mode": ""}


def _leaves(value: Any, path: str = "") -> Json:
    if isinstance(value, dict) and value:
        return {key: leaf for name, inner in value.items() for key, leaf in _leaves(inner, f"{path}/{name}").items()}
    return {path: value if value else None}


def _impersonal(value: Any, inspect: Json) -> Any:
    """Without the container's own id and name; lists whose order means nothing are sorted."""
    if isinstance(value, list) and all(isinstance(entry, str) for entry in value):
        # The engine adds the short id to the aliases when an endpoint is made, at connect or only at start.
        return sorted(text for entry in value if (text := _impersonal(entry, inspect)) != "<id>") or None
    if isinstance(value, str):
        return value.replace(inspect["Id"][:12], "<id>").replace(inspect["Name"], "<name>")
    return value


def compare(drawn: Json, oracle: Json, old: Json, tally: Tally) -> None:
    """Fail with the fields that differ."""
    fresh = frozenset(mount["Destination"] for mount in oracle["Mounts"])
    ours, theirs = configuration(drawn, old, fresh=fresh), configuration(oracle, old, fresh=fresh)
    fields = {path for path in {*ours, *theirs} if ours.get(path) or theirs.get(path)}
    tally.fields += len({*ours, *theirs})
    assert {path: ours.get(path) for path in fields} == {path: theirs.get(path) for path in fields}


@pytest.mark.parametrize("options", OPTION_SETS, ids=lambda options: options.name)
def test_as_if_made_on_the_new_image(workshop: Workshop, tally: Tally, options: OptionSet) -> None:
    engine = workshop.engine
    old_id = workshop.make("old-one", options, "old")
    engine.start(old_id)
    workshop.leave(old_id, options)
    old = engine.inspect_container(old_id)
    blueprint = workshop.draw(old, "new")
    drawn_id = workshop.carry_out("drawn", blueprint)
    oracle_id = workshop.make("oracle", options, "new")
    workshop.leave(oracle_id, options)
    drawn = engine.inspect_container(drawn_id)

    assert differences(old, drawn, blueprint) == ()
    compare(drawn, engine.inspect_container(oracle_id), old, tally)

    engine.remove(old_id, volumes=False, force=True)
    engine.start(drawn_id)
    drawn = engine.inspect_container(drawn_id)
    again = workshop.draw(drawn, "new")
    assert differences(drawn, engine.inspect_container(workshop.carry_out("again", again)), again) == ()
    engine.remove(drawn_id, volumes=False, force=True)
    engine.start(oracle_id)
    compare(drawn, engine.inspect_container(oracle_id), old, tally)
    tally.option_sets += 1


def test_data_goes_along(workshop: Workshop) -> None:
    """Whatever kind of volume it is in, and although the new image declares one of the places no more."""
    options = OptionSet(
        "data",
        config={"User": "0", "Volumes": {"/anonymous": {}}},
        host={"Binds": ["@eight:/named"], "Mounts": [{"Type": "volume", "Target": "/mounted"}]},
    )
    places = ("/data", "/cache", "/anonymous", "/named", "/mounted")
    old_id = workshop.make("old-one", options, "old")
    workshop.engine.start(old_id)
    for place in places:
        workshop.host.execute(old_id, f"echo from {place} > {place}/file")
    blueprint = workshop.draw(workshop.engine.inspect_container(old_id), "new")
    drawn_id = workshop.carry_out("drawn", blueprint)
    workshop.engine.remove(old_id, volumes=False, force=True)
    workshop.engine.start(drawn_id)
    found = [workshop.host.execute(drawn_id, f"cat {place}/file").strip() for place in places]
    assert found == [f"from {place}" for place in places]


def test_a_value_equal_to_the_old_default_follows_the_new_image(workshop: Workshop) -> None:
    """Nobody can tell it from the default, so this is what happens; the documentation says so."""
    options = OptionSet("equal", config={"Env": ["MODE=old"], "User": "1001", "Labels": {"version": "1"}})
    old = workshop.engine.inspect_container(workshop.make("old-one", options, "old"))
    drawn = workshop.engine.inspect_container(workshop.carry_out("drawn", workshop.draw(old, "new")))
    assert "MODE=new" in drawn["Config"]["Env"]
    assert drawn["Config"]["User"] == "1002"
    assert drawn["Config"]["Labels"]["version"] == "2"


def test_tampering_is_found(workshop: Workshop) -> None:
    """A created container that is less confined than planned is named, field by field."""
    old = workshop.engine.inspect_container(workshop.make("old-one", OptionSet("plain"), "old"))
    blueprint = workshop.draw(old, "new")
    blueprint.body["HostConfig"]["Privileged"] = True
    blueprint.body["HostConfig"]["Binds"] = ["/:/host"]
    drawn = workshop.engine.inspect_container(workshop.carry_out("drawn", blueprint))
    planned = workshop.draw(old, "new")
    fields = {difference.field for difference in differences(old, drawn, planned)}
    assert fields >= {"HostConfig.Privileged", "HostConfig.SecurityOpt", "Mounts./host"}
