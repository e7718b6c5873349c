"""Are two updaters about to stop each other? Both would be stopped for ever, each in the middle of the other's update.

Two that run the same image leave each other alone. Of two that run different ones none can see what the other is, and
both may begin at the same second. So each, once its new container is made and before it is marked, looks whether one is
made in the place of its own container: whoever looks later sees the other's. Of two that see each other the one with
the greater id gives way, and the other one waits for that.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from updater.errors import UpdateFailed
from updater.model.reason import Reason, ReasonCode
from updater.recreator.names import LABEL_OWNER, name_go, name_new
from updater.recreator.owner import parse_owner
from updater.recreator.recreation import failed

if TYPE_CHECKING:
    from updater.recreator.engine import Engine, Json
    from updater.recreator.recreation import Recreation

_PATIENCE = 10.0  # seconds for the other one to give way
_LOOK_EVERY = 0.2


class GaveWay(UpdateFailed):
    """Ours gives way. Nobody else has this container in hand: all that was begun is ours to undo."""


def give_way(recreation: Recreation) -> None:
    """Raises UpdateFailed where our own container is about to be stopped: whoever does that will start it again."""
    own_id, other_id = recreation.surroundings.owner.container, recreation.plan.container_id
    if own_id is None or recreation.is_itself or recreation.is_companion:
        return
    deadline = time.monotonic() + _PATIENCE
    while (successor := _successor(recreation.engine, own_id)) is not None:
        recreation.check_interruption()
        owner = parse_owner((successor["Config"].get("Labels") or {}).get(LABEL_OWNER, ""))
        is_mutual = owner is not None and owner.container == other_id
        is_marked = successor["Name"].endswith(name_go("", own_id))
        if is_marked or time.monotonic() > deadline or (is_mutual and own_id > other_id):
            raise _mutual() if is_mutual else _one_sided()
        time.sleep(_LOOK_EVERY)


def _mutual() -> UpdateFailed:
    message = "It runs another updater, which is about to update this one; that goes first."
    return GaveWay(Reason(ReasonCode.BUSY, message))


def _one_sided() -> UpdateFailed:
    message = "Another updater is about to update this updater's own container; the next run takes this one up."
    return failed(ReasonCode.INTERRUPTED, message)


def _successor(engine: Engine, own_id: str) -> Json | None:
    """What was made in the place of our own container. In this order: the first name becomes the second."""
    own = engine.find_container(own_id)
    if own is None:
        return None
    name = own["Name"].lstrip("/")
    return engine.find_container(name_new(name, own_id)) or engine.find_container(name_go(name, own_id))
