"""Which container would be dead, or cut off, if another one were replaced without it?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from updater.model.container import ContainerSnapshot


@dataclass(frozen=True, slots=True)
class Dependent:
    """`container` lives in the namespaces of the one named `on`, or uses its links or volumes.

    `auto_remove` says that it was started with `--rm`.
    """

    container: ContainerSnapshot
    on: str
    auto_remove: bool = False

    @property
    def name(self) -> str:
        """The container's name."""
        return self.container.name
