"""In which order are containers updated, and which of them have nothing to do with each other? Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from updater.model.decision import Action, Decision
from updater.model.reason import Reason, ReasonCode

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from updater.policy.needs import Needs

Providers = dict[str, set[str]]
"""The names that each container needs, for whatever reason."""


@dataclass(frozen=True, slots=True)
class Line:
    """Those that have to be updated one after the other, in this order."""

    decisions: tuple[Decision, ...]


def providers(needs: Needs, decisions: Iterable[Decision]) -> Providers:
    """The needs by the user's words, and those that the engine knows: namespaces, links, volumes."""
    found: Providers = {name: {need.on for need in of} for name, of in needs.items()}
    for decision in decisions:
        for dependent in decision.candidate.dependents:
            found.setdefault(dependent.name, set()).add(dependent.on)
    return found


def leave_circles(decisions: Sequence[Decision], graph: Providers) -> tuple[Decision, ...]:
    """Containers that need each other in a circle are left, since no order is right for them."""
    return tuple(_unless_in_a_circle(decision, graph) for decision in decisions)


def _unless_in_a_circle(decision: Decision, graph: Providers) -> Decision:
    name = decision.container.name
    if decision.action is not Action.UPDATE or name not in reached(graph.get(name, ()), graph):
        return decision
    circle = sorted(other for other in reached({name}, graph) if name in reached({other}, graph, at_once=False))
    message = f"{', '.join(circle)} depend on each other in a circle, so there is no order to update them in."
    if circle == [name]:
        message = "It depends on itself, by your label or config entry; take its name out of depends_on."
    reason = Reason(ReasonCode.DEPENDENCY_CYCLE, message)
    return replace(decision, action=Action.LEAVE, reasons=(reason, *decision.reasons))


def lines(decisions: Sequence[Decision], graph: Providers) -> tuple[Line, ...]:
    """What is to be updated, providers before those that need them; two lines have nothing to do with each other.

    Containers of one reference are in one line: pointing the tag back for one would pull it from under the other.
    """
    waiting = sorted(decisions, key=lambda decision: decision.container.name)
    ordered = _in_order(waiting, graph)
    together: list[tuple[set[str], list[Decision]]] = []
    for decision in ordered:
        marks = _marks(decision, ordered, graph)
        touching = [line for line in together if line[0] & marks]
        line = (
            marks.union(*(one[0] for one in touching)),
            [*(found for one in touching for found in one[1]), decision],
        )
        together = [*(one for one in together if one not in touching), line]
    place = {id(decision): number for number, decision in enumerate(ordered)}
    return tuple(Line(tuple(sorted(line[1], key=lambda decision: place[id(decision)]))) for line in together)


def _in_order(decisions: Sequence[Decision], graph: Providers) -> list[Decision]:
    """Circles were left before, so there is always one that needs no other."""
    ordered: list[Decision] = []
    waiting = list(decisions)
    while waiting:
        names = {decision.container.name for decision in waiting}
        ready = next(
            (one for one in waiting if not reached(graph.get(one.container.name, ()), graph) & names), waiting[0]
        )
        ordered.append(ready)
        waiting.remove(ready)
    return ordered


def _marks(decision: Decision, all_of_them: Sequence[Decision], graph: Providers) -> set[str]:
    """Two with a mark in common belong into one line."""
    others = {other.container.name for other in all_of_them}
    container = decision.container
    marks = {container.name, *(dependent.name for dependent in decision.candidate.dependents)}
    marks |= reached(graph.get(container.name, ()), graph) & others
    # Also those of dependents: for the moment of their creation their tags are pointed elsewhere.
    touched = (container, *(dependent.container for dependent in decision.candidate.dependents))
    return marks | {f"reference {one.reference.canonical}" for one in touched if one.reference is not None}


def reached(names: Iterable[str], graph: Mapping[str, set[str]], *, at_once: bool = True) -> set[str]:
    """These and all that they need, directly or not; without `at_once` only what they need."""
    found: set[str] = set(names) if at_once else set()
    waiting = list(names)
    while waiting:
        for needed in graph.get(waiting.pop(), ()):
            if needed not in found:
                found.add(needed)
                waiting.append(needed)
    return found
