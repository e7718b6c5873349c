"""How is an update taken back by hand, and one that was cut short finished or undone?"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from updater.carrying_out import remember_all
from updater.deciding import ids_of, resolve_names
from updater.errors import EngineError, UpdateFailed, UsageError
from updater.going_back import plan_rollback, stays_after_all
from updater.model.history import Operation
from updater.model.outcome import ImageAt, Outcome, OutcomeKind
from updater.model.reason import Reason, ReasonCode
from updater.own_part import in_own_container
from updater.planning import plan_companions
from updater.policy.scope import consider
from updater.policy.terms import terms_for_recovery
from updater.recreator.helper import left_to_helper, remove
from updater.recreator.names import kept_name
from updater.recreator.recovery import recover
from updater.recreator.transaction import perform
from updater.recreator.under_way import is_being_made, is_worked_on
from updater.recreator.unfinished import Unfinished, dead_helpers, find_unfinished, in_groups
from updater.remembering import reject, remember
from updater.unheard import write_down_committed
from updater.watcher.dependents import dependents_of
from updater.world import surroundings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from updater.model.container import ContainerSnapshot, Inventory
    from updater.model.digest import Digest
    from updater.policy.terms import Request
    from updater.world import World

    Tell = Callable[[Outcome], None]

LOGGER = logging.getLogger("updater")
_STILL_MADE = "An update was cut short, and the engine is still making its new container; the next recovery removes it."


def recover_only(world: World, request: Request, tell: Tell) -> tuple[Outcome, ...]:
    """Finish or undo every update that was cut short."""
    inventory = world.engine.inventory()
    outcomes = recover_all(find_unfinished(inventory.containers), world, request, inventory, tell)
    write_down_committed(inventory.containers, world.memory)
    remove_dead_helpers(world, world.engine.containers_alone())
    return outcomes


def roll_back(world: World, request: Request, name: str, tell: Tell) -> tuple[Outcome, ...]:
    """Put one container back on the image it ran before its last update, and turn down the one it ran until now.

    Its own outcome is the first; those that depend on it come along. Raises UsageError where there is nothing to go
    back to.
    """
    inventory = world.engine.inventory()
    unfinished = find_unfinished(inventory.containers)
    (full_name,) = resolve_names(frozenset({name}), inventory, unfinished)
    if unfinished:
        recovered = recover_all(unfinished, world, request, inventory, tell)
        inventory = world.engine.inventory()
        if done := _asked_before(full_name, unfinished, recovered):
            return done
    container = next((found for found in inventory.containers if found.name == full_name), None)
    if container is None:
        raise UsageError(f"{full_name} is being updated, or could not be recovered; `updater recover` says more")
    # Another one's update or rollback may have moved its tag on, so that the list names it by an id.
    container = world.engine.with_reference(container)
    # Who names a container means it, running or not.
    defaults = {**(request.defaults or {}), "include_stopped": True}
    request = replace(request, names=frozenset({full_name}), defaults=defaults)
    request = in_own_container(request, inventory.containers, world.engine.find_container)
    plan = plan_rollback(consider(container, request), world.engine, world.memory)
    plan = replace(plan, kept_image=inventory.tags.get(kept_name(full_name)))
    turned_down: frozenset[Digest] = frozenset()
    if container.image is not None and container.reference is not None:
        known = {rejection.digest for rejection in world.memory.rejections(full_name)}
        turned_down = container.image.digests_for(container.reference) - known
        # Before it is done: should this be cut short, recovery goes on with it, and `run` must not take it back.
        reason = Reason(ReasonCode.REJECTED_BEFORE, "You rolled it back.")
        reject(full_name, container.image_text, turned_down, reason, world.memory)
    inspected = {found.id: world.engine.inspect_container(found.id) for found in inventory.containers}
    dependents = dependents_of(container, inventory.containers, inspected)
    busy = ids_of(find_unfinished(inventory.containers))
    if waiting := [dependent.name for dependent in dependents if dependent.container.id in busy]:
        raise UsageError(f"{waiting[0]}, which depends on {full_name}, is being updated, or could not be recovered")
    with world.interruption.deferred():
        companions = plan_companions(dependents, world.engine, request, {})
        outcomes = perform(plan, surroundings(world, inventory), companions)
    if not _has_left(outcomes[0]) and outcomes[0].reason.code is not ReasonCode.ITSELF:  # or the helper sees to that
        for digest in turned_down:  # it runs on, so nobody turned it down
            world.memory.withdraw(full_name, digest)
    for outcome in outcomes:
        tell(outcome)
    remember_all(outcomes, Operation.ROLLBACK, world)
    return outcomes


def _has_left(outcome: Outcome) -> bool:
    """Whether it runs another image now; that need not have proven itself, if it was kept all the same."""
    return outcome.kind is OutcomeKind.ROLLED_BACK or outcome.container_id is not None


def _asked_before(name: str, unfinished: Sequence[Unfinished], recovered: Sequence[Outcome]) -> tuple[Outcome, ...]:
    """What came of the same rollback, if it had been cut short: it is done now, and not to be done twice.

    Unless nothing had been done yet.
    """
    same = any(update.name == name and update.is_rollback for update in unfinished)
    return tuple(
        outcome
        for outcome in recovered
        if same
        and outcome.name == name
        and (outcome.reason.code is not ReasonCode.INTERRUPTED or outcome.kind is not OutcomeKind.ROLLED_BACK)
    )


def recover_all(
    unfinished: Sequence[Unfinished], world: World, request: Request, inventory: Inventory, tell: Tell
) -> tuple[Outcome, ...]:
    """Finish or undo each of these, group by group; `tell` hears of each outcome as it comes."""
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
    if is_in_hands(group, world, inventory):
        reason = Reason(ReasonCode.BUSY, "Another updater is working on it at this moment.")
        return tuple(_not_recovered(update, OutcomeKind.SKIPPED, reason) for update in group)
    try:
        if left_to_helper(group, inventory.containers, around):
            reason = Reason(ReasonCode.BUSY, "It is the container of an updater; a helper is replacing it.")
            return tuple(_not_recovered(update, OutcomeKind.SKIPPED, reason) for update in group)
    except (EngineError, UpdateFailed) as error:
        if isinstance(error, EngineError) and error.temporary:
            raise
        return tuple(_not_recovered(update, OutcomeKind.FAILED, error.reason) for update in group)
    outcomes = go_on(group, world, request, inventory)
    for outcome in outcomes:
        remember(outcome, Operation.RECOVERY, world.memory)
    see_who_stays(group, outcomes, world)
    return outcomes


def see_who_stays(group: Sequence[Unfinished], outcomes: Sequence[Outcome], world: World) -> None:
    """A person asked to leave an image, and the container runs on with it: then nobody turned that down."""
    asked = {update.name for update in group if update.is_rollback or update.new is None}
    for outcome in outcomes:
        if outcome.name not in asked:
            continue
        now = world.engine.find_container(outcome.name)
        if now is not None and now["Image"] == outcome.source.image_id:
            stays_after_all(outcome.name, outcome.source.image_id, world.engine.find_image, world.memory)


def is_in_hands(group: Sequence[Unfinished], world: World, inventory: Inventory) -> bool:
    """Whether whoever began it is still there."""
    around = surroundings(world, inventory)
    return any(is_worked_on(update, around, world.engine.is_local) for update in group)


def go_on(group: Sequence[Unfinished], world: World, request: Request, inventory: Inventory) -> tuple[Outcome, ...]:
    """Finish or undo these, whoever's they are. Raises EngineError where the engine is away: for the others, too."""
    # Whose a label is, only the inventory knows: others list containers without their images.
    known = {container.id: container for container in inventory.containers}
    listed = {update.name: known.get(update.containers[0].id, update.containers[0]) for update in group}
    terms = {name: terms_for_recovery(container, name, request) for name, container in listed.items()}
    try:
        if is_being_made(group, world.engine):
            reason = Reason(ReasonCode.BUSY, _STILL_MADE)
            return tuple(_not_recovered(update, OutcomeKind.SKIPPED, reason) for update in group)
        return recover(group, terms, surroundings(world, inventory))
    except EngineError as error:
        if error.temporary:
            raise
        return tuple(_not_recovered(update, OutcomeKind.FAILED, error.reason) for update in group)


def remove_dead_helpers(world: World, containers: Sequence[ContainerSnapshot]) -> None:
    """What is left of the helpers of updates that are finished; whatever keeps one from going is told, and no more."""
    for helper in dead_helpers(containers, find_unfinished(containers)):
        try:
            remove(world.engine, helper.id)
        except EngineError as error:
            if error.temporary:
                raise
            LOGGER.warning("%s could not be removed: %s", helper.name, error)


def _not_recovered(update: Unfinished, kind: OutcomeKind, reason: Reason) -> Outcome:
    source = ImageAt(update.containers[-1].image_id, None)
    return Outcome(update.name, update.containers[0].image_text, kind, reason, source, ImageAt(None, None))
