"""Read me first: one pass through all rooms.

    unfinished updates → containers → published digests → candidates → decisions → plans → outcomes → report

`check` stops after the decisions, `run --dry-run` after the plans, `run` goes through; `recover` is its beginning.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from updater.carrying_out import carry_out, remember_all
from updater.errors import EngineError, UnknownContainer, UpdaterError, UsageError
from updater.going_back import plan_rollback
from updater.itself import own_container
from updater.looking_ahead import look_ahead
from updater.model.candidate import Status
from updater.model.decision import Action
from updater.model.forecast import NOTHING_CHANGES
from updater.model.history import Operation
from updater.model.need import Condition
from updater.model.outcome import ImageAt, Outcome, OutcomeKind
from updater.model.published import Published
from updater.model.reason import Reason, ReasonCode
from updater.model.report import CheckReport, CycleReport, DiffReport
from updater.planning import plan_companions, plan_update
from updater.policy.needs import needs_of_all
from updater.policy.order import leave_circles, providers
from updater.policy.rules import decide
from updater.policy.scope import consider
from updater.policy.terms import terms_for_recovery
from updater.recreator.names import kept_name
from updater.recreator.recovery import is_worked_on, recover
from updater.recreator.transaction import perform
from updater.recreator.unfinished import Unfinished, find_unfinished, in_groups
from updater.remembering import facts_of, reject, remember, remember_seen
from updater.watcher.dependents import dependents_of
from updater.watcher.survey import survey, with_all_dependents
from updater.world import surroundings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from updater.model.candidate import Candidate
    from updater.model.container import ContainerSnapshot, Inventory
    from updater.model.decision import Decision
    from updater.model.digest import Digest
    from updater.model.forecast import Forecast
    from updater.policy.needs import Needs
    from updater.policy.terms import Request
    from updater.world import World

    Tell = Callable[[Outcome], None]


def check(world: World, request: Request, *, everything: bool, parallel_checks: int) -> CheckReport:
    """Decide on every container and touch none. Raises UnknownContainer before anything is asked of a registry."""
    inventory = world.engine.inventory()
    unfinished = find_unfinished(inventory.containers)
    checked, _ = _decide(world, request, inventory, unfinished, everything=everything, parallel_checks=parallel_checks)
    return checked


def run(
    world: World, request: Request, *, parallel_checks: int, parallel_updates: int, dry_run: bool, tell: Tell
) -> CycleReport:
    """One whole cycle. `tell` hears of each outcome as it comes."""
    started_at = datetime.now(UTC)
    inventory = world.engine.inventory()
    recovered: tuple[Outcome, ...] = ()
    unfinished = find_unfinished(inventory.containers)
    _resolve_names(request.names, inventory, unfinished)  # a wrong name is an error before anything happens
    if unfinished and not dry_run:
        recovered = _recover_all(unfinished, world, request, inventory, tell)
        inventory = world.engine.inventory()
        unfinished = find_unfinished(inventory.containers)
    checked, needs = _decide(
        world, request, inventory, unfinished, everything=False, parallel_checks=parallel_checks, before_updates=True
    )
    outcomes: list[Outcome] = []
    with world.interruption.deferred():  # from here on there is something to report
        to_update = []
        for decision in checked.decisions:
            if decision.action is Action.UPDATE and not dry_run:
                to_update.append(decision)
                continue
            outcomes.append(_not_to_be_done(decision, world, inventory, dry_run=dry_run))
            tell(outcomes[-1])
        carried_out = carry_out(to_update, world, inventory, request, needs, tell, parallel_updates=parallel_updates)
    in_order = _one_each((*outcomes, *carried_out))
    return CycleReport(checked.engine, started_at, datetime.now(UTC), checked.decisions, in_order, recovered)


def _one_each(outcomes: Sequence[Outcome]) -> tuple[Outcome, ...]:
    """The last word on each container, by name; that it was left alone afterwards is no news of one that failed."""
    last: dict[str, Outcome] = {}
    for outcome in outcomes:
        before = last.get(outcome.name)
        failed = before is not None and before.kind in (OutcomeKind.FAILED, OutcomeKind.ROLLED_BACK)
        if not (failed and outcome.kind is OutcomeKind.SKIPPED):
            last[outcome.name] = outcome
    return tuple(last[name] for name in sorted(last))


def diff(world: World, request: Request, name: str, *, parallel_checks: int) -> DiffReport:
    """What an update of one container would change in it, for whatever reason it may be left alone. Touches none."""
    inventory = world.engine.inventory()
    unfinished = find_unfinished(inventory.containers)
    request = replace(request, names=frozenset({name}))
    checked, _ = _decide(world, request, inventory, unfinished, everything=False, parallel_checks=parallel_checks)
    if not checked.decisions:
        raise UsageError(f"{name} is being updated, or that was cut short; `updater recover` says more")
    (decision,) = checked.decisions
    candidate = decision.candidate
    kind = OutcomeKind.CURRENT if candidate.status is Status.CURRENT else OutcomeKind.SKIPPED
    untouched = _untouched(decision, kind, decision.reasons[0])
    if candidate.status is not Status.OUTDATED or candidate.auto_remove:
        return DiffReport(decision, untouched.source, untouched.target, None)
    forecast = _foretell(decision, world, inventory)
    return DiffReport(decision, untouched.source, replace(untouched.target, image_id=forecast.image_id), forecast)


def recover_only(world: World, request: Request, tell: Tell) -> tuple[Outcome, ...]:
    """Finish or undo every update that was cut short."""
    inventory = world.engine.inventory()
    return _recover_all(find_unfinished(inventory.containers), world, request, inventory, tell)


def roll_back(world: World, request: Request, name: str, tell: Tell) -> tuple[Outcome, ...]:
    """Put one container back on the image it ran before its last update, and turn down the one it ran until now.

    Its own outcome is the first; those that depend on it come along. Raises UsageError where there is nothing to go
    back to.
    """
    inventory = world.engine.inventory()
    unfinished = find_unfinished(inventory.containers)
    (full_name,) = _resolve_names(frozenset({name}), inventory, unfinished)
    if unfinished:
        recovered = _recover_all(unfinished, world, request, inventory, tell)
        inventory = world.engine.inventory()
        if done := _asked_before(full_name, unfinished, recovered):
            return done
    container = next((found for found in inventory.containers if found.name == full_name), None)
    if container is None:
        raise UsageError(f"{full_name} is being updated, or could not be recovered; `updater recover` says more")
    # Who names a container means it, running or not.
    defaults = {**(request.defaults or {}), "include_stopped": True}
    request = replace(
        request, names=frozenset({full_name}), own_id=own_container(inventory.containers), defaults=defaults
    )
    plan = plan_rollback(consider(container, request), world.engine, world.memory)
    plan = replace(plan, kept_image=inventory.tags.get(kept_name(full_name)))
    turned_down: frozenset[Digest] = frozenset()
    if container.image is not None and plan.reference is not None:
        known = {rejection.digest for rejection in world.memory.rejections(full_name)}
        turned_down = container.image.digests_for(plan.reference) - known
        # Before it is done: should this be cut short, recovery goes on with it, and `run` must not take it back.
        reason = Reason(ReasonCode.REJECTED_BEFORE, "You rolled it back.")
        reject(full_name, plan.image, turned_down, reason, world.memory)
    inspected = {found.id: world.engine.inspect_container(found.id) for found in inventory.containers}
    dependents = dependents_of(container, inventory.containers, inspected)
    busy = _ids_of(find_unfinished(inventory.containers))
    if waiting := [dependent.name for dependent in dependents if dependent.container.id in busy]:
        raise UsageError(f"{waiting[0]}, which depends on {full_name}, is being updated, or could not be recovered")
    with world.interruption.deferred():
        companions = plan_companions(dependents, world.engine, request, {})
        outcomes = perform(plan, surroundings(world, inventory), companions)
    if outcomes[0].kind is not OutcomeKind.ROLLED_BACK:
        for digest in turned_down:  # it runs on, so nobody turned it down
            world.memory.withdraw(full_name, digest)
    for outcome in outcomes:
        tell(outcome)
    remember_all(outcomes, Operation.ROLLBACK, world)
    return outcomes


def _asked_before(name: str, unfinished: Sequence[Unfinished], recovered: Sequence[Outcome]) -> tuple[Outcome, ...]:
    """What came of the same rollback, if it had been cut short: it is done now, and not to be done twice."""
    same = any(update.name == name and update.is_rollback for update in unfinished)
    return tuple(outcome for outcome in recovered if same and outcome.name == name)


def _recover_all(
    unfinished: Sequence[Unfinished], world: World, request: Request, inventory: Inventory, tell: Tell
) -> tuple[Outcome, ...]:
    outcomes = []
    with world.interruption.deferred():
        for group in in_groups(unfinished):
            for outcome in _recover_one(group, world, request, inventory):
                outcomes.append(outcome)
                tell(outcome)
    return tuple(outcomes)


def _recover_one(
    group: Sequence[Unfinished], world: World, request: Request, inventory: Inventory
) -> tuple[Outcome, ...]:
    around = surroundings(world, inventory)
    if any(is_worked_on(update, around, world.engine.is_local) for update in group):
        reason = Reason(ReasonCode.BUSY, "Another updater is working on it at this moment.")
        return tuple(_not_recovered(update, OutcomeKind.SKIPPED, reason) for update in group)
    terms = {update.name: terms_for_recovery(update.containers[0], update.name, request) for update in group}
    try:
        outcomes = recover(group, terms, around)
    except EngineError as error:
        if error.temporary:
            raise  # the engine is away: for the others, too
        outcomes = tuple(_not_recovered(update, OutcomeKind.FAILED, error.reason) for update in group)
    for outcome in outcomes:
        remember(outcome, Operation.RECOVERY, world.memory)
    return outcomes


def _not_recovered(update: Unfinished, kind: OutcomeKind, reason: Reason) -> Outcome:
    source = ImageAt(update.containers[-1].image_id, None)
    return Outcome(update.name, update.containers[0].image_text, kind, reason, source, ImageAt(None, None))


def _decide(
    world: World,
    request: Request,
    inventory: Inventory,
    unfinished: Sequence[Unfinished],
    *,
    everything: bool,
    parallel_checks: int,
    before_updates: bool = False,
) -> tuple[CheckReport, Needs]:
    """Containers under a working name are no containers of the user's; the one they are for is busy.

    `before_updates`: what is going to be updated is looked at together with every container that may need it.
    """
    working = {
        container.id for update in unfinished for container in update.containers if container.name != update.name
    }
    containers = [container for container in inventory.containers if container.id not in working]
    request = replace(
        request,
        names=_resolve_names(request.names, inventory, unfinished),
        own_id=own_container(containers),
        busy=frozenset(update.name for update in unfinished),
    )
    needs = _needs(containers, request)
    request = replace(request, jobs=_jobs(containers, needs, request))
    considerations = [consider(container, request) for container in containers]
    shown = [
        consideration
        for consideration in considerations
        if (consideration.container.name in request.names if request.names else everything or consideration.listed)
    ]
    candidates = survey(shown, inventory, world.engine, world.registry, parallel_checks)
    remember_seen(candidates, world.memory)
    busy = _ids_of(unfinished)

    def decided(candidates: Sequence[Candidate]) -> list[Decision]:
        facts = (facts_of(candidate, world.memory, request.own_id, busy) for candidate in candidates)
        return [decide(candidate, known) for candidate, known in zip(candidates, facts, strict=True)]

    decisions = decided(candidates)
    if before_updates and any(decision.action is Action.UPDATE for decision in decisions):
        decisions = decided(with_all_dependents(candidates, inventory, world.engine, parallel_checks))
    decisions.sort(key=lambda decision: decision.container.name)
    arranged = leave_circles(decisions, providers(needs, decisions))
    return CheckReport(world.engine.info, arranged, unlisted=len(considerations) - len(shown)), needs


def _ids_of(unfinished: Sequence[Unfinished]) -> frozenset[str]:
    return frozenset(container.id for update in unfinished for container in update.containers)


def _needs(containers: Sequence[ContainerSnapshot], request: Request) -> Needs:
    named = {container.name: consider(container, request).terms.depends_on for container in containers}
    return needs_of_all(containers, named)


def _jobs(containers: Sequence[ContainerSnapshot], needs: Needs, request: Request) -> frozenset[str]:
    """Those that containers we care for need to have ended well: such a job is run again on its new image."""
    cared_for = {container.name for container in containers if consider(container, request).listed}
    return frozenset(
        need.on
        for name in cared_for | request.names
        for need in needs.get(name, ())
        if need.condition is Condition.COMPLETED
    )


def _resolve_names(names: frozenset[str], inventory: Inventory, unfinished: Sequence[Unfinished]) -> frozenset[str]:
    """Names as given, or ids as docker shows them, to names. One whose update was cut short may have none now."""
    between = frozenset(update.name for update in unfinished)
    return frozenset(_resolve_name(name, inventory.containers, between) for name in names)


def _resolve_name(given: str, containers: Sequence[ContainerSnapshot], between: frozenset[str]) -> str:
    name = given.lstrip("/")
    if name in between or any(container.name == name for container in containers):
        return name
    by_id = [container.name for container in containers if len(name) >= 4 and container.id.startswith(name)]
    if len(by_id) == 1:
        return by_id[0]
    if len(by_id) > 1:
        raise UnknownContainer(f"{given!r} begins the ids of several containers: {', '.join(sorted(by_id))}")
    there = ", ".join(sorted(container.name for container in containers)) or "none at all"
    raise UnknownContainer(f"no container is named {given!r}; there are: {there}")


def _not_to_be_done(decision: Decision, world: World, inventory: Inventory, *, dry_run: bool) -> Outcome:
    """The outcome of whatever is not updated in this cycle."""
    if decision.action is not Action.UPDATE:
        kind = OutcomeKind.CURRENT if decision.candidate.status is Status.CURRENT else OutcomeKind.SKIPPED
        untouched = _untouched(decision, kind, decision.reasons[0])
        return replace(untouched, forecast=NOTHING_CHANGES) if dry_run else untouched
    return _would_update(decision, world, inventory)


def _would_update(decision: Decision, world: World, inventory: Inventory) -> Outcome:
    outcome = _untouched(decision, OutcomeKind.WOULD_UPDATE, decision.reasons[0])
    along = tuple(reason.message for reason in decision.reasons[1:])  # who is recreated with it
    try:
        forecast = _foretell(decision, world, inventory)
    except UpdaterError as error:
        if isinstance(error, EngineError) and error.temporary:
            raise  # the engine is away: for the others, too
        return replace(outcome, notes=(*along, f"What would change in it cannot be told: {error}"))
    return replace(outcome, notes=(*along, *forecast.notes), forecast=forecast)


def _foretell(decision: Decision, world: World, inventory: Inventory) -> Forecast:
    published = decision.candidate.published_image
    assert published is not None  # what is outdated has been read
    return look_ahead(plan_update(decision, world.engine, inventory, {}), published, world.engine)


def _untouched(decision: Decision, kind: OutcomeKind, reason: Reason) -> Outcome:
    candidate = decision.candidate
    published = candidate.lookup.digest if isinstance(candidate.lookup, Published) else None
    current = kind is OutcomeKind.CURRENT
    return Outcome(
        name=candidate.container.name,
        image=candidate.container.image_text,
        kind=kind,
        reason=reason,
        source=ImageAt(candidate.container.image_id, candidate.running_digest),
        target=ImageAt(candidate.container.image_id if current else None, published),
    )
