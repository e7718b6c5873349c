"""How many requests may be under way at a host at once, and is it time to ask it no more?

Every host begins with as many as the whole check may have. It gets fewer when it shows strain (429, 5xx, answers
that take much longer than its best), and step by step more again while it answers gladly. A host that says when to
come back is not asked before, one whose quota is nearly gone is not asked for its last, and one that has answered
nobody in this cycle is given up; all that lasts for one cycle, and concerns no other host.
"""

from __future__ import annotations

import re
import threading
import time
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

from updater.errors import RegistryError, RegistryGivenUp, RegistryPaused, RegistryTimeout, RegistryUnreachable
from updater.model.values import show_duration
from updater.registry.statuses import pause_asked_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from updater.registry.connections import Deadline
    from updater.registry.messages import Answer

# A host that wants a longer pause, in seconds, is asked again in the next cycle only.
LONGEST_PAUSE = 3.0
# Answers a quota is left with: for the pull that may follow, and for whoever else shares it.
_LEFT_FOR_OTHERS = 2
_STRAINED = frozenset({429, 500, 502, 503, 504})
# An answer is late if it takes this many times as long as the best, and this many seconds longer.
_LATE_FACTOR, _LATE_SECONDS = 3.0, 0.25
_FEWER, _SLIGHTLY_FEWER = 0.5, 0.75
# A request that has waited this long, in seconds, is stuck and holds no place: on a host that answers everything but
# one path, the others must not wait for that.
_STUCK_SECONDS = 2.0
# Refusals (429) in a row without a word about when to come back, after which a host is left alone.
_REFUSALS = 6
# Requests in a row, per place, that got no answer from a host that had answered before: three attempts each.
_FAILURES = 3
# `100;w=21600`: so many requests, within so many seconds (IETF draft "RateLimit header fields", before version 07).
_QUOTA = re.compile(r"\s*(\d{1,9})(?!\d)\s*(?:;\s*w\s*=\s*(\d{1,9})(?!\d))?")


@dataclass(frozen=True, slots=True)
class Quota:
    """What a registry says of its limit: how many requests are left, of how many, within how many seconds."""

    remaining: int
    limit: int | None = None
    window_seconds: int | None = None


def parse_quota(answer: Answer) -> Quota | None:
    """Read `ratelimit-remaining` and `ratelimit-limit`; None where the answer says nothing that can be read."""
    remaining = _QUOTA.match(answer.headers.get("ratelimit-remaining", ""))
    if remaining is None:
        return None
    limit = _QUOTA.match(answer.headers.get("ratelimit-limit", ""))
    window = remaining[2] or (limit[2] if limit else None)
    return Quota(int(remaining[1]), int(limit[1]) if limit else None, int(window) if window else None)


class Weight(Enum):
    """What a request costs of a quota: tokens and lists nothing, asking for a digest perhaps, content always."""

    NONE = auto()
    DIGEST = auto()
    CONTENT = auto()


