"""Read me first: one pass through all rooms.

    containers → published digests → candidates → decisions → plans → outcomes → report

`check` stops after the decisions, `run --dry-run` after the plans, `run` goes through.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from updater.errors import UnknownContainer
from updater.itself import own_container
from updater.model.candidate import Status
from updater.model.decision import Action
from updater.model.outcome import ImageAt, Outcome, OutcomeKind
from updater.model.plan import Plan
from updater.model.published import Published
from updater.model.reason import Reason, ReasonCode
from updater.model.report import CheckReport, CycleReport
from updater.policy.rules import decide
from updater.policy.scope import consider
from updater.recreator.recreation import Surroundings
from updater.recreator.transaction import perform
from updater.watcher.survey import survey

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from updater.engine.docker_engine import DockerEngine
    from updater.interruption import Interruption
    from updater.model.container import ContainerSnapshot, Inventory
    from updater.model.decision import Decision
    from updater.model.reference import ImageReference
    from updater.policy.terms import Request
    from updater.recreator.recreation import Narrator
    from updater.watcher.survey import Registry


@dataclass(frozen=True, slots=True)
class World:
    """Everything outside that a cycle touches."""

    engine: DockerEngine
    registry: Registry
    pull_credentials: Callable[[ImageReference], Mapping[str, str]]
    narrator: Narrator
    interruption: Interruption


def check(world: World, request: Request, *, everything: bool, parallel_checks: int) -> CheckReport:
    """Decide on every container and touch none. Raises UnknownContainer before anything is asked of a registry."""
    inventory = world.engine.inventory()
    request = replace(
        request,
        names=_resolve_names(request.names, inventory),
        own_id=own_container(inventory.containers),
    )
    considerations = [consider(container, request) for container in inventory.containers]
    shown = [
        consideration
        for consideration in considerations
        if (consideration.container.name in request.names if request.names else everything or consideration.listed)
    ]
    candidates = survey(shown, inventory, world.engine, world.registry, parallel_checks)
    decisions = sorted((decide(candidate) for candidate in candidates), key=lambda decision: decision.container.name)
    return CheckReport(world.engine.info, tuple(decisions), unlisted=len(considerations) - len(shown))


def run(
    world: World, request: Request, *, parallel_checks: int, dry_run: bool, tell: Callable[[Outcome], None]
) -> CycleReport:
    """One whole cycle. `tell` hears of each outcome as it comes."""
    started_at = datetime.now(UTC)
    checked = check(world, request, everything=False, parallel_checks=parallel_checks)
    outcomes: list[Outcome] = []
    # All that needs no work first: an interruption later must not leave them out of the report.
    for decision in sorted(checked.decisions, key=lambda decision: decision.action is Action.UPDATE):
        plan = _plan(decision, world.engine)
        outcomes.append(_carry_out(decision, plan, world, dry_run=dry_run))
        tell(outcomes[-1])
    outcomes.sort(key=lambda outcome: outcome.decision.container.name)
    return CycleReport(checked.engine, started_at, datetime.now(UTC), tuple(outcomes))


def _resolve_names(names: frozenset[str], inventory: Inventory) -> frozenset[str]:
    """Names as given, or ids as docker shows them, to names."""
    return frozenset(_resolve_name(name, inventory.containers) for name in names)


def _resolve_name(given: str, containers: Sequence[ContainerSnapshot]) -> str:
    name = given.lstrip("/")
    if any(container.name == name for container in containers):
        return name
    by_id = [container.name for container in containers if len(name) >= 4 and container.id.startswith(name)]
    if len(by_id) == 1:
        return by_id[0]
    there = ", ".join(sorted(container.name for container in containers)) or "none at all"
    raise UnknownContainer(f"no container is named {given!r}; there are: {there}")


def _plan(decision: Decision, engine: DockerEngine) -> Plan | None:
    """What is to be done for an `update`; None for every other decision."""
    if decision.action is not Action.UPDATE:
        return None
    candidate = decision.candidate
    assert candidate.published_image is not None  # nothing is updated to an image that nobody has read
    assert candidate.container.reference is not None
    platform = candidate.platform
    native = platform is None or engine.platform == f"{platform.os}/{platform.architecture}"
    return Plan(
        decision,
        candidate.container.reference,
        candidate.published_image.digest,
        None if native else platform,
    )


def _carry_out(decision: Decision, plan: Plan | None, world: World, *, dry_run: bool) -> Outcome:
    if plan is None:
        kind = OutcomeKind.CURRENT if decision.candidate.status is Status.CURRENT else OutcomeKind.SKIPPED
        return _untouched(decision, kind, decision.reasons[0])
    if dry_run:
        return _untouched(decision, OutcomeKind.WOULD_UPDATE, decision.reasons[0])
    if world.interruption.requested():
        return _untouched(
            decision, OutcomeKind.SKIPPED, Reason(ReasonCode.INTERRUPTED, "You interrupted the run before its turn.")
        )
    with world.interruption.deferred():
        return perform(
            plan,
            Surroundings(world.engine, world.narrator, world.interruption.requested, world.pull_credentials),
        )


def _untouched(decision: Decision, kind: OutcomeKind, reason: Reason) -> Outcome:
    candidate = decision.candidate
    published = candidate.lookup.digest if isinstance(candidate.lookup, Published) else None
    current = kind is OutcomeKind.CURRENT
    return Outcome(
        decision,
        kind,
        reason,
        source=ImageAt(candidate.container.image_id, candidate.running_digest),
        target=ImageAt(candidate.container.image_id if current else None, published),
    )
