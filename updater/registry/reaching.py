"""How is a connection made before time is up? Names resolved, and addresses tried one after the other.

The system's resolver knows no deadline, and each of a host's addresses may swallow the first packet. So a name is
resolved by a thread of its own, which nobody waits for longer than there is time, and all addresses share what is left.
"""

from __future__ import annotations

import queue
import socket
import threading
import time
from typing import TYPE_CHECKING

from updater.registry.hosts import address

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    Address = tuple[int, int, int, str, Any]
    Option = tuple[int, int, int | bytes]


def reach(host: str, port: int, ends_at: float, *, seconds_each: float, options: Sequence[Option]) -> socket.socket:
    """A connected socket, by `ends_at` on the monotonic clock; each address has at most `seconds_each`.

    Raises TimeoutError, socket.gaierror, and any other OSError for the last address that refused.
    """
    failure: OSError | None = None
    for family, kind, protocol, _, place in _resolve(host.strip("[]"), port, ends_at):
        remaining = ends_at - time.monotonic()
        if remaining <= 0:
            break
        connection = socket.socket(family, kind, protocol)
        try:
            for option in options:
                connection.setsockopt(*option)
            connection.settimeout(min(seconds_each, remaining))
            connection.connect(place)
        except OSError as error:
            connection.close()
            failure = error
        else:
            return connection
    raise failure or TimeoutError(f"no connection to {host} in time")


def _resolve(host: str, port: int, ends_at: float) -> Sequence[Address]:
    if address(host) is not None:
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    answers: queue.SimpleQueue[Sequence[Address] | Exception] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except Exception as error:  # noqa: BLE001 - raised again by the one who asked
            answers.put(error)

    # A daemon: where the resolver hangs, not even the end of the program waits for it.
    threading.Thread(target=ask, name=f"resolve-{host}", daemon=True).start()
    try:
        answer = answers.get(timeout=max(0.0, ends_at - time.monotonic()))
    except queue.Empty:
        raise TimeoutError(f"the name {host} was not resolved in time") from None
    if isinstance(answer, Exception):
        raise answer
    return answer
