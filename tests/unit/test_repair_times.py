"""How often does a daemon look for what was cut short?"""

from __future__ import annotations

from updater.repair_times import RepairTimes


def attempts(times: RepairTimes, since: float, *, all_done: bool = False) -> list[float]:
    """When it looks, up to an hour later, where each look ends in the same way."""
    found = []
    now = since
    while now <= since + 3600:
        if times.is_due(now):
            found.append(now - since)
            times.looked(now, all_done=all_done)
        pause = times.pause(now)
        now += 3601 if pause is None else pause
    return found


def test_at_the_start_and_less_and_less_often_while_something_is_left() -> None:
    times = RepairTimes()
    assert attempts(times, 100.0) == [0, 2, 17, 77, 377]
    assert times.pause(5000.0) is None


def test_once_where_all_is_done() -> None:
    assert attempts(RepairTimes(), 100.0, all_done=True) == [0]


def test_anew_after_a_cycle_or_an_outage() -> None:
    times = RepairTimes()
    attempts(times, 100.0)
    times.wanted()
    assert times.pause(9000.0) == 0
    assert attempts(times, 9000.0) == [0, 2, 17, 77, 377]
