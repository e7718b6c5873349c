"""What does the memory know that bears on a decision?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from updater.model.history import Rejection


@dataclass(frozen=True, slots=True)
class Facts:
    """`rejection` is of the very digest that is published now, in this container; None where there was none.

    `own_id` is the id of the container that this program runs in, if it does; `busy` are the ids of containers whose
    update is under way, or was cut short. `moved_back_to` is when the digest that is published now was first seen, if
    that was before the one that runs: somebody pointed the tag back.
    """

    rejection: Rejection | None = None
    own_id: str | None = None
    busy: frozenset[str] = frozenset()
    moved_back_to: datetime | None = None


NOTHING_KNOWN = Facts()
