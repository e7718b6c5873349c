"""To which container is somebody listening? From before its start until the verdict on it, or its failure to start.

A container, or the engine itself, may end within milliseconds of that start: whoever began to listen after it would
miss the one, and would hear another engine than the one that started it.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from updater.recreator.engine import Alarm


class Listening:
    """Held open for one container."""

    def __init__(self, container_id: str, alarm: AbstractContextManager[Alarm]) -> None:
        self.container_id = container_id
        self._open = ExitStack()
        self.alarm = self._open.enter_context(alarm)

    def close(self) -> None:
        """Listen no more."""
        self._open.close()
