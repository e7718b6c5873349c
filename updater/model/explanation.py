"""Why was it decided so, from the first question to the last?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from updater.model.container import EngineInfo
    from updater.model.decision import Decision
    from updater.model.ruling import Ruling


@dataclass(frozen=True, slots=True)
class Explanation:
    """`facts` are what was known, in words, in the order in which it was found out; then each question in turn."""

    engine: EngineInfo
    decision: Decision
    facts: tuple[tuple[str, str], ...]
    rulings: tuple[Ruling, ...]
