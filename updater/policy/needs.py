"""Which containers does a container depend on, by its user's own words? Labels in, needs out; pure.

The user's label names containers; compose's names services of the same project, with a condition each.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from updater.model.need import Condition, Need
from updater.model.reason import Reason, ReasonCode

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from updater.model.container import ContainerSnapshot
    from updater.model.decision import Decision

Needs = Mapping[str, tuple[Need, ...]]
"""By the name of the container that has them."""

_COMPOSE = "com.docker.compose."
_DEPENDS_ON, _PROJECT, _SERVICE = _COMPOSE + "depends_on", _COMPOSE + "project", _COMPOSE + "service"


def needs_of_all(containers: Sequence[ContainerSnapshot], named: Mapping[str, Iterable[str]]) -> Needs:
    """The needs of every container; `named` are the names that label or config entry give for each of them.

    One that is not there is no need: nothing can be waited for. `with_unknown_needs` tells of it.
    """
    there = {container.name for container in containers}
    services = _services(containers)
    found: dict[str, tuple[Need, ...]] = {}
    for container in containers:
        by_label = (Need(name) for name in named.get(container.name, ()) if name in there)
        needs = {need.on: need for need in (*by_label, *_of_compose(container, services))}
        found[container.name] = tuple(needs.values())
    return found


def with_unknown_needs(decisions: Iterable[Decision], there: Collection[str]) -> tuple[Decision, ...]:
    """The decisions, each with a remark on the names in its `depends_on` that no container has: a slip of the pen?"""
    return tuple(_with_unknown_needs(decision, there) for decision in decisions)


def _with_unknown_needs(decision: Decision, there: Collection[str]) -> Decision:
    unknown = [name for name in decision.candidate.consideration.terms.depends_on if name not in there]
    if not unknown:
        return decision
    verb = "has this name" if len(unknown) == 1 else "has one of them"
    message = f"It depends on {', '.join(unknown)}, by your label or config entry, but no container {verb}."
    return replace(decision, reasons=(*decision.reasons, Reason(ReasonCode.UNKNOWN_DEPENDENCY, message)))


def _services(containers: Iterable[ContainerSnapshot]) -> dict[tuple[str, str], list[str]]:
    """The names of the containers of each service; a scaled one has several."""
    services: dict[tuple[str, str], list[str]] = {}
    for container in containers:
        project, service = container.labels.get(_PROJECT), container.labels.get(_SERVICE)
        if project and service:
            services.setdefault((project, service), []).append(container.name)
    return services


def _of_compose(container: ContainerSnapshot, services: Mapping[tuple[str, str], Sequence[str]]) -> Iterator[Need]:
    """`db:service_healthy:true,cache:service_started:false`, as compose writes it on the container."""
    project = container.labels.get(_PROJECT, "")
    for entry in container.user_labels.get(_DEPENDS_ON, "").split(","):
        service, _, how = entry.partition(":")
        condition, _, restart = how.partition(":")
        for name in services.get((project, service), ()):
            known = condition in Condition.__members__.values()
            yield Need(name, Condition(condition) if known else Condition.STARTED, restart == "true")
