"""Many questions at once: all are answered, in order, never more than allowed, and the stuck ones hold nobody."""

from __future__ import annotations

import threading

import pytest

from updater.watcher.in_parallel import in_parallel


def test_the_answers_are_in_order() -> None:
    assert in_parallel(lambda number: number * 2, range(200), 16) == [number * 2 for number in range(200)]
    assert in_parallel(str, [], 16) == []
    assert in_parallel(str, [1], 1) == ["1"]


def test_never_more_at_once_than_allowed() -> None:
    lock, now, most = threading.Lock(), [0], [0]

    def ask(_: int) -> None:
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        threading.Event().wait(0.005)
        with lock:
            now[0] -= 1

    in_parallel(ask, range(60), 4)
    assert 1 < most[0] <= 4


def test_the_stuck_ones_keep_nobody_from_his_turn() -> None:
    released, answered = threading.Event(), threading.Event()

    def ask(number: int) -> int:
        if number < 4:
            assert released.wait(30)
        elif number == 9:
            answered.set()
        return number

    def release() -> None:
        answered.wait(30)
        released.set()

    threading.Thread(target=release).start()
    assert in_parallel(ask, range(10), 4) == list(range(10))


def test_what_fails_is_raised_after_all_were_asked() -> None:
    asked = []

    def ask(number: int) -> None:
        asked.append(number)
        if number in (3, 5):
            raise KeyError(number)

    with pytest.raises(KeyError, match="3"):
        in_parallel(ask, range(20), 4)
    assert sorted(asked) == list(range(20))