class Pace:
    """The pace of one host, shared by threads. `most` is how many requests it is ever asked at once.

    Requests that are stuck hold no place, so that there may be more of them.
    """

    def __init__(self, host: str, most: int) -> None:
        self._host = host
        self._most = most
        self._changed = threading.Condition()
        self._limit = float(most)
        self._lessened_at = 0.0
        self._best_seconds: float | None = None
        self._under_way: list[float] = []
        self._paused_until = 0.0
        self._has_answered = False
        self._failures = 0
        self._given_up: str | None = None
        self._refusals = 0
        self._digests_are_free: bool | None = None
        self._last_weight = Weight.NONE
        self.quota: Quota | None = None

    def begin_cycle(self) -> None:
        """What was held against the host is forgotten, but for a pause that is not over."""
        with self._changed:
            self._has_answered = False
            self._failures = self._refusals = 0
            self._given_up = self.quota = self._digests_are_free = None

    @property
    def at_once(self) -> int:
        """How many requests it may have under way now."""
        return max(1, int(self._limit))

    def gives_up(self, error: RegistryUnreachable) -> None:
        """All attempts of one question were in vain; where nobody else got an answer either, nobody asks any more."""
        with self._changed:
            if not self._has_answered:
                self._given_up = str(error)
                self._changed.notify_all()

    def send(self, send: Callable[[], Answer], deadline: Deadline, weight: Weight = Weight.CONTENT) -> Answer:
        """Send when it is this request's turn.

        Raises RegistryPaused and RegistryGivenUp where the host is not to be asked.
        """
        began = self._wait_for_turn(deadline, weight)
        answer: Answer | None = None
        failure: RegistryError | None = None
        try:
            answer = send()
        except RegistryError as error:
            failure = error
            raise
        finally:
            with self._changed:
                self._under_way.remove(began)
                if answer is not None:
                    self._learn(answer, began, weight)
                elif isinstance(failure, RegistryUnreachable):
                    self._failures += 1
                    if self._failures >= _FAILURES * self._most:
                        self._given_up = str(failure)
                self._changed.notify_all()
        return answer

    def _wait_for_turn(self, deadline: Deadline, weight: Weight) -> float:
        with self._changed:
            while True:
                now = time.monotonic()
                self._refuse_where_pointless(now, weight)
                pause = self._paused_until - now
                if pause <= 0 and self._places_taken(now) < self._allowed(weight):
                    self._under_way.append(now)
                    return now
                if not deadline.remaining:
                    raise RegistryTimeout(
                        f"no time was left to ask {self._host}, which is slow now; it is tried again in the next cycle"
                    )
                self._changed.wait(min(deadline.remaining, pause if pause > 0 else _STUCK_SECONDS))

    def _places_taken(self, now: float) -> int:
        return sum(began > now - _STUCK_SECONDS for began in self._under_way)

    def _allowed(self, weight: Weight) -> int:
        if self.quota is None or self._is_free(weight):
            return self.at_once
        return max(1, min(self.at_once, self.quota.remaining - _LEFT_FOR_OTHERS))

    def _is_free(self, weight: Weight) -> bool:
        return weight is Weight.NONE or (weight is Weight.DIGEST and self._digests_are_free is True)

    def _refuse_where_pointless(self, now: float, weight: Weight) -> None:
        pause = self._paused_until - now
        if pause > LONGEST_PAUSE:
            raise RegistryPaused(f"{self._host} wants to be asked again in {pause:.0f} s, so it is left alone", pause)
        if self._is_used_up(weight):
            assert self.quota is not None
            raise RegistryPaused(
                f"{self._host} answers only {self.quota.remaining} more requests{_within(self.quota)}, which are left"
                " for pulls; check less often, or log in for a higher limit",
                self.quota.window_seconds,
            )
        if self._refusals >= _REFUSALS:
            raise RegistryPaused(
                f"{self._host} says again and again that it is asked too often, so it is left alone until the next"
                " cycle; check less often, or log in for a higher limit"
            )
        if self._given_up is not None:
            raise RegistryGivenUp(self._given_up)

    def _is_used_up(self, weight: Weight) -> bool:
        if self.quota is None or self.quota.remaining > _LEFT_FOR_OTHERS or self._is_free(weight):
            return False
        # Whether asking for a digest counts (at Docker Hub it does not), one more such request shows, by itself.
        return not (weight is Weight.DIGEST and self._digests_are_free is None)

    def _learn(self, answer: Answer, began: float, weight: Weight) -> None:
        now = time.monotonic()
        seconds = now - began
        self._has_answered = True
        self._failures = 0
        self._refusals = self._refusals + 1 if answer.status == 429 else 0
        self._note_quota(answer, weight, now)
        if (pause := pause_asked_for(answer)) is not None:
            self._paused_until = max(self._paused_until, now + pause)
        if answer.status in _STRAINED:
            self._lessen(_FEWER, began, now)
            return
        best = min(seconds, self._best_seconds or seconds)
        self._best_seconds = best
        if seconds > _LATE_FACTOR * best + _LATE_SECONDS:
            self._lessen(_SLIGHTLY_FEWER, began, now)
        else:
            self._limit = min(float(self._most), self._limit + 1 / self._limit)

    def _lessen(self, factor: float, began: float, now: float) -> None:
        # Those that were under way together tell of one and the same strain.
        if began > self._lessened_at:
            self._limit = max(1.0, self._limit * factor)
            self._lessened_at = now

    def _note_quota(self, answer: Answer, weight: Weight, now: float) -> None:
        quota = parse_quota(answer)
        if quota is None:
            return
        known, before = self.quota, self._last_weight
        self._last_weight = weight
        if known is not None and weight is before is Weight.DIGEST and quota.remaining <= known.remaining:
            # As many left after two in a row: neither was counted.
            self._digests_are_free = quota.remaining == known.remaining
        # Answers overtake each other: a number slightly above the known one is an older one.
        is_older = known is not None and 0 < quota.remaining - known.remaining <= self._most
        if not is_older:
            self.quota = quota
        if quota.remaining <= _LEFT_FOR_OTHERS and quota.window_seconds and quota.window_seconds <= LONGEST_PAUSE:
            self.quota, self._paused_until = None, max(self._paused_until, now + quota.window_seconds)


def _within(quota: Quota) -> str:
    return f" within {show_duration(quota.window_seconds)}" if quota.window_seconds else ""
