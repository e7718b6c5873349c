"""HostConfig: copied as it stands, but for the rows of the table. One line per case."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.recreator.inspects import container, drawn

ABSENT = object()
MASKED_20 = [
    "/proc/asound",
    "/proc/acpi",
    "/proc/kcore",
    "/proc/keys",
    "/proc/latency_stats",
    "/proc/timer_list",
    "/proc/timer_stats",
    "/proc/sched_debug",
    "/proc/scsi",
    "/sys/firmware",
]
MASKED_29 = [
    *MASKED_20,
    "/proc/interrupts",
    "/sys/devices/virtual/powercap",
    "/sys/devices/system/cpu/cpu0/thermal_throttle",
    "/sys/devices/system/cpu/cpu11/thermal_throttle",
]
READONLY = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]


@pytest.mark.parametrize(
    ("field", "value", "sent", "api_version"),
    [
        ("MaskedPaths", MASKED_20, None, "1.41"),
        ("MaskedPaths", MASKED_29, None, "1.51"),
        ("MaskedPaths", [*MASKED_20, "/mine"], [*MASKED_20, "/mine"], "1.41"),
        ("MaskedPaths", ["/proc/kcore"], ["/proc/kcore"], "1.41"),
        ("MaskedPaths", [], [], "1.41"),
        ("MaskedPaths", None, None, "1.41"),
        ("ReadonlyPaths", READONLY, None, "1.41"),
        ("ReadonlyPaths", ["/proc/asound", *READONLY], None, "1.41"),
        ("ReadonlyPaths", ["/proc/sys"], ["/proc/sys"], "1.41"),
        ("ReadonlyPaths", [], [], "1.41"),
        ("KernelMemory", 1, 1, "1.41"),
        ("KernelMemory", 1, ABSENT, "1.42"),
        ("KernelMemoryTCP", 1, 1, "1.51"),
        ("KernelMemoryTCP", 1, ABSENT, "1.52"),
        ("Capabilities", ["x"], ABSENT, "1.41"),
        ("NetworkMode", "front", "front", "1.41"),
        ("NetworkMode", "container:gone", "container:gone", "1.41"),
        ("NetworkMode", "container:provider", "container:successor", "1.41"),
        ("PidMode", "container:provider", "container:successor", "1.41"),
        ("IpcMode", "container:provider", "container:successor", "1.41"),
        ("IpcMode", "shareable", "shareable", "1.41"),
        ("PidMode", "host", "host", "1.41"),
        ("Links", ["/db:/web/database"], ["db:database"], "1.41"),
        ("Links", ["db:database"], ["db:database"], "1.41"),
        ("Links", None, ABSENT, "1.41"),
        ("VolumesFrom", ["provider:ro", "other"], ["successor:ro", "other"], "1.41"),
        ("Sysctls", {"net.ipv4.conf.eth0.forwarding": "1"}, {"net.ipv4.conf.eth0.forwarding": "1"}, "1.47"),
        ("Sysctls", {"net.ipv4.conf.eth0.forwarding": "1", "kernel.x": "2"}, {"kernel.x": "2"}, "1.48"),
        ("Sysctls", {"net.ipv4.ip_forward": "1"}, {"net.ipv4.ip_forward": "1"}, "1.48"),
        (
            "RestartPolicy",
            {"Name": "on-failure", "MaximumRetryCount": 5},
            {"Name": "on-failure", "MaximumRetryCount": 5},
            "1.41",
        ),
        (
            "PortBindings",
            {"80/tcp": [{"HostIp": "", "HostPort": ""}]},
            {"80/tcp": [{"HostIp": "", "HostPort": ""}]},
            "1.41",
        ),
        ("Invented2030", {"deep": [{"a": None}]}, {"deep": [{"a": None}]}, "1.41"),
    ],
)
def test_field(field: str, value: Any, sent: Any, api_version: str) -> None:
    old = container({}, {field: value})
    host = drawn(old, api_version=api_version, successors={"provider": "successor"}).body["HostConfig"]
    assert host.get(field, ABSENT) == sent


def test_interface_sysctls_move_into_the_endpoint() -> None:
    option = "com.docker.network.endpoint.sysctls"
    old = container(
        {},
        {"NetworkMode": "front", "Sysctls": {"net.ipv4.conf.eth0.forwarding": "1", "net.ipv6.conf.eth0.mtu": "9"}},
        {"front": {"DriverOpts": {option: "net.ipv4.conf.IFNAME.a=0", "other": "kept"}}, "back": {}},
    )
    endpoints = drawn(old, api_version="1.48").body["NetworkingConfig"]["EndpointsConfig"]
    moved = "net.ipv4.conf.IFNAME.a=0,net.ipv4.conf.IFNAME.forwarding=1,net.ipv6.conf.IFNAME.mtu=9"
    assert endpoints == {"front": {"DriverOpts": {option: moved, "other": "kept"}}, "back": {}}


def test_platform_is_passed_on() -> None:
    assert drawn(container(), platform="linux/arm64").platform == "linux/arm64"
    assert drawn(container()).platform is None


def test_a_container_that_removes_itself_is_refused() -> None:
    with pytest.raises(ValueError, match="--rm"):
        drawn(container({}, {"AutoRemove": True}))
