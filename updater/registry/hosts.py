"""At which addresses does a registry speak, and by which of them is it tried first?"""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from updater.registry.access import RegistryAccess

# What names and addresses are made of; anything else in a host's place is text for somebody else's screen.
_SHOWN = re.compile(r"[a-z0-9._:-]{1,253}")
# Docker Hub's API does not live under the name that references use.
_API_HOSTS = {"docker.io": "registry-1.docker.io"}
DEFAULT_PORTS = {"http": 80, "https": 443}


def api_host(registry: str) -> str:
    """The host, with its port where one is given, that serves the registry's API."""
    return _API_HOSTS.get(registry, registry)


def origins(registry: str, access: RegistryAccess | None) -> tuple[str, ...]:
    """The origins (`https://host:port`) to try, in order; the first that answers is the registry's.

    - Any registry: https, and nothing else.
    - On the loopback plain http needs no configuration. It goes first, since a TLS server turns plain http down
      at once, whereas a plain server may wait for the end of what it takes for a request line.
    - A host configured `insecure`: https without a valid certificate hides credentials at least from those who
      only listen, then plain http; the order in which the engine tries them.
    """
    host = api_host(registry)
    secure, plain = f"https://{host}", f"http://{host}"
    if is_loopback(host_name(secure)):
        return plain, secure
    if access is not None and access.insecure:
        return secure, plain
    return (secure,)


def host_name(url: str) -> str:
    """The host of a URL without port and brackets, in lower case; empty where there is none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def shown_host(url: str) -> str:
    """The host of a URL from outside, for a sentence; empty where it is none that could be shown as it is."""
    host = host_name(url)
    return host if _SHOWN.fullmatch(host) else ""


def origin_of(url: str) -> str:
    """Scheme, host and port of a URL, default ports left out, so that equal origins are equal texts.

    Raises ValueError for a URL that has none of them.
    """
    parts = urlsplit(url)
    if not parts.scheme or not parts.hostname:
        raise ValueError("no absolute URL")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    port = "" if parts.port in (None, DEFAULT_PORTS.get(parts.scheme)) else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}"


def spelled_hosts(url: str) -> tuple[str, ...]:
    """How the host of a URL may be spelled where it is configured: with and without the port that need not be said."""
    scheme, _, host = origin_of(url).partition("://")
    if ":" in host.rpartition("]")[2]:
        return (host,)
    return host, f"{host}:{DEFAULT_PORTS[scheme]}"


def is_loopback(host: str) -> bool:
    """True for 127.0.0.0/8, ::1 and localhost: what is said there does not leave the machine."""
    if host == "localhost":
        return True
    literal = address(host)
    return literal is not None and literal.is_loopback


def address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The host as an address, where it is one and not a name."""
    try:
        literal = ipaddress.ip_address(host)
    except ValueError:
        return None
    if isinstance(literal, ipaddress.IPv6Address) and literal.ipv4_mapped:
        return literal.ipv4_mapped
    return literal
