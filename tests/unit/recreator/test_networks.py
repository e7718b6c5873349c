"""Networks: all of them, with what was asked for and nothing that came of it. One line per case."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.recreator.inspects import OLD_ID, container, drawn

SHORT = OLD_ID[:12]
FULL = {
    "IPAMConfig": {"IPv4Address": "10.0.0.7"},
    "Links": ["db:database"],
    "DriverOpts": {"a": "b"},
    "GwPriority": 5,
    "Aliases": ["web", SHORT],
    "NetworkID": "id",
    "EndpointID": "e",
    "Gateway": "10.0.0.1",
    "IPAddress": "10.0.0.7",
    "IPPrefixLen": 24,
    "GlobalIPv6Address": "",
    "DNSNames": ["web", SHORT],
    "Invented2030": "in use",
}
ASKED = {key: FULL[key] for key in ("IPAMConfig", "Links", "DriverOpts", "GwPriority")} | {"Aliases": ["web"]}


@pytest.mark.parametrize(
    ("mode", "networks", "at_create", "connects", "disconnects"),
    [
        ("default", {"bridge": {}}, {}, (), ()),
        ("bridge", {"bridge": {"IPAddress": "172.17.0.2"}}, {}, (), ()),
        ("front", {"front": FULL}, {"front": ASKED}, (), ()),
        ("front", {"back": FULL, "front": {}}, {}, (("back", ASKED),), ()),
        ("default", {"bridge": {}, "back": FULL}, {}, (("back", ASKED),), ()),
        # By id
        ("id", {"front": FULL, "back": {}}, {"front": ASKED}, (("back", {}),), ()),
        # Left the first, left all
        ("front", {"back": {}}, {"back": {}}, (), ()),
        ("front", {"back": {}, "third": FULL}, {"back": {}}, (("third", ASKED),), ()),
        ("front", {}, {}, (), ("front",)),
        ("default", {}, {}, (), ("bridge",)),
        # None of its own
        ("host", {"host": {}}, {}, (), ()),
        ("none", {"none": {}}, {}, (), ()),
        ("none", {}, {}, (), ()),
        ("none", {"back": {}}, {"back": {}}, (), ()),
        ("container:x", {}, {}, (), ()),
    ],
)
def test_below_1_44(mode: str, networks: Any, at_create: Any, connects: Any, disconnects: Any) -> None:
    blueprint = drawn(container({}, {"NetworkMode": mode}, networks))
    assert blueprint.body["NetworkingConfig"] == {"EndpointsConfig": at_create}
    assert (blueprint.connects, blueprint.disconnects) == (connects, disconnects)


@pytest.mark.parametrize(
    ("mode", "networks", "at_create", "disconnects"),
    [
        ("default", {"bridge": {}}, {}, ()),
        ("front", {"back": FULL, "front": {}}, {"back": ASKED, "front": {}}, ()),
        ("front", {"back": {}}, {"back": {}}, ()),
        ("front", {}, {}, ("front",)),
        ("host", {"host": {}}, {}, ()),
    ],
)
def test_from_1_44_all_at_create(mode: str, networks: Any, at_create: Any, disconnects: Any) -> None:
    blueprint = drawn(container({}, {"NetworkMode": mode}, networks), api_version="1.44")
    assert blueprint.body["NetworkingConfig"] == {"EndpointsConfig": at_create}
    assert (blueprint.connects, blueprint.disconnects) == ((), disconnects)


@pytest.mark.parametrize(
    ("api_version", "aliases", "kept"),
    [
        ("1.41", ["web", SHORT], ["web"]),
        ("1.41", ["web", SHORT, "name"], ["web"]),
        ("1.44", ["web", SHORT, "name"], ["web"]),
        ("1.45", ["web", "name"], ["web", "name"]),
        ("1.45", ["web", SHORT], ["web"]),
        ("1.40", ["web", "name"], ["web", "name"]),
        ("1.41", ["ffffffffffff"], ["ffffffffffff"]),
        ("1.41", [SHORT, "name"], None),
        ("1.41", None, None),
    ],
)
def test_aliases(api_version: str, aliases: list[str] | None, kept: list[str] | None) -> None:
    old = container({"Hostname": "name"}, {"NetworkMode": "front"}, {"front": {"Aliases": aliases}})
    networks = drawn(old, api_version=api_version).expected.networks
    assert networks == {"front": {} if kept is None else {"Aliases": kept}}


def test_a_container_with_networking_disabled_joins_and_leaves_none() -> None:
    blueprint = drawn(container({"NetworkDisabled": True}, {}, {}))
    assert (blueprint.connects, blueprint.disconnects, blueprint.expected.networks) == ((), (), None)
