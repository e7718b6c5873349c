"""Could the new container do more to its host than the old one? Asked of two inspects, whatever was planned."""

from __future__ import annotations

import json
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from updater.recreator.blueprint.canonical import capabilities, security_options
from updater.recreator.blueprint.value import Difference
from updater.recreator.blueprint.volumes import as_expected, succeed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from updater.recreator.blueprint.value import Json

_GROWS = ("Devices", "DeviceRequests", "DeviceCgroupRules", "GroupAdd", "VolumesFrom")
_HOST_NAMESPACES = ("NetworkMode", "PidMode", "IpcMode", "UTSMode", "UsernsMode", "CgroupnsMode")
_PROTECTED = ("MaskedPaths", "ReadonlyPaths")


def more_privileged(
    old: Json, created: Json, successors: Mapping[str, str] = MappingProxyType({})
) -> tuple[Difference, ...]:
    """Every way in which the created container is less confined; what is more confined is no concern here.

    `successors` as in `draw`: using the volumes of the container that replaced another is using the same ones.
    """
    lenders = [succeed(entry, successors) for entry in old["HostConfig"].get("VolumesFrom") or ()]
    before, after = {**old["HostConfig"], "VolumesFrom": lenders}, created["HostConfig"]
    return (
        *_switches(before, after),
        *_capabilities(before, after),
        *_security(before, after),
        *_additions(before, after),
        *_new_binds(old, created),
    )


def _switches(before: Json, after: Json) -> Iterator[Difference]:
    if after.get("Privileged") and not before.get("Privileged"):
        yield Difference("HostConfig.Privileged", False, True)
    if before.get("ReadonlyRootfs") and not after.get("ReadonlyRootfs"):
        yield Difference("HostConfig.ReadonlyRootfs", True, False)
    for field in _HOST_NAMESPACES:
        # Engines before 20.10 knew no cgroup namespace: nothing said there means the host's.
        was = before.get(field) or ("host" if field == "CgroupnsMode" else "")
        if after.get(field) == "host" != was:
            yield Difference(f"HostConfig.{field}", was, "host")
    for field in _PROTECTED:
        if before.get(field) and not after.get(field):
            yield Difference(f"HostConfig.{field}", before[field], after.get(field))


def _capabilities(before: Json, after: Json) -> Iterator[Difference]:
    had, has = capabilities(before.get("CapAdd")), capabilities(after.get("CapAdd"))
    if not set(has) <= set(had) and "ALL" not in had:
        yield Difference("HostConfig.CapAdd", had, has)
    dropped, drops = capabilities(before.get("CapDrop")), capabilities(after.get("CapDrop"))
    if not set(dropped) <= set(drops) and "ALL" not in drops:
        yield Difference("HostConfig.CapDrop", dropped, drops)


def _security(before: Json, after: Json) -> Iterator[Difference]:
    """A profile gone or another one in its place may allow more; only a ban on new privileges cannot."""
    had, has = security_options(before.get("SecurityOpt")), security_options(after.get("SecurityOpt"))
    if set(had) - set(has) or set(has) - set(had) - {"no-new-privileges"}:
        yield Difference("HostConfig.SecurityOpt", had, has)


def _additions(before: Json, after: Json) -> Iterator[Difference]:
    for field in _GROWS:
        had, has = before.get(field) or [], after.get(field) or []
        if not _texts(has) <= _texts(had):
            yield Difference(f"HostConfig.{field}", had, has)


def _texts(values: list[Any]) -> set[str]:
    return {json.dumps(value, sort_keys=True) for value in values}


def _new_binds(old: Json, created: Json) -> Iterator[Difference]:
    had = {mount for mount in map(as_expected, old.get("Mounts") or ()) if mount.type == "bind"}
    for mount in map(as_expected, created.get("Mounts") or ()):
        if mount.type == "bind" and mount not in had:
            yield Difference(f"Mounts.{mount.destination}", None, mount.source)
