"""What do the costs amount to? Two tables, and whether the goals are met."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.costs import middle

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.costs import Measured

_HEADINGS = (
    ("images", 6),
    ("containers", 10),
    ("latency", 7),
    ("requests", 8),
    ("calls", 5),
    ("wall", 8),
    ("floor", 8),
    ("ratio", 5),
    ("best", 8),
    ("floor", 8),
    ("ratio", 5),
    ("serial", 9),
    ("faster", 6),
    ("cpu", 8),
    ("floor", 8),
    ("ratio", 5),
    ("MiB", 4),
    ("floor", 5),
    ("cycle", 8),
    ("floor", 8),
    ("ratio", 5),
)
_GOAL_IMAGES, _GOAL_LATENCY = 200, 50


def print_table(measured: Sequence[Measured]) -> None:
    """A line per case: what was asked, whole processes, processor, memory, and the work alone without any start.

    Medians; beside them the best of all rounds, which a busy machine disturbs least.
    """
    print("  ".join(heading.rjust(width) for heading, width in _HEADINGS))
    for one in measured:
        print("  ".join(cell.rjust(width) for cell, (_, width) in zip(_cells(one), _HEADINGS, strict=True)))
    print("requests:")
    for one in measured:
        told = ", ".join(f"{count} {what}" for what, count in sorted(one.requests.items()))
        print(f"  {_named(one)}: {told}")
    if any(one.serial_factor > 1 for one in measured):
        print("The serial times of more than 200 images are extrapolated from those of 200.")


def _cells(one: Measured) -> tuple[str, ...]:
    wall, floor = middle(one.updater, "wall"), middle(one.floor, "wall")
    best, best_floor = (min(cost.wall for cost in costs) for costs in (one.updater, one.floor))
    cpu, floor_cpu = middle(one.updater, "cpu"), middle(one.floor, "cpu")
    cycle, bare = middle(one.cycle, "inner"), middle(one.floor, "inner")
    return (
        *(str(number) for number in (one.case.images, one.case.containers, one.case.latency)),
        *(str(_requests(one)), str(one.engine_calls)),
        *(_time(wall), _time(floor), f"{wall / floor:.2f}"),
        *(_time(best), _time(best_floor), f"{best / best_floor:.2f}"),
        *(_time(one.serial_wall), f"{one.serial_wall / wall:.1f}x"),
        *(_time(cpu), _time(floor_cpu), f"{cpu / floor_cpu:.2f}"),
        *(f"{middle(one.updater, 'mebibytes'):.0f}", f"{middle(one.floor, 'mebibytes'):.0f}"),
        *(_time(cycle), _time(bare), f"{cycle / bare:.2f}"),
    )


def print_goals(measured: Sequence[Measured]) -> None:
    """Each goal, what was measured, and whether it holds."""
    for one in measured:
        tokens, pings = one.requests.get("GET token", 0), one.requests.get("GET ping", 0)
        asked = _requests(one) - tokens - pings - _refused(one)
        _goal(f"{_named(one)}: one request per image", asked, asked == one.case.images)
        _goal(f"{_named(one)}: at most one ping and one refusal", pings + _refused(one), pings + _refused(one) <= 1)
    calls = sorted({one.engine_calls for one in measured})
    _goal("engine calls do not grow with the containers", calls, len(calls) == 1)
    for one in measured:
        if (one.case.images, one.case.latency) == (_GOAL_IMAGES, _GOAL_LATENCY):
            _print_goals_of_time(one)


def _print_goals_of_time(one: Measured) -> None:
    wall, cpu = middle(one.updater, "wall"), middle(one.updater, "cpu")
    whole, busier = wall / middle(one.floor, "wall"), cpu / middle(one.floor, "cpu")
    cycle = middle(one.cycle, "inner") / middle(one.floor, "inner")
    faster, memory = one.serial_wall / wall, middle(one.updater, "mebibytes")
    _goal(f"{_named(one)}: a cycle takes at most 1.25 times the floor's time", f"{cycle:.2f}", cycle <= 1.25)
    # How long Python takes to start differs from machine to machine, a registry's latency does not.
    _goal(f"{_named(one)}: a whole `updater check` does so, too", f"{whole:.2f}", whole <= 1.25)
    _goal(f"{_named(one)}: at most twice the floor's processor time", f"{busier:.2f}", busier <= 2)
    _goal(f"{_named(one)}: at least 8 times as fast as one by one", f"{faster:.1f}", faster >= 8)
    _goal(f"{_named(one)}: at most 70 MiB", f"{memory:.0f}", memory <= 70)


def _goal(goal: str, measured: object, holds: bool) -> None:
    print(f"{'holds ' if holds else 'MISSED'}  {goal}: {measured}")


def _requests(one: Measured) -> int:
    return sum(count for what, count in one.requests.items() if what != "connections")


def _refused(one: Measured) -> int:
    """Requests beyond one per image: where a token is wanted, the first to ask is sent for it."""
    return max(0, one.requests.get("HEAD manifests", 0) - one.case.images)


def _named(one: Measured) -> str:
    return f"{one.case.containers} containers on {one.case.images} images, {one.case.latency} ms"


def _time(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"
