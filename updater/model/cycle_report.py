"""What did one cycle see, decide and do?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from updater.model.container import EngineInfo
    from updater.model.decision import Decision
    from updater.model.outcome import Outcome


@dataclass(frozen=True, slots=True)
class CycleReport:
    """A whole cycle. Times are aware, in UTC. `recovered` is what became of updates that had been cut short."""

    engine: EngineInfo
    started_at: datetime
    finished_at: datetime
    decisions: tuple[Decision, ...]
    outcomes: tuple[Outcome, ...]
    recovered: tuple[Outcome, ...] = ()
