"""Anything less confined than before is named; more confined is fine. One line per case."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.recreator.inspects import bind, container, volume
from updater.recreator.blueprint import more_privileged


@pytest.mark.parametrize(
    ("field", "before", "after", "more"),
    [
        ("Privileged", False, True, True),
        ("Privileged", True, False, False),
        ("Privileged", True, True, False),
        ("ReadonlyRootfs", True, False, True),
        ("ReadonlyRootfs", False, True, False),
        ("CapAdd", None, ["SYS_ADMIN"], True),
        ("CapAdd", ["NET_ADMIN"], ["CAP_NET_ADMIN"], False),
        ("CapAdd", ["NET_ADMIN", "SYS_TIME"], ["SYS_TIME"], False),
        ("CapAdd", ["ALL"], ["SYS_ADMIN"], False),
        ("CapAdd", ["SYS_ADMIN"], ["ALL"], True),
        ("CapDrop", ["MKNOD"], None, True),
        ("CapDrop", ["MKNOD"], ["ALL"], False),
        ("CapDrop", ["ALL"], ["MKNOD"], True),
        ("CapDrop", None, ["MKNOD"], False),
        ("SecurityOpt", None, ["seccomp=unconfined"], True),
        ("SecurityOpt", ["no-new-privileges"], None, True),
        ("SecurityOpt", None, ["no-new-privileges:true"], False),
        ("SecurityOpt", ["label:disable"], ["label=disable"], False),
        ("SecurityOpt", ["apparmor=mine"], ["apparmor=unconfined"], True),
        ("Devices", [], [{"PathOnHost": "/dev/sda"}], True),
        ("Devices", [{"PathOnHost": "/dev/sda"}], None, False),
        ("DeviceRequests", None, [{"Count": -1}], True),
        ("DeviceCgroupRules", None, ["a *:* rwm"], True),
        ("GroupAdd", None, ["docker"], True),
        ("VolumesFrom", None, ["vault"], True),
        ("PidMode", "", "host", True),
        ("PidMode", "host", "", False),
        ("IpcMode", "private", "host", True),
        ("IpcMode", "host", "host", False),
        ("UTSMode", "", "host", True),
        ("UsernsMode", "", "host", True),
        ("NetworkMode", "front", "host", True),
        ("CgroupnsMode", "private", "host", True),
        ("CgroupnsMode", "", "host", False),
        ("MaskedPaths", ["/proc/kcore"], [], True),
        ("MaskedPaths", None, ["/proc/kcore"], False),
        ("ReadonlyPaths", ["/proc/sys"], None, True),
        ("Memory", 1, 0, False),
    ],
)
def test_field(field: str, before: Any, after: Any, more: bool) -> None:
    found = more_privileged(container({}, {field: before}), container({}, {field: after}))
    assert [difference.field for difference in found] == ([f"HostConfig.{field}"] if more else [])


@pytest.mark.parametrize(
    ("before", "after", "more"),
    [
        (bind("/h", "/d"), bind("/h", "/d"), False),
        (bind("/h", "/d", writable=False), bind("/h", "/d"), True),
        (bind("/h", "/d"), bind("/", "/d"), True),
        (volume("/d"), bind("/h", "/d"), True),
        (volume("/d"), volume("/e"), False),
    ],
)
def test_folders_of_the_host(before: dict[str, Any], after: dict[str, Any], more: bool) -> None:
    assert bool(more_privileged(container(mounts=[before]), container(mounts=[after]))) is more
