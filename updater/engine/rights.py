"""Which calls to the engine does which use of this program make, and what lets them pass a socket proxy?

The one list of them: the page on security is made from it, the least-rights tests let nothing else pass, and a call
that is denied names the flags of its row.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class Use(StrEnum):
    """What a person may want it for. Each one needs the calls of `check`, too."""

    CHECK = "check"
    UPDATE = "update"
    CLEANUP = "cleanup"
    HOOKS = "hooks"


@dataclass(frozen=True, slots=True)
class Call:
    """One row: `{id}` in the path stands for anything. `flags` are those of the proxies that ask in variables."""

    method: str
    path: str
    use: Use
    flags: tuple[str, ...]
    why: str
    _pattern: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_pattern", re.compile(VERSION_PREFIX + self.expression))

    @property
    def expression(self) -> str:
        """The path as a regular expression that Python and Go read alike; a proxy matches it as a whole."""
        # An image's name has slashes in it, in a path they stand as they are.
        anything = ".+" if self.path.startswith("/images/") else "[^/]+"
        return self.path.replace("{id}", anything)

    def is_meant_by(self, method: str, path: str) -> bool:
        """Whether a request is this call; `path` with or without the API's version, without a query."""
        return method == self.method and self._pattern.fullmatch(path) is not None


VERSION_PREFIX = r"(?:/v1\.[0-9]+)?"
_CONTAINERS, _IMAGES, _NETWORKS = ("CONTAINERS",), ("IMAGES",), ("NETWORKS", "POST")
_CHANGE, _CHANGE_IMAGE, _DELETE = ("CONTAINERS", "POST"), ("IMAGES", "POST"), ("CONTAINERS", "POST", "DELETE")
_EXEC = ("CONTAINERS", "EXEC", "POST", "ALLOW_EXEC")

CALLS = (
    Call("GET", "/_ping", Use.CHECK, ("PING",), "which engine, and which version of the API"),
    Call("GET", "/version", Use.CHECK, ("VERSION",), "the same, where that is not let through; the host's platform"),
    Call("GET", "/containers/json", Use.CHECK, _CONTAINERS, "all containers"),
    Call("GET", "/containers/{id}/json", Use.CHECK, _CONTAINERS, "one container"),
    Call("GET", "/images/json", Use.CHECK, _IMAGES, "all images"),
    Call("GET", "/images/{id}/json", Use.CHECK, _IMAGES, "one image"),
    Call(
        "GET", "/info", Use.UPDATE, ("INFO",), "the host's name, for containers in its network; the clock, for `doctor`"
    ),
    Call("GET", "/events", Use.UPDATE, ("EVENTS",), "to notice at once what happens in a trial"),
    Call("GET", "/containers/{id}/logs", Use.UPDATE, ("CONTAINERS", "ALLOW_LOGS"), "why a new container failed"),
    Call("POST", "/images/create", Use.UPDATE, _CHANGE_IMAGE, "pull"),
    Call("POST", "/images/{id}/tag", Use.UPDATE, _CHANGE_IMAGE, "keep the old image; point the tag at the new one"),
    Call("POST", "/containers/create", Use.UPDATE, _CHANGE, "create"),
    Call("POST", "/containers/{id}/rename", Use.UPDATE, _CHANGE, "the steps of an update are in the names"),
    Call("POST", "/containers/{id}/update", Use.UPDATE, _CHANGE, "the restart policy of one that waits for its end"),
    Call("POST", "/containers/{id}/start", Use.UPDATE, _CHANGE, "start"),
    Call("POST", "/containers/{id}/stop", Use.UPDATE, _CHANGE, "stop"),
    Call("POST", "/containers/{id}/kill", Use.UPDATE, _CHANGE, "the signal of `updater.stop-signal`"),
    Call("POST", "/containers/{id}/restart", Use.UPDATE, _CHANGE, "compose's `depends_on` with `restart: true`"),
    Call("POST", "/containers/{id}/pause", Use.UPDATE, _CHANGE, "one that was paused is paused again"),
    Call("POST", "/containers/{id}/unpause", Use.UPDATE, _CHANGE, "a paused one has to be stopped"),
    Call("DELETE", "/containers/{id}", Use.UPDATE, _DELETE, "remove the old container, or the new one that failed"),
    Call("POST", "/networks/{id}/connect", Use.UPDATE, _NETWORKS, "further networks, before API 1.44"),
    Call("POST", "/networks/{id}/disconnect", Use.UPDATE, _NETWORKS, "one that its user took off all networks"),
    Call("DELETE", "/images/{id}", Use.CLEANUP, ("IMAGES", "POST", "DELETE"), "images that nothing uses any more"),
    Call("POST", "/containers/{id}/exec", Use.HOOKS, _EXEC, "run a hook in its container"),
    Call("POST", "/exec/{id}/start", Use.HOOKS, ("EXEC", "POST"), "run a hook in its container"),
    Call("GET", "/exec/{id}/json", Use.HOOKS, ("EXEC",), "how the hook ended"),
)


def calls_for(uses: Iterable[Use]) -> tuple[Call, ...]:
    """The rows of these uses, and of a check."""
    wanted = {Use.CHECK, *uses}
    return tuple(call for call in CALLS if call.use in wanted)


def is_allowed(method: str, path: str, calls: Iterable[Call]) -> bool:
    """Whether a request is one of these calls."""
    return any(call.is_meant_by(method, path) for call in calls)


def call_of(method: str, path: str) -> Call | None:
    """The row that a request belongs to. Of `/containers/json` and `/containers/{id}/json`, the one without a name."""
    found = [call for call in CALLS if call.is_meant_by(method, path)]
    return min(found, key=lambda call: "{" in call.path, default=None)


def patterns(calls: Iterable[Call]) -> Iterator[tuple[str, str]]:
    """For proxies that ask in regular expressions: each method, and one expression of all its paths."""
    known = tuple(calls)
    for method in dict.fromkeys(call.method for call in known):
        paths = [call.expression.removeprefix("/") for call in known if call.method == method]
        yield method, rf"(/v1\.[0-9]+)?/({'|'.join(paths)})"
