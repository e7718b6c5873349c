"""What was measured of a case? Values, and the one way in which several rounds become one number."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True)
class Case:
    """So many containers on so many images, at a registry that takes so long to answer."""

    images: int
    containers: int
    latency: int
    """In milliseconds."""


@dataclass(frozen=True)
class Cost:
    """What one process took."""

    wall: float
    cpu: float
    mebibytes: float
    inner: float | None = None
    """Seconds of the work alone, without the program's start, where it tells them."""


@dataclass
class Measured:
    """Everything that was measured of a case."""

    case: Case
    requests: Mapping[str, int]
    engine_calls: int
    updater: list[Cost] = field(default_factory=list)
    cycle: list[Cost] = field(default_factory=list)
    floor: list[Cost] = field(default_factory=list)
    serial: list[Cost] = field(default_factory=list)
    serial_factor: float = 1.0
    """By how much the series was shorter than the case."""

    @property
    def serial_wall(self) -> float:
        """How long asking for everything one by one takes."""
        return middle(self.serial, "wall") * self.serial_factor


def middle(costs: Sequence[Cost], what: str) -> float:
    """The median of one kind of cost, by its name."""
    return median(float(getattr(cost, what)) for cost in costs)
