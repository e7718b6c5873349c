"""What has the user configured for a registry host? One entry of `registries:`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class RegistryAccess:
    """How the host is reached.

    `host` is the registry as references spell it, with its port. `ca_file` holds the certificates (PEM) that are
    trusted for this host, instead of the system's. `insecure` allows TLS without a valid certificate, and plain
    http. `token_host` names the host of a token service that belongs to this registry and may have its
    credentials, where that does not follow from the names (see realms.py). `mirror` is asked first: a host, or a host
    and the path below which it keeps this registry's repositories (see places.py).
    """

    host: str
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    ca_file: Path | None = None
    insecure: bool = False
    token_host: str | None = None
    mirror: str | None = None
