"""May this container be updated now, and why or why not?"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from updater.model.candidate import Candidate
    from updater.model.container import ContainerSnapshot
    from updater.model.reason import Reason
    from updater.model.terms import Terms


class Action(StrEnum):
    """`wait`: not now, but by itself later. `leave`: not unless something changes."""

    UPDATE = "update"
    WAIT = "wait"
    LEAVE = "leave"


@dataclass(frozen=True, slots=True)
class Decision:
    """The policy's answer, with at least one reason; the one that settled it comes first."""

    candidate: Candidate
    action: Action
    reasons: tuple[Reason, ...]

    def __post_init__(self) -> None:
        if not self.reasons:
            raise ValueError("a decision without a reason")

    @property
    def container(self) -> ContainerSnapshot:
        """The container that was decided on."""
        return self.candidate.container

    @property
    def terms(self) -> Terms:
        """The terms it was decided on."""
        return self.candidate.consideration.terms
