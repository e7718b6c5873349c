"""What is asked before an update, and what is the answer?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from updater.model.reason import Reason


@dataclass(frozen=True, slots=True)
class Ruling:
    """A question that an update needs a yes to, and what speaks against it; None where nothing does."""

    question: str
    objection: Reason | None
