"""Inspect JSON to test with: each test says only what matters to it."""

from __future__ import annotations

from typing import Any

from updater.recreator.blueprint import Blueprint, draw
from updater.recreator.blueprint.merge import merge

Json = dict[str, Any]

OLD_ID = "0123456789ab" + "c" * 52
NEW_ID = "ba9876543210" + "d" * 52
OLD_IMAGE = "sha256:" + "1" * 64
NEW_IMAGE = "sha256:" + "2" * 64
VOLUME = "e" * 64

OLD_DEFAULTS: Json = {
    "Env": ["PATH=/bin", "MODE=old", "GONE=1"],
    "Cmd": ["serve"],
    "Entrypoint": ["/old"],
    "User": "1",
    "WorkingDir": "/old",
    "StopSignal": "SIGUSR1",
    "Shell": ["/bin/old"],
    "ExposedPorts": {"80/tcp": {}},
    "Volumes": {"/data": {}},
    "Labels": {"version": "1", "gone": "x"},
    "Healthcheck": {"Test": ["CMD", "old"], "Interval": 1, "Retries": 3},
}
NEW_DEFAULTS: Json = {
    "Env": ["PATH=/bin", "MODE=new", "ADDED=1"],
    "Cmd": ["serve", "new"],
    "Entrypoint": ["/new"],
    "User": "2",
    "WorkingDir": "/new",
    "StopSignal": "SIGUSR2",
    "Shell": ["/bin/new"],
    "ExposedPorts": {"81/tcp": {}},
    "Volumes": {"/data2": {}},
    "Labels": {"version": "2", "added": "y"},
    "Healthcheck": {"Test": ["CMD", "new"], "Timeout": 2},
}


def image(defaults: Json | None = None, image_id: str = OLD_IMAGE, **fields: Any) -> Json:
    return {"Id": image_id, "Config": OLD_DEFAULTS if defaults is None else defaults, **fields}


def new_image(defaults: Json | None = None, **fields: Any) -> Json:
    return image(NEW_DEFAULTS if defaults is None else defaults, NEW_IMAGE, **fields)


def container(
    options: Json | None = None,
    host: Json | None = None,
    networks: Json | None = None,
    mounts: list[Json] | None = None,
    defaults: Json | None = None,
    **fields: Any,
) -> Json:
    """A container made with these options on an image with these defaults, as inspect shows it."""
    config = merge(options or {}, OLD_DEFAULTS if defaults is None else defaults)
    return {
        "Id": OLD_ID,
        "Image": OLD_IMAGE,
        "Config": {"Image": "web:latest", "Hostname": OLD_ID[:12], "Domainname": "", **config},
        "HostConfig": {"NetworkMode": "default", **(host or {})},
        "NetworkSettings": {"Networks": {"bridge": {}} if networks is None else networks},
        "Mounts": mounts or [],
        **fields,
    }


def drawn(old: Json, old_image: Json | None = None, to: Json | None = None, **changes: Any) -> Blueprint:
    arguments: Json = {"reference": "web:latest", "api_version": "1.41", "daemon_hostname": "machine"}
    return draw(old, old_image or image(), to or new_image(), **(arguments | changes))


def made_from(blueprint: Blueprint, old: Json) -> Json:
    """What an engine's inspect shows once it has carried out the blueprint on the new image."""
    config = blueprint.expected.config
    networks = blueprint.expected.networks
    shown = {} if networks is None else {name: {**endpoint, "NetworkID": "id"} for name, endpoint in networks.items()}
    return {
        "Id": NEW_ID,
        "Image": NEW_IMAGE,
        "Config": {"Hostname": NEW_ID[:12], **config},
        "HostConfig": dict(blueprint.body["HostConfig"]),
        "NetworkSettings": {"Networks": shown},
        "Mounts": [dict(mount) for mount in old["Mounts"]],
    }


def volume(destination: str, name: str = VOLUME, *, writable: bool = True, driver: str = "local") -> Json:
    """An entry of an inspect's Mounts for a volume."""
    return {
        "Type": "volume",
        "Name": name,
        "Source": f"/var/lib/docker/volumes/{name}/_data",
        "Destination": destination,
        "Driver": driver,
        "Mode": "",
        "RW": writable,
    }


def bind(source: str, destination: str, *, writable: bool = True, propagation: str = "rprivate") -> Json:
    """An entry of an inspect's Mounts for a folder of the host."""
    return {
        "Type": "bind",
        "Source": source,
        "Destination": destination,
        "Mode": "",
        "RW": writable,
        "Propagation": propagation,
    }
