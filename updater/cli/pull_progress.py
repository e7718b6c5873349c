"""How far is a pull? Adds up what the engine says of each layer; pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_PRESENT = frozenset({"Already exists", "Download complete", "Pull complete"})


@dataclass(slots=True)
class PullProgress:
    """Bytes downloaded and to download, over all layers that the engine has spoken of."""

    _layers: dict[str, tuple[int, int]] = field(default_factory=dict)

    def hear(self, line: Mapping[str, Any]) -> None:
        """Take in one line of the engine's (Docker API, `/images/create`)."""
        layer, status = line.get("id"), line.get("status")
        if not isinstance(layer, str):
            return
        if status == "Downloading":
            detail = line.get("progressDetail") or {}
            current, total = detail.get("current") or 0, detail.get("total") or 0
            self._layers[layer] = (current, max(current, total))
        elif status in _PRESENT and layer in self._layers:
            total = self._layers[layer][1]
            self._layers[layer] = (total, total)

    @property
    def done(self) -> int:
        """Bytes downloaded."""
        return sum(done for done, _ in self._layers.values())

    @property
    def total(self) -> int:
        """Bytes to download, as far as is known."""
        return sum(total for _, total in self._layers.values())
