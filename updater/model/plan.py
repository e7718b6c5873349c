"""What would be done to one container? Everything that can be known before anything is touched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from updater.model.decision import Decision
    from updater.model.digest import Digest
    from updater.model.platform import Platform
    from updater.model.reference import ImageReference


@dataclass(frozen=True, slots=True)
class Plan:
    """Recreate this container on exactly this digest of its reference.

    `platform` is only given where the image is for another machine than the host (run under emulation).
    """

    decision: Decision
    reference: ImageReference
    digest: Digest
    platform: Platform | None = None

    @property
    def name(self) -> str:
        """The container's name."""
        return self.decision.container.name
