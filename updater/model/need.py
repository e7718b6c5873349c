"""What does a container need of another one, and when has it got that?"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Condition(StrEnum):
    """Compose's own words (compose specification, `depends_on`)."""

    STARTED = "service_started"
    HEALTHY = "service_healthy"
    COMPLETED = "service_completed_successfully"


@dataclass(frozen=True, slots=True)
class Need:
    """Of the container named `on`. `restart`: it wants to be restarted after that one was updated."""

    on: str
    condition: Condition = Condition.STARTED
    restart: bool = False
