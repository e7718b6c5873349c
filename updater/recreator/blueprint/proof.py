"""Is the created container what was planned? Asked while the old one still runs, so that nothing is lost if not."""

from __future__ import annotations

import posixpath
from collections import Counter
from typing import TYPE_CHECKING, Any

from updater.recreator.blueprint.canonical import same, same_host_field
from updater.recreator.blueprint.merge import INHERITED
from updater.recreator.blueprint.privilege import more_privileged
from updater.recreator.blueprint.value import Difference, Expectation
from updater.recreator.blueprint.volumes import as_expected

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from updater.recreator.blueprint.value import Blueprint, Json

# Empty in an inspect of an older engine, filled in by a newer one at create.
_ENGINE_FILLS = frozenset(
    {
        "CgroupnsMode",
        "IpcMode",
        "Isolation",
        "LogConfig",
        "MaskedPaths",
        "MemorySwap",
        "MemorySwappiness",
        "OomKillDisable",
        "ReadonlyPaths",
        "Runtime",
        "SecurityOpt",
        "ShmSize",
        "Ulimits",
        "UsernsMode",
    }
)
# The size of the terminal that made the container; a file on the machine of whoever made it.
_IMMATERIAL = frozenset({"ConsoleSize", "ContainerIDFile"})
_KEYED = frozenset({"ExposedPorts", "Volumes", "Labels"})


def differences(old: Json, created: Json, blueprint: Blueprint) -> tuple[Difference, ...]:
    """Everything that is not as planned, and everything less confined than in the old container."""
    found = (
        *_config(blueprint.expected.config, created["Config"]),
        *_host(blueprint.body["HostConfig"], created["HostConfig"]),
        *_networks(blueprint.expected, created),
        *_mounts(blueprint.expected, created),
    )
    seen = {difference.field for difference in found}
    return (
        *found,
        *(more for more in more_privileged(old, created, blueprint.expected.successors) if more.field not in seen),
    )


def _config(expected: Json, found: Json) -> Iterator[Difference]:
    for field in {**dict.fromkeys(INHERITED), **expected}:
        if not _same_config_field(field, expected.get(field), found.get(field)):
            yield Difference(f"Config.{field}", expected.get(field), found.get(field))


def _same_config_field(field: str, expected: Any, found: Any) -> bool:
    if field in _KEYED:
        return sorted((expected or {}).items()) == sorted((found or {}).items())
    if field == "Env":
        return Counter(expected or ()) == Counter(found or ())
    if field == "WorkingDir":
        # Newer engines write `/` where nothing was asked for, and drop a slash at the end.
        return posixpath.normpath(expected or "/") == posixpath.normpath(found or "/")
    return same(expected, found)


def _host(planned: Json, found: Json) -> Iterator[Difference]:
    for field, value in planned.items():
        there = found.get(field)
        if field in _IMMATERIAL or (field in _ENGINE_FILLS and not value):
            continue
        if field == "Mounts":
            yield from _asked_mounts(value or [], there or [])
        elif not same_host_field(field, value, there):
            yield Difference(f"HostConfig.{field}", value, there)


def _asked_mounts(planned: list[Any], found: list[Any]) -> Iterator[Difference]:
    """By target; options that the engine adds to a mount are its own affair."""
    by_target = {mount.get("Target"): mount for mount in found}
    for mount in planned:
        there = by_target.pop(mount.get("Target"), None)
        if there is None or not _within(mount, there):
            yield Difference(f"HostConfig.Mounts.{mount.get('Target')}", mount, there)
    for target, mount in by_target.items():
        yield Difference(f"HostConfig.Mounts.{target}", None, mount)


def _within(planned: Any, found: Any) -> bool:
    if isinstance(planned, dict):
        there = found if isinstance(found, dict) else {}
        return all(_within(value, there.get(key)) for key, value in planned.items())
    return same(planned, found)


def _networks(expected: Expectation, created: Json) -> Iterator[Difference]:
    if expected.networks is None:
        return
    found: Mapping[str, Json] = (created.get("NetworkSettings") or {}).get("Networks") or {}
    for name in sorted({*expected.networks, *found}):
        if name not in expected.networks or name not in found:
            yield Difference(f"Networks.{name}", expected.networks.get(name), found.get(name))
        else:
            yield from _endpoint(name, expected.networks[name], found[name] or {}, created)


def _endpoint(network: str, expected: Json, found: Json, created: Json) -> Iterator[Difference]:
    for field in ("IPAMConfig", "Links", "GwPriority"):
        if not same(expected.get(field), found.get(field)):
            yield Difference(f"Networks.{network}.{field}", expected.get(field), found.get(field))
    options, there = expected.get("DriverOpts") or {}, found.get("DriverOpts") or {}
    if any(there.get(option) != value for option, value in options.items()):
        yield Difference(f"Networks.{network}.DriverOpts", options, there)
    aliases, shown = set(expected.get("Aliases") or ()), set(found.get("Aliases") or ())
    generated = {created["Id"][:12], created["Config"].get("Hostname")}
    if not aliases <= shown <= aliases | generated:
        yield Difference(f"Networks.{network}.Aliases", sorted(aliases), sorted(shown))
    mac, has = expected.get("MacAddress"), found.get("MacAddress")
    if mac and has and mac.lower() != has.lower():
        # Not yet started, an endpoint need not show its address at all.
        yield Difference(f"Networks.{network}.MacAddress", mac, has)


def _mounts(expected: Expectation, created: Json) -> Iterator[Difference]:
    found = {mount.destination: mount for mount in map(as_expected, created.get("Mounts") or ())}
    fresh = {posixpath.normpath(path) for path in expected.config.get("Volumes") or {}} | expected.lent
    for mount in expected.mounts:
        there = found.pop(mount.destination, None)
        if there != mount:
            yield Difference(f"Mounts.{mount.destination}", mount, there)
    for destination, mount in found.items():
        if destination not in fresh or mount.type != "volume":
            yield Difference(f"Mounts.{destination}", None, mount)
