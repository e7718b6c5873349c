"""Which images are published in the course of a life? Good ones, and bad ones that fail each in its own way."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from rig import ImageSpec, build, commands

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rig.images import BuiltImage


class Kind(StrEnum):
    """What becomes of a container of this image."""

    GOOD = "good"
    EXITS = "exits"
    CRASH_LOOP = "crash-loop"
    UNHEALTHY = "unhealthy"
    CANNOT_START = "cannot-start"


BAD_KINDS = tuple(kind for kind in Kind if kind is not Kind.GOOD)
VERDICTS: Mapping[Kind, str] = {
    Kind.EXITS: "crashed",
    Kind.CRASH_LOOP: "crashed",
    Kind.UNHEALTHY: "unhealthy",
    Kind.CANNOT_START: "start-failed",
}
"""The reason for which an update to it is rolled back."""

_CONTENT: Mapping[Kind, Mapping[str, Any]] = {
    Kind.GOOD: {},
    Kind.EXITS: {"command": commands.EXIT_AT_ONCE},
    Kind.CRASH_LOOP: {"command": commands.CRASH_LOOP},
    Kind.UNHEALTHY: {"healthcheck": commands.BAD_HEALTH},
    Kind.CANNOT_START: {"command": ["/not/there"]},
}


@dataclass(frozen=True)
class Version:
    """One published image."""

    number: int
    kind: Kind
    image: BuiltImage = field(repr=False, compare=False)

    def __str__(self) -> str:
        return f"{self.number} ({self.kind})"

    @property
    def is_good(self) -> bool:
        return self.kind is Kind.GOOD

    @property
    def digest(self) -> str:
        return self.image.digest

    def is_image(self, image_id: str) -> bool:
        """Whether an engine calls it so: by its config, or (containerd's store) by its manifest."""
        return image_id in (self.image.image_id, self.image.digest)


def make_version(number: int, kind: Kind) -> Version:
    """An image like no other in this life."""
    return Version(number, kind, build(ImageSpec(marker=f"{number} {kind}", **_CONTENT[kind])))
