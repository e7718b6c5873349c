"""Through which proxy is a host asked? As Go's programs read the environment, and so the engine.

HTTPS_PROXY and HTTP_PROXY name it, or ALL_PROXY for both; NO_PROXY names who is asked past it.
"""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import getproxies

from updater.registry.hosts import DEFAULT_PORTS, address, is_loopback

if TYPE_CHECKING:
    from collections.abc import Mapping

_ENTRY = re.compile(
    r"\[(?P<literal>[^\]]*)\](?::(?P<literal_port>[0-9]{1,5}))?|(?P<name>[^:]*):(?P<port>[0-9]{1,5})|(?P<bare>.*)"
)


def proxy_for(url: str, environment: Mapping[str, str] | None = None) -> str | None:
    """The URL of the proxy, or None; `environment` as `getproxies` gives it (`https`, `http`, `all`, `no`)."""
    proxies = getproxies() if environment is None else environment
    parts = urlsplit(url)
    proxy, host = proxies.get(parts.scheme) or proxies.get("all"), parts.hostname or ""
    if not proxy or is_loopback(host):  # what is on this machine is never asked for through a proxy
        return None
    port = parts.port or DEFAULT_PORTS.get(parts.scheme, 0)
    if any(_covers(entry, host, port) for entry in re.split(r"[,\s]+", proxies.get("no", "").lower())):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


def _covers(entry: str, host: str, port: int) -> bool:
    """Whether the entry means the host: `*`, a net, an address, or a name with all below it; perhaps one port only."""
    if entry == "*":
        return True
    literal = address(host)
    if "/" in entry:
        try:
            return literal is not None and literal in ipaddress.ip_network(entry, strict=False)
        except ValueError:
            return False
    match = _ENTRY.fullmatch(entry)
    assert match is not None  # its last alternative takes anything
    wanted_port = match["literal_port"] or match["port"]
    if wanted_port is not None and int(wanted_port) != port:
        return False
    name = match["literal"] or match["name"] or match["bare"] or ""
    if literal is not None:
        return address(name) == literal
    name = name.removeprefix("*").removeprefix(".")
    return bool(name) and (host == name or host.endswith(f".{name}"))
