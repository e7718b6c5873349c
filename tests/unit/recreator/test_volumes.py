"""Mounts: all data goes along, by name. One line per case."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.recreator.inspects import VOLUME, bind, container, drawn, volume

OTHER = "f" * 64


def attached(path: str, name: str = VOLUME, *, read_only: bool = False, **options: Any) -> dict[str, Any]:
    return {
        "Type": "volume",
        "Source": name,
        "Target": path,
        "ReadOnly": read_only,
        "VolumeOptions": {"NoCopy": True, **options},
    }


NAMED = {"Type": "volume", "Source": "named", "Target": "/named", "VolumeOptions": {"Subpath": "a"}}
ANONYMOUS = {"Type": "volume", "Target": "/m", "VolumeOptions": {"Labels": {"a": "b"}, "Subpath": "s"}}


@pytest.mark.parametrize(
    ("host", "mounts", "binds", "sent"),
    [
        # Declared by the image, or `-v /data`
        ({}, [volume("/data")], None, [attached("/data")]),
        ({}, [volume("/data", writable=False)], None, [attached("/data", read_only=True)]),
        ({}, [volume("/data", driver="nfs")], None, [attached("/data", DriverConfig={"Name": "nfs"})]),
        ({"Binds": []}, [volume("/data")], [], [attached("/data")]),
        # In Binds
        ({"Binds": ["named:/data:ro"]}, [volume("/data", "named", writable=False)], ["named:/data:ro"], None),
        ({"Binds": ["/host:/data/:rw,z"]}, [bind("/host", "/data")], ["/host:/data/:rw,z"], None),
        ({"Binds": ["/data", "n:/n"]}, [volume("/data"), volume("/n", "n")], ["n:/n"], [attached("/data")]),
        ({"Binds": ["/data"]}, [{**volume("/data"), "Name": None}], [], [attached("/data")]),
        # In Mounts
        ({"Mounts": [NAMED]}, [volume("/named", "named")], None, [NAMED]),
        (
            {"Mounts": [ANONYMOUS]},
            [volume("/m")],
            None,
            [
                {
                    "Type": "volume",
                    "Source": VOLUME,
                    "Target": "/m",
                    "VolumeOptions": {"Labels": {"a": "b"}, "Subpath": "s", "NoCopy": True},
                }
            ],
        ),
        ({"Mounts": [NAMED]}, [volume("/named", "named"), volume("/data")], None, [NAMED, attached("/data")]),
        (
            {"Mounts": [{"Type": "tmpfs", "Target": "/t", "TmpfsOptions": {"SizeBytes": 1}}]},
            [{"Type": "tmpfs", "Destination": "/t", "RW": True}],
            None,
            [{"Type": "tmpfs", "Target": "/t", "TmpfsOptions": {"SizeBytes": 1}}],
        ),
        # Options of another type
        (
            {"Mounts": [{"Type": "bind", "Source": "/h", "Target": "/d", "BindOptions": {}, "VolumeOptions": {}}]},
            [bind("/h", "/d")],
            None,
            [{"Type": "bind", "Source": "/h", "Target": "/d", "BindOptions": {}}],
        ),
        # Not volumes: Tmpfs is not among the mounts that inspect shows
        ({"Tmpfs": {"/t": ""}}, [], None, None),
    ],
)
def test_mounts(host: dict[str, Any], mounts: list[dict[str, Any]], binds: Any, sent: Any) -> None:
    body = drawn(container({}, host, mounts=mounts)).body["HostConfig"]
    assert (body.get("Binds"), body.get("Mounts")) == (binds, sent)


SOURCE = {"Mounts": [volume("/shared"), bind("/host", "/conf")]}
SHARED = [volume("/shared"), bind("/host", "/conf", writable=False), volume("/own", OTHER)]
CONF = {
    "Type": "bind",
    "Source": "/host",
    "Target": "/conf",
    "ReadOnly": True,
    "BindOptions": {"Propagation": "rprivate"},
}


@pytest.mark.parametrize(
    ("sources", "volumes_from", "sent"),
    [
        # The source is there: what it brings is not asked for twice
        ({"box": SOURCE}, ["box:ro"], [attached("/own", OTHER)]),
        # The source is gone: its mounts, by themselves
        ({}, [], [attached("/shared"), CONF, attached("/own", OTHER)]),
        # Nobody looked: asking for the same volume by name as well does no harm
        (None, ["box:ro"], [attached("/shared"), attached("/own", OTHER)]),
    ],
)
def test_volumes_from(sources: Any, volumes_from: list[str], sent: list[dict[str, Any]]) -> None:
    old = container({}, {"VolumesFrom": ["box:ro"]}, mounts=SHARED)
    host = drawn(old, volume_sources=sources).body["HostConfig"]
    assert (host["VolumesFrom"], host["Mounts"]) == (volumes_from, sent)


def test_a_volume_stays_when_the_new_image_no_longer_declares_it() -> None:
    old = container(mounts=[volume("/data")])
    blueprint = drawn(old)
    assert "Volumes" not in blueprint.body
    assert blueprint.expected.config["Volumes"] == {"/data2": {}}
    assert [mount.source for mount in blueprint.expected.mounts] == [VOLUME]
