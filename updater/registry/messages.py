"""What is asked of a server, and what did it answer? HTTP messages as values, without a socket."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from typing import TYPE_CHECKING

from updater.registry.media_types import ACCEPT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from updater.registry.credentials import Credentials

# Sizes in bytes that no honest answer exceeds; the distribution spec asks registries to take manifests of 4 MiB.
LARGEST_MANIFEST = 4 * 1024 * 1024
LARGEST_CONFIG = 8 * 1024 * 1024
LARGEST_TOKEN = 64 * 1024
LARGEST_TAGS_PAGE = 1024 * 1024
LARGEST_ERROR = 16 * 1024


class Redirects(Enum):
    """How far a redirect may lead."""

    REFUSED = auto()
    SAME_ORIGIN = auto()
    OTHER_HOSTS = auto()


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request. `largest` bounds the body of a successful answer, in bytes."""

    method: str
    url: str
    # Not shown: it may hold credentials, and so may the body of a token request.
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes | None = field(default=None, repr=False)
    largest: int = LARGEST_MANIFEST
    redirects: Redirects = Redirects.REFUSED

    def authorized(self, authorization: str) -> Request:
        """The same request with credentials or a token."""
        return replace(self, headers={**self.headers, "Authorization": authorization})


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer, read to its end. Header names are in lower case; `url` is where it was found at last."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)
    url: str = field(default="", repr=False)


def manifest_request(method: str, wanted: str) -> Request:
    """The request for a repository's manifest by tag or digest. It may be redirected on the same origin only."""
    return Request(method, f"/manifests/{wanted}", {"Accept": ACCEPT}, redirects=Redirects.SAME_ORIGIN)


def root_request(origin: str) -> Request:
    """The request for the root of the API, which some proxies know under another spelling (`/v2`) and redirect to."""
    return Request("GET", f"{origin}/v2/", largest=LARGEST_ERROR, redirects=Redirects.SAME_ORIGIN)


def basic(credentials: Credentials) -> str:
    """The value of Authorization for a name and a password (RFC 7617)."""
    return "Basic " + b64encode(f"{credentials.username}:{credentials.password}".encode()).decode()
