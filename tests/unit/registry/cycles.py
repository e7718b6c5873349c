"""A whole cycle of lookups at one registry: forty images, asked for by sixteen threads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from tests.unit.registry.conftest import at
from updater.errors import RegistryError

if TYPE_CHECKING:
    from rig.fake_registry import FakeRegistry
    from updater.registry.client import RegistryClient

NAMES = [f"team/image-{number:02}" for number in range(40)]


def fill(registry: FakeRegistry, *missing: str) -> None:
    for name in NAMES:
        if name not in missing:
            registry.push(name, "1")


def cycle(client: RegistryClient, registry: FakeRegistry) -> dict[str, str]:
    """By name what each lookup came to: `ok`, or the kind of the error."""
    references = [at(registry, f"{name}:1") for name in NAMES]
    client.begin_cycle(references)

    def one(reference: object) -> str:
        try:
            client.published(reference)  # type: ignore[arg-type]
        except RegistryError as error:
            return type(error).__name__
        return "ok"

    with ThreadPoolExecutor(16) as pool:
        return dict(zip(NAMES, pool.map(one, references), strict=True))
