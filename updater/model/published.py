"""What does the registry publish under a reference, or why can that not be said?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from updater.model.digest import Digest
    from updater.model.reason import Reason
    from updater.model.reference import ImageReference


@dataclass(frozen=True, slots=True)
class Published:
    """The digest that the registry's tag points at now (of the index where there is one)."""

    reference: ImageReference
    digest: Digest


@dataclass(frozen=True, slots=True)
class LookupFailed:
    """The registry could not be asked, or gave no usable answer."""

    reference: ImageReference
    reason: Reason


Lookup = Published | LookupFailed
