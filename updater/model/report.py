"""What did a look at all containers see and decide?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from updater.model.container import EngineInfo
    from updater.model.decision import Decision


@dataclass(frozen=True, slots=True)
class CheckReport:
    """Everything up to the decisions. `unlisted` counts the containers that are not opted in and not shown."""

    engine: EngineInfo
    decisions: tuple[Decision, ...]
    unlisted: int = 0
