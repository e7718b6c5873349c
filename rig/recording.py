"""Which requests passed a proxy, in which order, and who wants to interfere with the k-th?"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Request:
    """One request as the client sent it."""

    number: int
    """The first one since the recording began (or was cleared) is 1."""
    method: str
    target: str
    headers: Mapping[str, str] = field(repr=False)
    """By lower-case name."""

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]

    def __str__(self) -> str:
        return f"{self.method} {self.target}"


@dataclass(frozen=True)
class Reply:
    """An answer that a hook gives in place of the server."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class HangUp:
    """A hook's wish to close the connection without an answer."""


BeforeHook = Callable[[Request], "Reply | HangUp | None"]
AfterHook = Callable[[Request, int], "HangUp | None"]


class Recording:
    """What passed a proxy. Several connections write at once; a lock keeps the order and the numbers."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: list[Request] = []
        self.before: BeforeHook | None = None
        """Called before a request reaches the server; may answer in its place."""
        self.after: AfterHook | None = None
        """Called with the status once the server has answered in full, before the client learns the end of it:
        the server did the work, and the client does not know yet."""

    @property
    def requests(self) -> list[Request]:
        """All requests so far."""
        with self._lock:
            return list(self._requests)

    def matching(self, methods: str | Iterable[str], pattern: str = "") -> list[Request]:
        """The requests by these methods whose path contains the regular expression."""
        wanted = {methods} if isinstance(methods, str) else set(methods)
        return [one for one in self.requests if one.method in wanted and re.search(pattern, one.path)]

    def clear(self) -> None:
        """Forget the requests and the hooks, and count from 1 again."""
        with self._lock:
            self._requests.clear()
        self.before = self.after = None

    def add(self, method: str, target: str, headers: Mapping[str, str]) -> Request:
        with self._lock:
            request = Request(len(self._requests) + 1, method, target, headers)
            self._requests.append(request)
        return request
