"""The proof before the swap: silent where the engine only spells things differently, loud where anything is lost."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from tests.unit.recreator.inspects import NEW_ID, OLD_ID, bind, container, drawn, made_from, volume
from updater.recreator.blueprint import differences

Json = dict[str, Any]

OPTIONS: Json = {
    "Env": ["MINE=1"],
    "Labels": {"mine": "1"},
    "Hostname": "mine",
    "ExposedPorts": {"99/tcp": {}},
    "Healthcheck": {"Test": ["NONE"]},
}
HOST: Json = {
    "NetworkMode": "front",
    "Binds": ["named:/named", "/host:/conf:ro"],
    "Mounts": [{"Type": "volume", "Target": "/m"}],
    "Memory": 1000,
    "CapAdd": ["NET_ADMIN"],
    "CapDrop": ["MKNOD"],
    "SecurityOpt": ["no-new-privileges"],
    "Sysctls": {"net.ipv4.ip_forward": "1"},
    "Tmpfs": {"/t": ""},
    "PortBindings": {"99/tcp": [{"HostIp": "", "HostPort": "9900"}]},
    "RestartPolicy": {"Name": "always", "MaximumRetryCount": 0},
    "MaskedPaths": ["/mine"],
    "Links": None,
    "Devices": [],
    "PidsLimit": 0,
    "Runtime": "runc",
    "ConsoleSize": [0, 0],
}
NETWORKS: Json = {
    "front": {"IPAMConfig": {"IPv4Address": "10.0.0.7"}, "Aliases": ["web", OLD_ID[:12], "mine"], "DriverOpts": None},
    "back": {"Links": ["db:database"], "GwPriority": 3, "DriverOpts": {"a": "b"}},
}
MOUNTS: list[Json] = [
    volume("/named", "named"),
    bind("/host", "/conf", writable=False),
    volume("/m", "a" * 64),
    volume("/data"),
]


def pair() -> tuple[Json, Json, Any]:
    old = container(OPTIONS, HOST, NETWORKS, MOUNTS)
    blueprint = drawn(old)
    created = deepcopy(made_from(blueprint, old))
    created["Mounts"].append(volume("/data2", "b" * 64))
    return old, created, blueprint


def test_silent_when_made_as_planned() -> None:
    assert differences(*pair()) == ()


@pytest.mark.parametrize(
    ("part", "field", "value"),
    [
        ("HostConfig", "Devices", None),
        ("HostConfig", "Links", []),
        ("HostConfig", "PidsLimit", None),
        ("HostConfig", "PidsLimit", -1),
        ("HostConfig", "CapAdd", ["CAP_NET_ADMIN"]),
        ("HostConfig", "SecurityOpt", ["no-new-privileges:true"]),
        ("HostConfig", "ReadonlyPaths", ["/proc/sys"]),
        ("HostConfig", "CgroupnsMode", "private"),
        ("HostConfig", "ShmSize", 67108864),
        ("HostConfig", "LogConfig", {"Type": "journald", "Config": {}}),
        ("HostConfig", "ConsoleSize", [24, 80]),
        ("HostConfig", "Invented2030", "default"),
        ("HostConfig", "Binds", ["/host:/conf:ro", "named:/named"]),
        ("Config", "Hostname", "mine"),
        ("Config", "OnBuild", None),
        ("Config", "Tty", False),
        ("Config", "WorkingDir", "/new/"),
        ("Config", "Env", ["ADDED=1", "MODE=new", "PATH=/bin", "MINE=1"]),
        ("Config", "Healthcheck", {"Test": ["NONE"], "Timeout": 2, "Interval": 0}),
    ],
)
def test_silent_where_the_engine_spells_it_differently(part: str, field: str, value: Any) -> None:
    old, created, blueprint = pair()
    created[part][field] = value
    assert differences(old, created, blueprint) == ()


@pytest.mark.parametrize(
    ("part", "field", "value", "named"),
    [
        ("HostConfig", "Memory", 0, "HostConfig.Memory"),
        ("HostConfig", "Binds", ["named:/named"], "HostConfig.Binds"),
        ("HostConfig", "Binds", None, "HostConfig.Binds"),
        ("HostConfig", "Mounts", [], "HostConfig.Mounts./m"),
        ("HostConfig", "Sysctls", {}, "HostConfig.Sysctls"),
        ("HostConfig", "Tmpfs", {}, "HostConfig.Tmpfs"),
        ("HostConfig", "PortBindings", {}, "HostConfig.PortBindings"),
        ("HostConfig", "RestartPolicy", {"Name": "no"}, "HostConfig.RestartPolicy"),
        ("HostConfig", "NetworkMode", "back", "HostConfig.NetworkMode"),
        ("HostConfig", "CapAdd", None, "HostConfig.CapAdd"),
        ("HostConfig", "CapDrop", [], "HostConfig.CapDrop"),
        ("HostConfig", "SecurityOpt", None, "HostConfig.SecurityOpt"),
        ("HostConfig", "MaskedPaths", [], "HostConfig.MaskedPaths"),
        ("HostConfig", "Runtime", "other", "HostConfig.Runtime"),
        ("Config", "Env", ["ADDED=1", "MODE=new", "PATH=/bin"], "Config.Env"),
        ("Config", "Cmd", ["other"], "Config.Cmd"),
        ("Config", "Entrypoint", None, "Config.Entrypoint"),
        ("Config", "Hostname", "other", "Config.Hostname"),
        ("Config", "Labels", {}, "Config.Labels"),
        ("Config", "ExposedPorts", {}, "Config.ExposedPorts"),
        ("Config", "Volumes", {}, "Config.Volumes"),
        ("Config", "User", "", "Config.User"),
        ("Config", "StopSignal", "", "Config.StopSignal"),
        ("Config", "Healthcheck", {"Test": ["CMD", "new"], "Timeout": 2}, "Config.Healthcheck"),
        ("Config", "Image", "other", "Config.Image"),
    ],
)
def test_loud_where_something_is_lost(part: str, field: str, value: Any, named: str) -> None:
    old, created, blueprint = pair()
    created[part][field] = value
    assert named in {difference.field for difference in differences(old, created, blueprint)}


@pytest.mark.parametrize(
    ("network", "settings", "named"),
    [
        ("front", None, "Networks.front"),
        ("third", {}, "Networks.third"),
        ("front", {"Aliases": ["web"]}, "Networks.front.IPAMConfig"),
        ("front", {"IPAMConfig": {"IPv4Address": "10.0.0.7"}}, "Networks.front.Aliases"),
        ("front", {"IPAMConfig": {"IPv4Address": "10.0.0.7"}, "Aliases": ["web", "other"]}, "Networks.front.Aliases"),
        ("back", {"GwPriority": 3, "DriverOpts": {"a": "b"}}, "Networks.back.Links"),
        ("back", {"Links": ["db:database"], "DriverOpts": {"a": "b"}}, "Networks.back.GwPriority"),
        ("back", {"Links": ["db:database"], "GwPriority": 3}, "Networks.back.DriverOpts"),
    ],
)
def test_loud_about_networks(network: str, settings: Json | None, named: str) -> None:
    old, created, blueprint = pair()
    found = created["NetworkSettings"]["Networks"]
    found.pop(network, None)
    if settings is not None:
        found[network] = settings
    assert [difference.field for difference in differences(old, created, blueprint)] == [named]


def test_aliases_that_the_engine_adds_are_no_difference() -> None:
    old, created, blueprint = pair()
    created["NetworkSettings"]["Networks"]["front"]["Aliases"] = ["web", NEW_ID[:12], "mine"]
    assert differences(old, created, blueprint) == ()


@pytest.mark.parametrize(("found", "loud"), [("02:11:22:33:44:66", True), ("02:11:22:33:44:55", False), ("", False)])
def test_mac_address(found: str, loud: bool) -> None:
    mac = "02:11:22:33:44:55"
    old = container({"MacAddress": mac}, {"NetworkMode": "front"}, {"front": {"MacAddress": mac}})
    blueprint = drawn(old, api_version="1.44")
    created = made_from(blueprint, old)
    created["NetworkSettings"]["Networks"]["front"]["MacAddress"] = found
    assert bool(differences(old, created, blueprint)) is loud


@pytest.mark.parametrize(
    ("mount", "named"),
    [
        (volume("/data", "c" * 64), "Mounts./data"),
        (volume("/data", writable=False), "Mounts./data"),
        (volume("/elsewhere"), "Mounts./elsewhere"),
        (bind("/etc", "/data2"), "Mounts./data2"),
    ],
)
def test_loud_about_data(mount: Json, named: str) -> None:
    old, created, blueprint = pair()
    created["Mounts"] = [there for there in created["Mounts"] if there["Destination"] != mount["Destination"]]
    created["Mounts"].append(mount)
    assert named in {difference.field for difference in differences(old, created, blueprint)}


def test_lost_data_is_named() -> None:
    old, created, blueprint = pair()
    created["Mounts"] = [there for there in created["Mounts"] if there["Destination"] != "/data"]
    assert [difference.field for difference in differences(old, created, blueprint)] == ["Mounts./data"]


@pytest.mark.parametrize(("old_mode", "new_mode"), [("default", "bridge"), ("bridge", "default"), ("", "default")])
def test_the_default_network_has_several_names(old_mode: str, new_mode: str) -> None:
    old = container({}, {"NetworkMode": old_mode})
    blueprint = drawn(old)
    created = made_from(blueprint, old)
    created["HostConfig"]["NetworkMode"] = new_mode
    assert differences(old, created, blueprint) == ()
