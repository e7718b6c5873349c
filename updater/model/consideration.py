"""Is this container looked at in this cycle at all, and on which terms?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from updater.model.container import ContainerSnapshot
    from updater.model.reason import Reason
    from updater.model.terms import Terms


@dataclass(frozen=True, slots=True)
class Consideration:
    """`objection` is why the container is not compared with its registry; None where it is.

    `listed` is whether a report without `--all-containers` shows it: the user has said something about it.
    """

    container: ContainerSnapshot
    terms: Terms
    objection: Reason | None
    listed: bool
