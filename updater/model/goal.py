"""Which reference is a container to be compared with: its own, or a newer version tag of its repository?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from updater.model.reason import Reason
    from updater.model.reference import ImageReference


@dataclass(frozen=True, slots=True)
class Goal:
    """`fallbacks` are what to compare with instead, in this order, where the target does not do; the container's own
    reference is the last. `beyond` is a newer version that what is followed does not reach; `no_version` says why none
    can be followed, and `failure` why it is not known whether there is one.
    """

    target: ImageReference
    fallbacks: tuple[ImageReference, ...] = ()
    beyond: str | None = None
    no_version: str | None = None
    failure: Reason | None = None
