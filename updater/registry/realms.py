"""Where may a registry send us, and which of those places may see its credentials?

A registry names its token service (the realm) and may redirect downloads. Both are text from outside, so that
1. nothing leads from https to http;
2. nothing leads from a registry elsewhere into this machine or its link-local net (metadata services live
   there), nor from a public registry to a private address; and no text is followed that two readers of URLs
   could take for two places;
3. credentials go to a token service only if it is on the registry's own host, under the same registrable domain
   (`registry.a.example` and `auth.a.example` have one owner), in the table of known pairs, or configured. The public
   suffix list tells where names begin to be anybody's: `a.co.uk` and `b.co.uk` are two owners, and so, by its private
   section, are `a.duckdns.org` and `b.duckdns.org`. Below a top-level name that it does not know (`.lan`, `.internal`)
   each name has an owner of its own.
"""

from __future__ import annotations

import re
import threading
from enum import Enum, auto
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from updater.registry.hosts import address, host_name, is_loopback

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList

# Token services that are known to belong to a registry of another name.
_KNOWN_PAIRS = frozenset(
    {
        ("registry-1.docker.io", "auth.docker.io"),
        ("lscr.io", "ghcr.io"),
        *((f"rg.{region}.scw.cloud", "api.scaleway.com") for region in ("fr-par", "nl-ams", "pl-waw")),
    }
)
# What a URL is made of; backslashes, blanks and anything beyond ASCII are read differently by different programs.
_PLAIN_URL = re.compile(r"[!-\[\]-~]+")
# A host that ends in a number but is no address in its usual spelling (`2130706433`, `0x7f.1`, `127.0.0.1.`) is
# one nevertheless to the system's resolver.
_ENDS_IN_NUMBER = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)\.?")
# A name in its one usual spelling: no empty label, no dot at the end, nothing that a certificate would not name.
_NAME = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)+")
_reading_the_list = threading.Lock()


# Registries that hand manifests on to another host of their owner's; followed without credentials, as any redirect.
_SERVING_PAIRS = (("registry.k8s.io", ".pkg.dev"),)


class Trust(Enum):
    """What a token service is given."""

    CREDENTIALS = auto()
    ANONYMOUS = auto()
    REFUSED = auto()


def trust(realm: str, registry_origin: str, token_host: str | None = None) -> Trust:
    """How far the realm that the registry at this origin names is trusted; `token_host` is the configured one."""
    if not may_lead(registry_origin, realm):
        return Trust.REFUSED
    registry, service = host_name(registry_origin), host_name(realm)
    if _belongs(registry, service) or (token_host is not None and service == token_host.lower()):
        return Trust.CREDENTIALS
    return Trust.ANONYMOUS


def over_tls(realm: str, registry_origin: str) -> str:
    """The realm as it is meant by a registry that does not know of the TLS that a proxy in front of it speaks.

    Such a one (Nexus, Gitea, Harbor with a wrong setting) names itself by http. It is asked where it was found.
    """
    try:
        named, found = urlsplit(realm), urlsplit(registry_origin)
        ports = (None, 80, found.port or 443)
        is_itself = named.hostname == found.hostname and named.username is None and named.port in ports
    except ValueError:
        return realm
    if not is_itself or (named.scheme, found.scheme) != ("http", "https"):
        return realm
    return named._replace(scheme=found.scheme, netloc=found.netloc).geturl()


def serves_for(source: str, target: str) -> bool:
    """Whether what is published at `source` is known to be served by the host of `target`."""
    return any(host_name(source) == front and host_name(target).endswith(back) for front, back in _SERVING_PAIRS)


def may_lead(source: str, target: str) -> bool:
    """True where a server at `source` may have us ask at `target` (absolute URLs), without credentials."""
    try:
        parts = urlsplit(target)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    if (
        not _PLAIN_URL.fullmatch(target)
        or parts.scheme not in ("http", "https")
        or not host
        or parts.username is not None
    ):
        return False
    if parts.scheme == "http" and urlsplit(source).scheme != "http":
        return False
    return host == host_name(source) or not _leads_inside(source, host)


def _leads_inside(source: str, target: str) -> bool:
    literal = address(target)
    if literal is None:
        name = target.rstrip(".")
        is_local = name == "localhost" or name.endswith(".localhost")
        return (is_local and not is_loopback(host_name(source))) or bool(_ENDS_IN_NUMBER.fullmatch(target))
    if literal.is_loopback:
        return not is_loopback(host_name(source))
    if literal.is_link_local or literal.is_unspecified or literal.is_multicast:
        return True
    # A registry with a private address, or one configured for plain http, is at home in such a net.
    own = address(host_name(source))
    is_private = own is not None and not own.is_global
    return not literal.is_global and not is_private and urlsplit(source).scheme == "https"


def _belongs(registry: str, service: str) -> bool:
    if registry == service or (registry, service) in _KNOWN_PAIRS:
        return True
    # Most strangers are told without the list: its answer can only be a name with a dot in it that both end in.
    if registry.rpartition(".")[2] != service.rpartition(".")[2]:
        return False
    owned = _registrable_domain(registry)
    return owned is not None and owned == _registrable_domain(service)


def _registrable_domain(host: str) -> str | None:
    """The part of the name that somebody has registered; None for addresses, single labels and public suffixes."""
    if address(host) is not None or not _NAME.fullmatch(host):
        return None
    with _reading_the_list:
        suffixes = _public_suffixes()
    return suffixes.privatesuffix(host)


@cache
def _public_suffixes() -> PublicSuffixList:
    # Read only where names differ: it takes some 30 ms and 3 MB. It is part of the package; no network is asked.
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixList()
