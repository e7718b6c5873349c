"""Which fields of HostConfig need more than copying?"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, Any

from updater.recreator.blueprint.inputs import ApiVersion, Inputs, only

if TYPE_CHECKING:
    from collections.abc import Iterable

KERNEL_MEMORY_GONE: ApiVersion = (1, 42)
KERNEL_MEMORY_TCP_GONE: ApiVersion = (1, 52)
# From here on the engine refuses sysctls of an interface in HostConfig.
INTERFACE_SYSCTLS_IN_ENDPOINT: ApiVersion = (1, 48)
_INTERFACE_SYSCTL = re.compile(r"(net\.[^.]+\.[^.]+)\.eth0\.(.+)")

# What every engine from 19.03 on masks or write-protects by itself, and what some versions add.
_ALWAYS_MASKED = frozenset({"/proc/kcore", "/proc/timer_list", "/proc/scsi", "/sys/firmware"})
_EVER_MASKED = _ALWAYS_MASKED | {
    "/proc/acpi",
    "/proc/asound",
    "/proc/interrupts",
    "/proc/keys",
    "/proc/latency_stats",
    "/proc/sched_debug",
    "/proc/timer_stats",
    "/sys/devices/virtual/powercap",
}
_THERMAL = re.compile(r"/sys/devices/system/cpu/cpu\d+/thermal_throttle")
_ALWAYS_READONLY = frozenset({"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"})
_EVER_READONLY = _ALWAYS_READONLY | {"/proc/asound"}


def masked_paths(inputs: Inputs) -> dict[str, Any]:
    """An empty list is the user's (`systempaths=unconfined`) and stays."""
    paths = inputs.host.get("MaskedPaths")
    known = {path for path in paths or () if not _THERMAL.fullmatch(path)}
    return {"MaskedPaths": None if _ALWAYS_MASKED <= known <= _EVER_MASKED else paths}


def readonly_paths(inputs: Inputs) -> dict[str, Any]:
    """As for MaskedPaths."""
    paths = inputs.host.get("ReadonlyPaths")
    return {"ReadonlyPaths": None if _ALWAYS_READONLY <= set(paths or ()) <= _EVER_READONLY else paths}


def nothing(_inputs: Inputs) -> dict[str, Any]:
    """Leave the fields out."""
    return {}


def until(version: ApiVersion, field: str, inputs: Inputs) -> dict[str, Any]:
    """Copy the field, but only to an engine that still has it."""
    return only(**{field: inputs.host.get(field)}) if inputs.api < version else {}


def namespaces(inputs: Inputs) -> dict[str, Any]:
    """A mode `container:ID` goes to the replacement of that container, if it has one."""
    modes = {field: inputs.host.get(field) for field in ("NetworkMode", "PidMode", "IpcMode")}
    return only(**{field: _succeed(mode, inputs) for field, mode in modes.items()})


def _succeed(mode: str | None, inputs: Inputs) -> str | None:
    if not mode or not mode.startswith("container:"):
        return mode
    provider = mode.removeprefix("container:")
    return "container:" + inputs.successors.get(provider, provider)


def legacy_link(link: str) -> str:
    """Inspect shows `/other:/this/alias`, with a name that changes during an update; asked for was `other:alias`."""
    target, _, alias = link.partition(":")
    return f"{target.removeprefix('/')}:{posixpath.basename(alias) or target.removeprefix('/')}"


def legacy_links(inputs: Inputs) -> dict[str, Any]:
    """Links of the default bridge. The engine resolves the name at create, when a replaced container has lost it."""
    links = inputs.host.get("Links")
    return only(Links=links and [_linked(legacy_link(link), inputs) for link in links])


def _linked(link: str, inputs: Inputs) -> str:
    target, colon, alias = link.partition(":")
    return inputs.successors.get(f"/{target}", target) + colon + alias


def interface_sysctls(inputs: Inputs) -> dict[str, str]:
    """Sysctls of the first interface that have to move into its endpoint, in the form the endpoint takes."""
    if inputs.api < INTERFACE_SYSCTLS_IN_ENDPOINT or inputs.first_network not in inputs.endpoints:
        return {}
    found = {}
    for name, value in (inputs.host.get("Sysctls") or {}).items():
        if match := _INTERFACE_SYSCTL.fullmatch(name):
            found[name] = f"{match[1]}.IFNAME.{match[2]}={value}"
    return found


def sysctls(inputs: Inputs) -> dict[str, Any]:
    """Those that do not move."""
    have = inputs.host.get("Sysctls")
    return only(Sysctls=have and without(have, interface_sysctls(inputs)))


def without(mapping: Any, names: Iterable[str]) -> dict[str, Any]:
    """The mapping less these keys."""
    gone = set(names)
    return {name: value for name, value in mapping.items() if name not in gone}
