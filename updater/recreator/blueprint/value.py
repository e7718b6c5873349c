"""What is a blueprint made of? Frozen values: what to ask of the engine, and what to expect to find then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Note:
    """What becomes of one field. Values may be secrets (Env): mask them before they reach a log."""

    field: str
    old: Any
    new: Any
    why: str


@dataclass(frozen=True, slots=True)
class Difference:
    """A field of the created container that is not as planned. Values may be secrets."""

    field: str
    planned: Any
    found: Any


@dataclass(frozen=True, slots=True)
class ExpectedMount:
    """A mount that the old container has and the new one must have too; `source` is a volume's name or a path."""

    type: str
    source: str
    destination: str
    writable: bool


@dataclass(frozen=True, slots=True)
class Expectation:
    """What an inspect of the created, not yet started container should show.

    `networks` is None where the container has none of its own (host, none, container:…). `lent` are the places at
    which a container in VolumesFrom mounts something, which may be more than the old one got. `successors` is as in
    `draw`.
    """

    config: Json
    networks: Mapping[str, Json] | None
    mounts: tuple[ExpectedMount, ...]
    lent: frozenset[str] = frozenset()
    successors: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Blueprint:
    """The new container: the body of POST /containers/create, and what to do between create and start.

    First leave the networks in `disconnects`, then join those in `connects` (network, endpoint settings).
    """

    body: dict[str, Any]
    platform: str | None
    connects: tuple[tuple[str, Json], ...]
    disconnects: tuple[str, ...]
    notes: tuple[Note, ...]
    expected: Expectation
