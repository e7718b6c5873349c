"""How are many things asked for at once, when some of the answers may be long in coming?

As many at once as the user allows. One that has waited for some seconds is stuck, and holds no place: a registry that
does not answer must keep nobody from the others. There are never more than a few times as many stuck ones, though.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from updater.errors import EngineError, RegistryError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from updater.model.reason import Reason

_STUCK_SECONDS = 2.0
_MOST_TIMES = 4

Key = TypeVar("Key")
Value = TypeVar("Value")


def in_parallel(ask: Callable[[Key], Value], keys: Iterable[Key], at_once: int) -> list[Value]:
    """The answers, in the order of the keys; raises what the first question that failed raised.

    An interruption ends the waiting at once. What is under way then ends with its own time limit, in threads that the
    program's end does not wait for.
    """
    return _Questions(ask, list(keys)).answered(at_once)


def answers_and_failures(
    ask: Callable[[Key], Value], keys: Iterable[Key], at_once: int
) -> tuple[dict[Key, Value], dict[Key, Reason]]:
    """The answers of an engine or a registry, and the reasons for those that there are none of."""

    def one(key: Key) -> tuple[Key, Value | None, Reason | None]:
        try:
            return key, ask(key), None
        except (RegistryError, EngineError) as error:
            return key, None, error.reason

    answers: dict[Key, Value] = {}
    failures: dict[Key, Reason] = {}
    for key, answer, reason in in_parallel(one, keys, at_once):
        if reason is not None:
            failures[key] = reason
        elif answer is not None:
            answers[key] = answer
    return answers, failures


class _Questions(Generic[Key, Value]):
    def __init__(self, ask: Callable[[Key], Value], keys: list[Key]) -> None:
        self._ask = ask
        self._keys = keys
        self._waiting = deque(range(len(keys)))
        self._answers: dict[int, Value] = {}
        self._failures: dict[int, BaseException] = {}
        self._under_way: dict[int, float] = {}
        self._threads = 0
        self._changed = threading.Condition()

    def answered(self, at_once: int) -> list[Value]:
        with self._changed:
            try:
                while len(self._answers) + len(self._failures) < len(self._keys):
                    self._start_threads(at_once)
                    self._changed.wait(_STUCK_SECONDS)
            finally:
                self._waiting.clear()
        if self._failures:
            raise self._failures[min(self._failures)]
        return [self._answers[number] for number in range(len(self._keys))]

    def _start_threads(self, at_once: int) -> None:
        latest = time.monotonic() - _STUCK_SECONDS
        stuck = sum(began <= latest for began in self._under_way.values())
        wanted = min(at_once + stuck, _MOST_TIMES * at_once, self._threads + len(self._waiting))
        for _ in range(wanted - self._threads):
            self._threads += 1
            threading.Thread(target=self._work, name="lookup", daemon=True).start()

    def _work(self) -> None:
        while True:
            with self._changed:
                if not self._waiting:
                    self._threads -= 1
                    return
                number = self._waiting.popleft()
                self._under_way[number] = time.monotonic()
            try:
                answer = self._ask(self._keys[number])
            except BaseException as error:  # noqa: BLE001 - raised again by the one who asked
                self._ended(number, self._failures, error)
            else:
                self._ended(number, self._answers, answer)

    def _ended(self, number: int, place: dict[int, Any], what: object) -> None:
        with self._changed:
            place[number] = what
            del self._under_way[number]
            if not self._waiting:
                self._changed.notify_all()
