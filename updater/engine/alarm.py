"""Has something happened to a container? Listens to the engine's events in a thread, to wake whoever waits.

Streams break and newer engines leave fields out, so an event says nothing but "look again", and a lost stream means
that the sleeper sleeps its full time, and perhaps that the engine was started anew.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Self

from updater.engine.translation import translated
from updater.errors import EngineError, EngineUnreachable
from updater.model.happening import Happening

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from updater.engine.connection import Client

_STREAM_ENDS_LATE = 0.2  # seconds by which the end of a stream may be heard of after the engine's own


class Alarm:
    """Open for as long as somebody waits for one container."""

    def __init__(self, client: Client, container_id: str) -> None:
        self._client = client
        self._container_id = container_id
        self._rung = threading.Event()
        self._heard: list[Happening] = []
        self._stream: Any = None
        self._thread = threading.Thread(target=self._listen, name=f"events-{container_id[:12]}", daemon=True)

    def __enter__(self) -> Self:
        with suppress(EngineError), translated("listen to events"):
            self._stream = self._client.events(filters={"container": [self._container_id]}, decode=True)
        if self._stream is not None:
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._stream is not None:
            with suppress(EngineError), translated("stop listening"):
                self._stream.close()
            self._thread.join(timeout=1)

    def wait(self, seconds: float) -> None:
        """Sleep that long, or until something happens."""
        self._rung.wait(seconds)
        self._rung.clear()

    def heard(self) -> tuple[Happening, ...]:
        """What has happened since the alarm was set, in its order."""
        return tuple(self._heard)

    def require_steady_engine(self) -> None:
        """Raises EngineUnreachable where the engine is ending, or has begun another life since the alarm was set.

        Ending, it stops all that it runs just as a person would, and that is not to be told from what it shows. Seen on
        20.10: who is connected gets answers until its end. Who connects anew gets none, or, where systemd holds the
        socket for it (as most packages have it), that of the next one.
        """
        try:
            with translated("reach the engine again"):
                another = self._client.another()
                try:
                    another.agree()
                finally:
                    another.close()
            if self._stream is not None:
                self._thread.join(_STREAM_ENDS_LATE)
                if not self._thread.is_alive():
                    raise EngineUnreachable("the engine was started anew meanwhile, or ended what it had to tell")
        except EngineUnreachable:
            self._client.close()  # lets go of its connections; the next call makes a new one
            raise

    def _listen(self) -> None:
        with suppress(EngineError, ValueError, AttributeError), translated("listen to events"):
            for event in self._stream:
                self._heard.append(_happening(event))
                self._rung.set()


def _happening(event: Mapping[str, Any]) -> Happening:
    number = str(((event.get("Actor") or {}).get("Attributes") or {}).get("signal") or "")
    return Happening(str(event.get("Action", "")), int(number) if number.isdecimal() else None)
