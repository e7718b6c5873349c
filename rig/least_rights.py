"""What if a proxy stands before the engine's socket, and lets only the documented calls pass?"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from rig.errors import RigError
from rig.recording import Reply, Request
from rig.recording_socket import RecordingSocket
from updater.engine.rights import calls_for, is_allowed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from rig.whole import Rig
    from updater.engine.rights import Use

FORBIDDEN = Reply(403, b"<html><body><h1>403 Forbidden</h1></body></html>\n", {"Content-Type": "text/html"})
"""As socket proxies made of HAProxy answer."""


class LeastRightsSocket(RecordingSocket):
    """A unix socket at `path` that passes on what these uses need, and refuses everything else."""

    def __init__(self, engine_socket: Path, path: Path, uses: Iterable[Use]) -> None:
        super().__init__(engine_socket, path)
        self._calls = calls_for(uses)
        self.denied: list[Request] = []
        self.recording.before = self._judge

    def _judge(self, request: Request) -> Reply | None:
        if is_allowed(request.method, request.path, self._calls):
            return None
        self.denied.append(request)
        return FORBIDDEN


@contextmanager
def with_least_rights(rig: Rig, uses: Iterable[Use]) -> Iterator[Rig]:
    """The rig with such a proxy as its entrance; raises RigError at the end where something was refused."""
    with LeastRightsSocket(rig.engine.socket, rig.directory / "least-rights.sock", uses) as proxy:
        yield replace(rig, entrance=proxy.path)
    if proxy.denied:
        raise RigError(f"not among the documented calls: {', '.join(map(str, proxy.denied))}")
