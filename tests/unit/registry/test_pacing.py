"""How many requests does a host get at once, and when is it left alone? With answers as values, no socket."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from updater.errors import RegistryGivenUp, RegistryPaused, RegistryTimeout, RegistryUnreachable
from updater.registry.connections import Deadline
from updater.registry.messages import Answer
from updater.registry.pacing import Pace, Quota, Weight, parse_quota

if TYPE_CHECKING:
    from collections.abc import Callable

OK = Answer(200)


def sent(pace: Pace, *answers: Answer) -> None:
    for answer in answers:
        assert pace.send(lambda answer=answer: answer, Deadline(1.0)) is answer  # type: ignore[misc]


def unreachable() -> Answer:
    raise RegistryUnreachable("no connection to r.example; check that it runs")


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_strain_halves_what_is_under_way_at_once_and_gladness_brings_it_back(status: int) -> None:
    pace = Pace("r.example", 16)
    sent(pace, OK, Answer(status))
    assert pace.at_once == 8
    sent(pace, OK, Answer(status), OK, Answer(status), OK, Answer(status), OK, Answer(status), OK, Answer(status))
    assert pace.at_once == 1
    sent(pace, *[OK] * 200)
    assert pace.at_once == 16


@pytest.mark.parametrize("status", [200, 401, 403, 404])
def test_other_answers_are_no_strain(status: int) -> None:
    pace = Pace("r.example", 16)
    sent(pace, *[Answer(status)] * 50)
    assert pace.at_once == 16


def together(pace: Pace, number: int, answer: Callable[[], Answer]) -> list[Exception]:
    """So many requests from as many threads, all of which are under way before the first is answered."""
    errors: list[Exception] = []

    def one() -> None:
        try:
            pace.send(answer, Deadline(5.0))
        except Exception as error:  # noqa: BLE001 - handed to the test
            errors.append(error)

    threads = [threading.Thread(target=one) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return errors


def test_answers_that_were_under_way_together_tell_of_one_strain() -> None:
    pace, barrier = Pace("r.example", 8), threading.Barrier(8)

    def strained() -> Answer:
        barrier.wait(5)
        return Answer(503)

    assert together(pace, 8, strained) == []
    assert pace.at_once == 4


def test_never_more_are_under_way_than_allowed() -> None:
    pace, lock, now, most = Pace("r.example", 16), threading.Lock(), [0], [0]
    sent(pace, OK, Answer(503), OK, Answer(503))
    assert pace.at_once == 4
    gate = threading.Event()

    def counting() -> Answer:
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        gate.wait(0.02)
        with lock:
            now[0] -= 1
        return Answer(503)

    assert together(pace, 12, counting) == []
    assert 1 <= most[0] <= 4


def test_late_answers_slow_it_down() -> None:
    pace, wait = Pace("r.example", 16), threading.Event()

    def late() -> Answer:
        wait.wait(0.3)
        return OK

    sent(pace, OK)
    pace.send(late, Deadline(5.0))
    assert pace.at_once == 12


def test_what_is_stuck_keeps_nobody_from_his_turn() -> None:
    pace, gate, began = Pace("r.example", 1), threading.Event(), threading.Event()

    def stuck() -> Answer:
        began.set()
        gate.wait(10)
        return OK

    thread = threading.Thread(target=lambda: pace.send(stuck, Deadline(20.0)))
    thread.start()
    began.wait(5)
    assert pace.send(lambda: OK, Deadline(5.0)) is OK
    gate.set()
    thread.join()


def test_no_turn_within_the_deadline() -> None:
    pace, gate, began = Pace("r.example", 1), threading.Event(), threading.Event()

    def slow() -> Answer:
        began.set()
        gate.wait(5)
        return OK

    thread = threading.Thread(target=lambda: pace.send(slow, Deadline(5.0)))
    thread.start()
    began.wait(5)
    with pytest.raises(RegistryTimeout, match="slow now"):
        pace.send(lambda: OK, Deadline(0.05))
    gate.set()
    thread.join()


def test_a_long_pause_is_kept_for_the_cycle_and_beyond() -> None:
    pace = Pace("r.example", 16)
    sent(pace, Answer(429, {"retry-after": "60"}))
    for _ in range(2):
        with pytest.raises(RegistryPaused, match=r"again in (60|59) s") as caught:
            sent(pace, OK)
        assert caught.value.reason.until is not None
        pace.begin_cycle()


def test_a_short_pause_is_waited_for() -> None:
    pace = Pace("r.example", 16)
    sent(pace, Answer(503, {"retry-after": "1"}), OK)
    sent(pace, Answer(429, {"retry-after": "1"}))
    with pytest.raises(RegistryTimeout):
        pace.send(lambda: OK, Deadline(0.01))


def test_a_pause_that_another_answer_names_means_nothing() -> None:
    pace = Pace("r.example", 16)
    sent(pace, Answer(404, {"retry-after": "60"}), OK)


def test_refusals_without_a_time_end_the_cycle_at_this_host() -> None:
    pace = Pace("r.example", 16)
    sent(pace, *[Answer(429)] * 5, OK, *[Answer(429)] * 6)
    with pytest.raises(RegistryPaused, match="again and again"):
        sent(pace, OK)
    pace.begin_cycle()
    sent(pace, OK)


def test_a_host_that_never_answers_is_given_up() -> None:
    pace = Pace("r.example", 2)
    asked = []

    def failing() -> Answer:
        asked.append(1)
        return unreachable()

    for _ in range(10):
        with pytest.raises(RegistryUnreachable, match="no connection"):
            pace.send(failing, Deadline(1.0))
    assert len(asked) == 6
    pace.begin_cycle()
    sent(pace, OK)


def test_one_answer_makes_up_for_failures() -> None:
    pace = Pace("r.example", 2)
    for _ in range(5):
        with pytest.raises(RegistryUnreachable):
            pace.send(unreachable, Deadline(1.0))
        sent(pace, OK)
        with pytest.raises(RegistryUnreachable):
            pace.send(unreachable, Deadline(1.0))


def left(remaining: int, window: str = ";w=21600") -> Answer:
    return Answer(200, {"ratelimit-limit": f"100{window}", "ratelimit-remaining": f"{remaining}{window}"})


def test_the_last_of_a_quota_is_left_to_others() -> None:
    pace = Pace("r.example", 16)
    sent(pace, left(3), left(2))
    with pytest.raises(RegistryPaused, match="only 2 more requests within 6h") as caught:
        sent(pace, OK)
    assert caught.value.reason.until is not None
    pace.begin_cycle()
    sent(pace, left(50))


def digests(pace: Pace, *answers: Answer) -> None:
    for answer in answers:
        pace.send(lambda answer=answer: answer, Deadline(1.0), Weight.DIGEST)  # type: ignore[misc]


def test_asking_for_digests_goes_on_where_that_is_not_counted() -> None:
    pace = Pace("r.example", 16)
    digests(pace, left(0), left(0), left(0))  # as at Docker Hub
    with pytest.raises(RegistryPaused):
        sent(pace, OK)  # but content is
    digests(pace, left(0))


def test_where_it_is_counted_it_ends_in_time() -> None:
    pace = Pace("r.example", 16)
    digests(pace, left(5), left(4), left(3), left(2))
    with pytest.raises(RegistryPaused):
        digests(pace, OK)


def test_tokens_are_never_counted() -> None:
    pace = Pace("r.example", 16)
    sent(pace, left(2))
    assert pace.send(lambda: OK, Deadline(1.0), Weight.NONE) is OK


def test_a_short_window_is_waited_for() -> None:
    pace = Pace("r.example", 16)
    sent(pace, left(0, ";w=1"), OK)


def test_a_host_that_answered_nobody_is_given_up() -> None:
    pace = Pace("r.example", 16)
    pace.gives_up(RegistryUnreachable("no connection to r.example"))
    with pytest.raises(RegistryGivenUp, match="no connection"):
        sent(pace, OK)
    pace.begin_cycle()
    sent(pace, OK)
    pace.gives_up(RegistryUnreachable("one path hangs"))
    sent(pace, OK)


def test_a_small_quota_bounds_what_is_under_way() -> None:
    pace, lock, now, most = Pace("r.example", 16), threading.Lock(), [0], [0]
    sent(pace, left(5))

    def counting() -> Answer:
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        threading.Event().wait(0.02)
        with lock:
            now[0] -= 1
        return left(5)

    assert together(pace, 12, counting) == []
    assert most[0] == 3


def test_an_answer_that_was_overtaken_does_not_refill_a_quota() -> None:
    pace = Pace("r.example", 16)
    sent(pace, left(10), left(12))
    assert pace.quota == Quota(10, 100, 21600)
    sent(pace, left(90))
    assert pace.quota == Quota(90, 100, 21600)


@pytest.mark.parametrize(
    ("remaining", "limit", "expected"),
    [
        ("76;w=21600", "100;w=21600", Quota(76, 100, 21600)),
        ("76", "100", Quota(76, 100)),
        ("76", None, Quota(76)),
        ("76, 76;w=60", "100, 100;w=60", Quota(76, 100)),
        ("0;w=60", "100", Quota(0, 100, 60)),
        ("5", "100;w=3600", Quota(5, 100, 3600)),
        ("", "100", None),
        (None, "100;w=21600", None),
        ("many", "100", None),
        ("-1", "100", None),
        ("1" * 50, "100", None),
    ],
)
def test_quotas(remaining: str | None, limit: str | None, expected: Quota | None) -> None:
    given_headers = {"ratelimit-remaining": remaining, "ratelimit-limit": limit}
    headers = {name: value for name, value in given_headers.items() if value is not None}
    assert parse_quota(Answer(200, headers)) == expected


@given(st.text(max_size=40), st.text(max_size=40))
def test_no_header_raises(remaining: str, limit: str) -> None:
    parse_quota(Answer(200, {"ratelimit-remaining": remaining, "ratelimit-limit": limit}))
