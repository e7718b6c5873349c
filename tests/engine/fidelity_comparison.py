"""What does an inspect say of how a container is configured, apart from what is that container's own?"""

from __future__ import annotations

import re
from typing import Any

from updater.recreator.blueprint.volumes import volume_name

Json = dict[str, Any]

# Sections that say how a container is configured; the rest of an inspect says how it fares.
SECTIONS = ("Image", "Path", "Args", "Platform", "Driver", "AppArmorProfile", "MountLabel", "ProcessLabel")
# Of an endpoint, what was asked for; addresses come from the engine, except where they were asked for.
ENDPOINT = ("IPAMConfig", "Links", "Aliases", "DriverOpts", "GwPriority", "NetworkID")
GENERATED_VOLUME = re.compile(r"[0-9a-f]{64}")


def configuration(inspect: Json, old: Json, *, fresh: frozenset[str]) -> Json:
    """What an inspect says of the configuration, one entry a field, without what is a container's own.

    Volumes of the old container that had no name are mounted by name in the drawn one. Here they are made anonymous
    again; those at a place that a fresh container would not have one (`fresh`) are left out.
    """
    carried = {volume_name(mount) for mount in old["Mounts"] if GENERATED_VOLUME.fullmatch(volume_name(mount))}
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
            if volume_name(mount) not in carried or mount["Destination"] in fresh
        },
    }
    return {path: _impersonal(value, inspect) for path, value in _leaves(found).items()}


def _anonymous(mount: Json) -> Json:
    options = {name: value for name, value in (mount.get("VolumeOptions") or {}).items() if name != "NoCopy"}
    nameless = {name: value for name, value in mount.items() if name not in ("Source", "VolumeOptions")}
    return {**nameless, **({"VolumeOptions": options} if options else {})}


def _without_name(mount: Json) -> Json:
    if not GENERATED_VOLUME.fullmatch(volume_name(mount)):
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
