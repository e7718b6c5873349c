"""Where can a question about a registry's repository be asked: at its mirror, and at the registry itself?

A mirror (a pull-through cache) is a registry of its own: what is configured for it, credentials included, stands
under its own host, and nothing that belongs to the registry is shown to it. What it says is checked as always: a
document has to hash to the digest that it was asked for by.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from updater.registry.hosts import origins

if TYPE_CHECKING:
    from collections.abc import Mapping

    from updater.registry.access import RegistryAccess


@dataclass(frozen=True, slots=True)
class Place:
    """A registry as references spell it, the origins to try, and the path before its repositories (`proxy/`)."""

    registry: str
    origins: tuple[str, ...]
    prefix: str = ""
    token_host: str | None = None

    def repository(self, repository: str) -> str:
        """How the repository is called there."""
        return self.prefix + repository


def places(registry: str, access: Mapping[str, RegistryAccess]) -> tuple[Place, ...]:
    """The places to ask, in order; the last is the registry itself."""
    entry = access.get(registry)
    own = _place(registry, "", access)
    if entry is None or entry.mirror is None:
        return (own,)
    host, _, path = entry.mirror.partition("/")
    return _place(host, f"{path}/" if path else "", access), own


def _place(registry: str, prefix: str, access: Mapping[str, RegistryAccess]) -> Place:
    entry = access.get(registry)
    return Place(registry, origins(registry, entry), prefix, entry.token_host if entry else None)
