"""What does a daemon do about an update of the container that it runs in? It begins no cycle while one is under way.

The old container's daemon has handed over to a helper and waits to be stopped. The new one's shows that it talks to
the engine, and waits until it has proven itself. A daemon in a helper is the one that acts: it finishes or undoes the
update, writes down how that ended, and removes its own container, which ends it.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from updater.errors import StateLost
from updater.giving_up import give_up
from updater.interruption import Interrupted
from updater.itself import own_container
from updater.model.container import STATES_UP
from updater.model.history import Operation
from updater.model.outcome import OutcomeKind
from updater.recreator.helper import remove
from updater.recreator.names import LABEL_KEEPS_STATE, LABEL_OLD_ID
from updater.recreator.unfinished import Standing, find_unfinished, group_of, group_with, helper_of, in_groups
from updater.remembering import remember
from updater.repairing import go_on, is_in_hands, recover_all, remove_dead_helpers, see_who_stays
from updater.state.folder import holds_memory, obstacle
from updater.unheard import write_down_unheard

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from updater.model.container import ContainerSnapshot
    from updater.model.outcome import Outcome
    from updater.policy.terms import Request
    from updater.recreator.unfinished import Unfinished
    from updater.world import World

    Tell = Callable[[Outcome], None]

LOGGER = logging.getLogger("updater")

_NOT_BEGUN = frozenset({Standing.UNREADY, Standing.COMPLETE})
_LOOK_EVERY = 1.0  # seconds, until whoever has begun it has handed it over, or is gone
_AGAIN_AFTER = 30.0  # seconds after an attempt in vain
# A helper stops us within seconds, and an engine that was away for long is found again within five minutes.
_GIVEN_UP_AFTER = 600.0  # seconds


def is_being_replaced(world: World, request: Request, tell: Tell, waited: float) -> bool:
    """Whether an update of our own container is under way; sees to it that somebody goes on with it.

    `waited` is for how many seconds that has been so already.
    """
    containers = world.engine.containers_alone()
    own = _own(containers)
    if own is None:
        return False
    of = helper_of(own)
    if of is not None:
        _help(own, of, world, request, tell)
        return True
    group = group_with(own.id, find_unfinished(containers))
    if group:
        begun = any(update.standing not in _NOT_BEGUN for update in group)
        if waited > _GIVEN_UP_AFTER and not begun and not is_in_hands(group, world, world.engine.inventory()):
            give_up(group, containers, world, request, tell)
            group = group_with(own.id, find_unfinished(world.engine.containers_alone()))
        recover_all(group, world, request, world.engine.inventory(), _unless_skipped(tell))
        containers = world.engine.containers_alone()
        if group_with(own.id, find_unfinished(containers)):
            return True
    if _helper_is_up(own, containers):  # it writes down how it ended, in the state that it knows
        return True
    remove_dead_helpers(world, containers)
    return False


def is_on_trial(world: World) -> bool:
    """Whether this is the new one, and its helper not yet done.

    Until then the state stays as it is: a newer program would bring it to a form that the old one cannot read, and that
    one may have to go on with it.
    """
    containers = world.engine.containers_alone()
    own = _own(containers)
    if own is None or helper_of(own) is not None:
        return False
    group = group_with(own.id, find_unfinished(containers))
    return any(update.new is not None and update.new.id == own.id for update in group) or _helper_is_up(own, containers)


def require_the_same_state(world: World, request: Request) -> None:
    """Raises StateLost where the new one cannot go on with what the old one keeps: it has not proven itself, then.

    It may run as somebody else, or look for it in another place. Where somebody else replaces an updater, nobody knows
    whether there is a state to go on with.
    """
    own = _own(world.engine.containers_alone())
    if own is None or LABEL_KEEPS_STATE not in own.labels:
        return
    folder = request.state_folder
    problem = "it has no state folder" if folder is None else obstacle(folder)
    if problem is None and folder is not None and not holds_memory(folder):
        problem = f"there is nothing in {folder}"
    if problem is not None:
        raise StateLost(f"the new updater cannot go on with the state of the old one: {problem}")


def _own(containers: Sequence[ContainerSnapshot]) -> ContainerSnapshot | None:
    own_id = own_container(containers)
    return next((container for container in containers if container.id == own_id), None)


def _helper_is_up(own: ContainerSnapshot, containers: Sequence[ContainerSnapshot]) -> bool:
    of = own.labels.get(LABEL_OLD_ID)
    return of is not None and any(one.state in STATES_UP and helper_of(one) == of for one in containers)


def _help(own: ContainerSnapshot, of: str, world: World, request: Request, tell: Tell) -> None:
    """Go on with the update of the container `of`, to its end; then there is no need for this container any more."""
    told: set[tuple[str, OutcomeKind, str]] = set()
    with world.interruption.deferred():
        while group := _group(world, of):
            inventory = world.engine.inventory()
            unready = all(update.standing is Standing.UNREADY for update in group)
            if unready and is_in_hands(group, world, inventory):  # it is about to be marked
                time.sleep(_LOOK_EVERY)
                continue
            for outcome in go_on(group, world, request, inventory):
                if (outcome.name, outcome.kind, outcome.reason.message) not in told:
                    told.add((outcome.name, outcome.kind, outcome.reason.message))
                    tell(outcome)
                    _write_down(outcome, group, world)
                    see_who_stays(group, [outcome], world)
            if world.interruption.requested():
                break
            if _group(world, of):
                _pause(world)
    if world.interruption.requested() and _group(world, of):
        raise Interrupted  # whoever starts one of the containers again, or this one, goes on
    if not told:  # this process begins where another one was killed
        write_down_unheard(world.engine.containers_alone(), of, own.created_at, world.engine.find_image, world.memory)
    LOGGER.info("the updater's container is as it should be; this helper removes itself")
    remove(world.engine, own.id)


def concerns_us(containers: Sequence[ContainerSnapshot], unfinished: Sequence[Unfinished]) -> bool:
    """Whether this runs in a container that is being replaced, or in the helper that does it."""
    own = _own(containers)
    return own is not None and (helper_of(own) is not None or bool(group_with(own.id, unfinished)))


def _group(world: World, of: str) -> tuple[Unfinished, ...]:
    """In the order in which they were made: the first is the one that the others depend on."""
    groups = in_groups(find_unfinished(world.engine.containers_alone()))
    return next((group for group in groups if group_of(group[0]) == of), ())


def _write_down(outcome: Outcome, group: Sequence[Unfinished], world: World) -> None:
    """As whoever began it would have."""
    head = group[0]
    operation = Operation.ROLLBACK if head.is_rollback else Operation.UPDATE
    remember(outcome, operation if outcome.name == head.name else Operation.COMPANION, world.memory)


def _pause(world: World) -> None:
    until = time.monotonic() + _AGAIN_AFTER
    while time.monotonic() < until and not world.interruption.requested():
        time.sleep(_LOOK_EVERY)


def _unless_skipped(tell: Tell) -> Tell:
    """That it is in somebody's hands is no news: it is looked at over and over."""

    def told(outcome: Outcome) -> None:
        if outcome.kind is not OutcomeKind.SKIPPED:
            tell(outcome)

    return told
