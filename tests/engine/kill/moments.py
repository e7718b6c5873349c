"""At which moments of an update is something killed? Counted in calls to the engine, as the proxy sees them.

A call that only reads changes nothing, so dying before or after it is the same as dying at the changing call next to
it, and three of them stand for all: in the survey, just before `mark`, and in the wait for the verdict. Every call
that changes something (POST, DELETE) is taken before the engine hears of it, after it was done and before its answer
is heard, and, where it takes time, in between.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rig.recording import Request

_SLOW = re.compile(r"/images/create|/containers/create|/stop$|/start$|/containers/[^/]+$")
_SHORT = 12
_EVERY = os.environ.get("KILL_POINTS") == "every"


class When(StrEnum):
    """On which side of the engine's work."""

    BEFORE = "before"
    DURING = "during"
    AFTER = "after"


_OFFSET = {When.BEFORE: -0.5, When.DURING: 0.0, When.AFTER: 0.5}


@dataclass(frozen=True)
class Moment:
    """At the `change`-th changing call, or at the `look`-th reading call that follows it."""

    change: int
    when: When
    look: int = 0

    @property
    def position(self) -> float:
        """Where it lies on a line on which the n-th changing call happens at n."""
        return self.change + (0.6 if self.look else _OFFSET[self.when])

    def __str__(self) -> str:
        place = f"look {self.look} after change {self.change}" if self.look else f"change {self.change}"
        return f"{self.when} {place}"


def in_turn(moments: Sequence[Moment], turn: int) -> list[Moment]:
    """Every second changing call, before and after it: the odd ones or the even ones, as `turn` is odd or even.

    Whoever dies after a call and whoever dies before the next one leave the engine as it is between the two, so that
    every state in between is met once. `KILL_POINTS=every` meets each from both sides.
    """
    return [one for one in moments if _EVERY or one.look or one.when is When.DURING or (one.change + turn) % 2 == 0]


def changes(request: Request) -> bool:
    """Whether the engine is not the same afterwards."""
    return request.method not in ("GET", "HEAD")


def described(request: Request) -> str:
    """The call as a person reads it: no version, and identifiers cut short."""
    target = re.sub(r"^/v[0-9.]+", "", request.target)
    return f"{request.method} " + re.sub(r"[0-9a-f]{13,64}", lambda match: match[0][:_SHORT], target)


@dataclass(frozen=True)
class Course:
    """An undisturbed update, as the calls it made."""

    requests: Sequence[Request]

    @property
    def changes(self) -> list[Request]:
        return [request for request in self.requests if changes(request)]

    def moments(self, *, during: bool = False, looks: bool = True) -> list[Moment]:
        """All of them, in their order; `during` adds those in the middle of a slow call."""
        found = [*self._at_changes(during), *(self._at_looks() if looks else ())]
        return sorted(found, key=lambda moment: moment.position)

    def place_of(self, pattern: str, after: int = 0) -> int | None:
        """Which changing call is the first of this kind beyond the number `after`."""
        numbered = enumerate(self.changes, 1)
        return next((place for place, one in numbered if place > after and re.search(pattern, one.target)), None)

    def _at_changes(self, during: bool) -> Iterator[Moment]:
        for place, request in enumerate(self.changes, 1):
            yield Moment(place, When.BEFORE)
            yield Moment(place, When.AFTER)
            if during and _SLOW.search(request.path):
                yield Moment(place, When.DURING)

    def _at_looks(self) -> Iterator[Moment]:
        survey = self._looks_after(0)
        yield Moment(0, When.BEFORE, next(n for n, one in enumerate(survey, 1) if "/containers/json" in one.path))
        mark = self.place_of(r"/rename\?name=.*\.go-")
        if mark is not None:
            yield Moment(mark - 1, When.BEFORE, len(self._looks_after(mark - 1)))
        start = self.place_of(r"/start$")
        if start is not None and len(self._looks_after(start)) > 1:
            yield Moment(start, When.BEFORE, 2)

    def _looks_after(self, change: int) -> list[Request]:
        found: list[Request] = []
        passed = 0
        for request in self.requests:
            if changes(request):
                passed += 1
            elif passed == change:
                found.append(request)
        return found
