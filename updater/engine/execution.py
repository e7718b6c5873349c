"""How is a command run in a container, so that neither its silence nor its chatter holds anybody up?

The engine can start a command and tell how it ended; it has no call to end one. So whoever has waited long enough
stops waiting, and the command is left to itself.
"""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Self

from docker.types import CancellableStream

from updater.engine.translation import translated
from updater.errors import EngineError
from updater.model.execution import Execution

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from types import TracebackType

    import requests

    Call = Callable[..., requests.Response]

_HEADER_BYTES = 8  # Docker API, "Attach to a container", "Stream format": stream, three zeros, length
_STREAMS = (0, 1, 2)
_PIECE = 32 * 1024  # bytes
_WAKE_EVERY = 0.1  # seconds between two questions whether to go on
_LOOK_EVERY = 1.0  # seconds between two looks at a command that says nothing: a child of it may hold its output open
_OUTPUT_LATE = 0.5  # seconds by which the last of the output may come after the end
_SILENCE = 60.0  # seconds that the stream may be silent beyond the time that the command has


def execute(
    call: Call,
    container_id: str,
    command: Sequence[str],
    variables: Mapping[str, str],
    *,
    seconds: float,
    keep: int,
    watch: Callable[[], None],
) -> Execution:
    """Run it as the container's own user, without terminal and input; wait at most so many seconds.

    `keep` is how many bytes of the output are kept, from its end. `watch` is called all the while, and may raise to
    end the waiting.
    """
    doing = f"run a command in {container_id[:12]}"
    deadline = time.monotonic() + seconds
    body = {
        "AttachStdout": True,
        "AttachStderr": True,
        "Cmd": list(command),
        "Env": [f"{name}={value}" for name, value in variables.items()],
    }
    made = call("POST", f"/containers/{container_id}/exec", doing, json=body)
    with translated(doing):
        path = f"/exec/{made.json()['Id']}"

    def look() -> dict[str, Any]:
        answer = call("GET", f"{path}/json", doing)
        with translated(doing):
            return dict(answer.json())

    with _Listener(call, path, doing, _Tail(keep), seconds + _SILENCE) as listener:
        state = _wait(listener, look, deadline, watch)
        return Execution(state.get("ExitCode"), listener.tail.kept, listener.tail.cut, bool(state.get("Pid")))


def _wait(
    listener: _Listener, look: Callable[[], dict[str, Any]], deadline: float, watch: Callable[[], None]
) -> dict[str, Any]:
    """Until it has ended or the time is over; gives the last that was seen of it."""
    next_look = time.monotonic() + _LOOK_EVERY
    while True:
        watch()
        silent = listener.wait(_WAKE_EVERY)
        over = time.monotonic() >= deadline
        if not (silent or over or time.monotonic() >= next_look):
            continue
        state = look()
        if not state.get("Running") and state.get("ExitCode") is not None:
            listener.wait(_OUTPUT_LATE)
            return state
        if over:
            return state | {"ExitCode": None}
        if listener.failure is not None and not state.get("Running"):
            raise listener.failure
        next_look = time.monotonic() + _LOOK_EVERY
        if silent:
            time.sleep(_WAKE_EVERY)  # its output has ended, and it has not, or not yet


class _Listener:
    """Starts the command and reads what it writes, in a thread, for as long as somebody waits for it.

    All is read, also what is not kept: a command whose output nobody takes would stand still.
    """

    def __init__(self, call: Call, path: str, doing: str, tail: _Tail, silence: float) -> None:
        self.tail = tail
        self.failure: EngineError | None = None
        self._call = call
        self._path = f"{path}/start"
        self._doing = doing
        self._silence = silence
        self._response: requests.Response | None = None
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._listen, name="execution", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._response is not None and not self._ended.is_set():
            stream = CancellableStream(iter(()), self._response)
            with suppress(EngineError, AttributeError, ValueError), translated("stop listening"):
                stream.close()
        self._thread.join(timeout=1)

    def wait(self, seconds: float) -> bool:
        """Whether the output has ended; waits at most so long for it."""
        return self._ended.wait(seconds)

    def _listen(self) -> None:
        try:
            how = {"Detach": False, "Tty": False}
            response = self._call("POST", self._path, self._doing, json=how, stream=True, timeout=self._silence)
            self._response = response
            # The connection is closed under us when nobody waits any more: then there is nothing left to read.
            with suppress(EngineError, AttributeError, ValueError), translated(self._doing):
                for payload in payloads(response.raw.read):
                    self.tail.add(payload)
        except EngineError as error:
            self.failure = error
        finally:
            self._ended.set()


class _Tail:
    """The last bytes of a stream of any length."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._bytes = bytearray()
        self.cut = False

    @property
    def kept(self) -> bytes:
        return bytes(self._bytes[-self._most :])

    def add(self, some: bytes) -> None:
        self._bytes += some
        if len(self._bytes) > self._most:
            self.cut = True
            del self._bytes[: -self._most]


def payloads(read: Callable[[int], bytes]) -> Iterator[bytes]:
    """What was written, out of the engine's frames. What is no frame is given as it is."""
    while header := read(_HEADER_BYTES):
        if len(header) < _HEADER_BYTES or header[0] not in _STREAMS or any(header[1:4]):
            yield header
            while piece := read(_PIECE):
                yield piece
            return
        length = int.from_bytes(header[4:], "big")
        while length > 0 and (piece := read(min(length, _PIECE))):
            length -= len(piece)
            yield piece
