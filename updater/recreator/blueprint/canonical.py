"""When do two values mean the same to the engine, although they are spelled differently?

Inspect shows null where an empty list was sent, fills in defaults, and newer engines respell what older ones wrote.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from updater.recreator.blueprint.host_fields import legacy_link

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def same(one: Any, other: Any) -> bool:
    """Equal, where null, missing, zero and empty are one, at any depth."""
    if isinstance(one, dict) and isinstance(other, dict):
        return all(same(one.get(key), other.get(key)) for key in {**one, **other})
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other) or (not one and not other) or (_blank(one) and _blank(other))


def _blank(value: Any) -> bool:
    """Empty all the way down: `{"CreateMountpoint": false}` says no more than nothing at all."""
    if isinstance(value, dict):
        return all(_blank(inner) for inner in value.values())
    return not value


def capabilities(value: Any) -> list[str]:
    """`NET_ADMIN` and `CAP_NET_ADMIN` are one; the order says nothing."""
    return sorted({str(name).upper().removeprefix("CAP_") for name in value or ()})


def security_options(value: Any) -> list[str]:
    """`label:disable` is the older spelling of `label=disable`."""
    return sorted({_security_option(str(option)) for option in value or ()})


def _security_option(option: str) -> str:
    spelled = option if "=" in option else option.replace(":", "=", 1)
    return "no-new-privileges" if spelled == "no-new-privileges=true" else spelled


def _entries(value: Any) -> list[Any]:
    """For a map whose keys are the user's: an empty value is not a missing one."""
    return sorted([key, inner] for key, inner in (value or {}).items())


def _links(value: Any) -> list[str]:
    return sorted(legacy_link(link) for link in value or ())


def _network_mode(value: Any) -> str:
    """Newer engines say which network the default one is."""
    return "bridge" if value in (None, "", "default") else str(value)


def _restart_policy(value: Any) -> tuple[str, int]:
    policy = value or {}
    return policy.get("Name") or "no", policy.get("MaximumRetryCount") or 0


def _port_bindings(value: Any) -> list[Any]:
    """No binding at all means any address and any port; newer engines spell that out."""
    anywhere = [{"HostIp": "", "HostPort": ""}]
    return sorted([port, bindings or anywhere] for port, bindings in (value or {}).items())


def _unlimited(value: Any) -> int | None:
    """Zero and less mean: no limit."""
    return value if value and value > 0 else None


def _inherit_swappiness(value: Any) -> int | None:
    return None if value == -1 else value


def _sorted(value: Any) -> list[Any]:
    return sorted(value or ())


CANONICAL: Mapping[str, Callable[[Any], Any]] = {
    "Annotations": _entries,
    "Binds": _sorted,
    "CapAdd": capabilities,
    "CapDrop": capabilities,
    "Links": _links,
    "MemorySwappiness": _inherit_swappiness,
    "NetworkMode": _network_mode,
    "PidsLimit": _unlimited,
    "PortBindings": _port_bindings,
    "RestartPolicy": _restart_policy,
    "SecurityOpt": security_options,
    "StorageOpt": _entries,
    "Sysctls": _entries,
    "Tmpfs": _entries,
}


def same_host_field(field: str, one: Any, other: Any) -> bool:
    """Whether a field of HostConfig means the same."""
    canonical = CANONICAL.get(field)
    return same(canonical(one), canonical(other)) if canonical else same(one, other)
