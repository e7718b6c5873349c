"""Host name and MAC address: the user's are kept, generated ones are not frozen. One line per case."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.recreator.inspects import OLD_ID, container, drawn

MAC = "02:11:22:33:44:55"
PROVIDER = "container:" + "f" * 64


@pytest.mark.parametrize(
    ("options", "host", "sent"),
    [
        ({"Hostname": "mine"}, {}, "mine"),
        ({"Hostname": OLD_ID[:12]}, {}, None),
        ({"Hostname": "ffffffffffff"}, {}, "ffffffffffff"),
        ({"Hostname": "machine"}, {"NetworkMode": "host"}, None),
        ({"Hostname": "mine"}, {"NetworkMode": "host"}, "mine"),
        ({"Hostname": "machine"}, {}, "machine"),
        ({"Hostname": "mine"}, {"NetworkMode": "none"}, "mine"),
        ({"Hostname": "provider"}, {"NetworkMode": PROVIDER}, None),
        ({"Hostname": OLD_ID[:12]}, {"UTSMode": "host"}, None),
        ({"Hostname": "mine"}, {"UTSMode": "host"}, None),
        ({"Hostname": ""}, {}, None),
    ],
)
def test_host_name(options: dict[str, Any], host: dict[str, Any], sent: str | None) -> None:
    assert drawn(container(options, host)).body.get("Hostname") == sent


def test_domain_name_is_kept_but_not_in_another_containers_network() -> None:
    options = {"Domainname": "example.org"}
    assert drawn(container(options)).body["Domainname"] == "example.org"
    assert "Domainname" not in drawn(container(options, {"NetworkMode": PROVIDER})).body


@pytest.mark.parametrize(
    ("api_version", "host", "in_config", "in_endpoint"),
    [
        ("1.41", {}, MAC, None),
        ("1.43", {}, MAC, None),
        ("1.44", {}, None, MAC),
        ("1.52", {}, None, MAC),
        ("1.41", {"NetworkMode": PROVIDER}, None, None),
    ],
)
def test_mac_address(api_version: str, host: dict[str, Any], in_config: str | None, in_endpoint: str | None) -> None:
    old = container({"MacAddress": MAC}, host, {"bridge": {"MacAddress": MAC}})
    body = drawn(old, api_version=api_version).body
    endpoints = body["NetworkingConfig"]["EndpointsConfig"]
    assert (body.get("MacAddress"), endpoints.get("bridge", {}).get("MacAddress")) == (in_config, in_endpoint)


@pytest.mark.parametrize(
    ("api_version", "mac", "kept"),
    [
        ("1.45", "02:42:0a:00:00:07", None),
        ("1.45", "02:42:0A:00:00:07", None),
        ("1.45", "02:42:0a:00:00:08", "02:42:0a:00:00:08"),
        ("1.45", MAC, MAC),
        ("1.45", "", None),
        ("1.41", MAC, None),
    ],
)
def test_mac_address_on_a_further_network(api_version: str, mac: str, kept: str | None) -> None:
    endpoint = {"MacAddress": mac, "IPAddress": "10.0.0.7"}
    blueprint = drawn(container({}, {}, {"bridge": {}, "back": endpoint}), api_version=api_version)
    assert blueprint.expected.networks is not None
    assert blueprint.expected.networks["back"].get("MacAddress") == kept


def test_generated_mac_address_of_the_first_network_is_not_frozen() -> None:
    old = container({}, {"NetworkMode": "front"}, {"front": {"MacAddress": MAC, "IPAddress": "10.0.0.7"}})
    assert drawn(old, api_version="1.51").body["NetworkingConfig"]["EndpointsConfig"] == {}
