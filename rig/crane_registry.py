"""What if the registry is another program than docker-registry? The one of crane, where it can be had."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rig.machine import SEARCH_PATH, find_program
from rig.registry import PrivateRegistry

if TYPE_CHECKING:
    from collections.abc import Sequence

FETCHED = Path(__file__).parent.parent / ".engines" / "registry"
"""Where `tools/fetch-registry` is told to unpack it."""


class CraneRegistry(PrivateRegistry):
    """`crane registry serve`: in memory but for its blobs, without logins."""

    def program(self) -> Sequence[str]:
        """What is run; raises RigError where crane is missing."""
        crane = find_program("crane", f"{SEARCH_PATH}:{FETCHED}/usr/bin")
        blobs = self.folder / "blobs"
        blobs.mkdir(exist_ok=True)
        return [crane, "registry", "serve", "--address", self.listens_at, "--disk", str(blobs)]
