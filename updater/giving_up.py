"""What if the helper that is to replace our own container does nothing? The update is taken back, and not tried again.

We are still there, and can reach the engine; the helper may be kept from it by a proxy. That is no fault of the image,
but another attempt would end no better, and no cycle runs while one goes on: so this image is turned down with a reason
that says so, like one that did not prove itself. Another image gets its own attempt, since only that shows whether
somebody has mended it; `updater retry` tries this one again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from updater.model.digest import digest_in
from updater.model.history import Operation
from updater.model.outcome import ImageAt, Outcome, OutcomeKind
from updater.model.reason import Reason, ReasonCode
from updater.recreator.helper import remove
from updater.recreator.names import LABEL_DIGEST, LABEL_OLD_DIGEST, name_new
from updater.recreator.secrets import without_secrets
from updater.recreator.unfinished import Standing, find_unfinished, group_of, helper_of
from updater.remembering import reject, remember
from updater.repairing import go_on, see_who_stays

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from updater.model.container import ContainerSnapshot
    from updater.policy.terms import Request
    from updater.recreator.unfinished import Unfinished
    from updater.world import World

_WHY = (
    "Its helper did nothing, so the update is given up; the container was not touched. What is between the helper and"
    " the engine, such as a proxy, may let nobody but the updater itself pass: let it know the updater by its name, not"
    " by its address."
)


def give_up(
    group: Sequence[Unfinished],
    containers: Sequence[ContainerSnapshot],
    world: World,
    request: Request,
    tell: Callable[[Outcome], None],
) -> None:
    """Take back what has not begun, and remember why. Without the mark, recovery removes what was made."""
    head, of = group[0], group_of(group[0])
    if head.new is None or head.old is None:
        return
    helpers = [container for container in containers if helper_of(container) == of]
    reason = Reason(ReasonCode.ITSELF, _WHY)
    image = world.engine.with_reference(head.new).image_text
    with world.interruption.deferred():
        target = digest_in(head.new.labels.get(LABEL_DIGEST))
        if target is not None and not head.is_rollback:  # first: should this be cut short, it is not tried again
            reject(head.name, image, [target], reason, world.memory)
        outcome = Outcome(
            head.name,
            image,
            OutcomeKind.FAILED,
            reason,
            ImageAt(head.old.image_id, digest_in(head.new.labels.get(LABEL_OLD_DIGEST))),
            ImageAt(head.new.image_id, target),
            log_tail="\n".join(_last_words(helper, world) for helper in helpers),
        )
        for helper in helpers:
            remove(world.engine, helper.id)
        for update in group:
            if update.new is not None and update.old is not None and update.standing is Standing.COMPLETE:
                world.engine.rename(update.new.id, name_new(update.name, update.old.id))
        _discard(of, world, request)
        tell(outcome)
        remember(outcome, Operation.ROLLBACK if head.is_rollback else Operation.UPDATE, world.memory)
        see_who_stays(group, [outcome], world)


def _discard(of: str, world: World, request: Request) -> None:
    """Whatever cannot be removed is left to the next attempt of recovery, which tells it."""
    inventory = world.engine.inventory()
    left = tuple(update for update in find_unfinished(inventory.containers) if group_of(update) == of)
    if left:
        go_on(left, world, request, inventory)


def _last_words(helper: ContainerSnapshot, world: World) -> str:
    """It may have said what keeps it."""
    config = (world.engine.find_container(helper.id) or {}).get("Config") or {}
    return without_secrets(world.engine.log_tail(helper.id), config.get("Env") or ())
