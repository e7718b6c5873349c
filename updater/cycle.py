"""Read me first: one pass through all rooms.

    unfinished updates → containers → published digests → candidates → decisions → plans → outcomes → report

`check` stops after the decisions (`checking.py`), `run --dry-run` after the plans, `run` goes through. From the
containers to the decisions it is the same for all (`deciding.py`); what was cut short is finished or undone first
(`repairing.py`).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from updater.deciding import decide_all, resolve_names
from updater.errors import EngineError, UpdaterError, UsageError
from updater.model.candidate import Status
from updater.model.cycle_report import CycleReport
from updater.model.decision import Action
from updater.model.forecast import NOTHING_CHANGES, DiffReport
from updater.model.outcome import ImageAt, Outcome, OutcomeKind
from updater.model.published import Published
from updater.recreator.unfinished import find_unfinished
from updater.remembering import remember_looks

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from updater.model.container import Inventory
    from updater.model.decision import Decision
    from updater.model.forecast import Forecast
    from updater.model.plan import Plan
    from updater.model.reason import Reason
    from updater.policy.terms import Request
    from updater.world import World

    Tell = Callable[[Outcome], None]


def run(
    world: World, request: Request, *, parallel_checks: int, parallel_updates: int, dry_run: bool, tell: Tell
) -> CycleReport:
    """One whole cycle. `tell` hears of each outcome as it comes."""
    # What follows the decisions is much code, and nothing that a check has a use for.
    from updater.carrying_out import carry_out
    from updater.handing_over import concerns_us
    from updater.repairing import recover_all, remove_dead_helpers
    from updater.unheard import write_down_committed

    started_at = datetime.now(UTC)
    request = replace(request, began=started_at)
    inventory = world.engine.inventory()
    recovered: tuple[Outcome, ...] = ()
    unfinished = find_unfinished(inventory.containers)
    resolve_names(request.names, inventory, unfinished)  # a wrong name is an error before anything happens
    if unfinished and not dry_run:
        recovered = recover_all(unfinished, world, request, inventory, tell)
        inventory = world.engine.inventory()
        unfinished = find_unfinished(inventory.containers)
    if not dry_run:
        if concerns_us(inventory.containers, unfinished):
            raise UsageError("the container that this runs in is being updated itself; try again when that is done")
        remove_dead_helpers(world, inventory.containers)
        write_down_committed(inventory.containers, world.memory)
    checked, needs = decide_all(
        world, request, inventory, unfinished, everything=False, parallel_checks=parallel_checks, before_updates=True
    )
    outcomes: list[Outcome] = []
    looked_at = partial(
        remember_looks, checked.decisions, began=started_at, memory=world.memory, scheduled=request.fired is not None
    )
    with world.interruption.deferred():  # from here on there is something to report
        to_update = []
        for decision in checked.decisions:
            if decision.action is Action.UPDATE and not dry_run:
                to_update.append(decision)
                continue
            outcomes.append(_not_to_be_done(decision, world, inventory, dry_run=dry_run))
            tell(outcomes[-1])
        if not dry_run:
            looked_at(outcomes)  # before what may be cut short
        carried_out = carry_out(to_update, world, inventory, request, needs, tell, parallel_updates=parallel_updates)
        looked_at(carried_out)
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
    checked, _ = decide_all(world, request, inventory, unfinished, everything=False, parallel_checks=parallel_checks)
    if not checked.decisions:
        raise UsageError(f"{name} is being updated, or that was cut short; `updater recover` says more")
    (decision,) = checked.decisions
    candidate = decision.candidate
    kind = OutcomeKind.CURRENT if candidate.status is Status.CURRENT else OutcomeKind.SKIPPED
    untouched = _untouched(decision, kind, decision.reasons[0])
    if candidate.status is not Status.OUTDATED or candidate.auto_remove:
        return DiffReport(decision, untouched.source, untouched.target, None)
    _, forecast = _foretell(decision, world, inventory)
    return DiffReport(decision, untouched.source, replace(untouched.target, image_id=forecast.image_id), forecast)


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
        plan, forecast = _foretell(decision, world, inventory)
    except UpdaterError as error:
        if isinstance(error, EngineError) and error.temporary:
            raise  # the engine is away: for the others, too
        return replace(outcome, notes=(*along, f"What would change in it cannot be told: {error}"))
    # As the run is going to tell it, which may lead to a newer tag.
    target = replace(outcome.target, image_id=forecast.image_id)
    return replace(outcome, image=plan.image, target=target, notes=(*along, *forecast.notes), forecast=forecast)


def _foretell(decision: Decision, world: World, inventory: Inventory) -> tuple[Plan, Forecast]:
    published = decision.candidate.published_image
    assert published is not None  # what is outdated has been read
    from updater.looking_ahead import look_ahead
    from updater.planning import plan_update

    plan = plan_update(decision, world.engine, inventory, {})
    return plan, look_ahead(plan, published, world.engine)


def _untouched(decision: Decision, kind: OutcomeKind, reason: Reason) -> Outcome:
    candidate = decision.candidate
    published = candidate.target_digest or (
        candidate.lookup.digest if isinstance(candidate.lookup, Published) else None
    )
    current = kind is OutcomeKind.CURRENT
    return Outcome(
        name=candidate.container.name,
        image=candidate.container.image_text,
        kind=kind,
        reason=reason,
        source=ImageAt(candidate.container.image_id, candidate.running_digest),
        target=ImageAt(candidate.container.image_id if current else None, published),
    )
