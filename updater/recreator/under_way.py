"""Is somebody still at work on an update that looks cut short: another updater, or the engine by itself?"""

from __future__ import annotations

import time
from datetime import datetime
from typing import TYPE_CHECKING

from updater.recreator.names import LABEL_OWNER
from updater.recreator.owner import is_alive, parse_owner
from updater.recreator.unfinished import Standing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from updater.recreator.engine import Engine, Json
    from updater.recreator.recreation import Surroundings
    from updater.recreator.unfinished import Unfinished

_BEING_MADE_SECONDS = 15.0


def is_worked_on(update: Unfinished, surroundings: Surroundings, engine_is_local: bool) -> bool:
    """Whether another updater is at work on it: then it is none of our business."""
    new, engine = update.new, surroundings.engine
    if new is None:
        return False  # only removing the new one by hand leaves an old one alone

    def runs(container_id: str) -> bool:
        container = engine.find_container(container_id)
        runs = container is not None and container["State"].get("Running")
        return bool(runs and container and not _was_started_since(container, engine.find_container(new.id)))

    return is_alive(
        parse_owner(new.labels.get(LABEL_OWNER, "")),
        surroundings.owner,
        age_seconds=time.time() - new.created_at,
        engine_is_local=engine_is_local,
        container_runs=runs,
    )


def is_being_made(group: Sequence[Unfinished], engine: Engine) -> bool:
    """Whether the engine goes on making one of the new ones, though nobody waits for it any more.

    Docker lists a container before it can be inspected or removed: first it copies the image's data into its volumes.
    Mostly that is over in a moment, so some time is given to it.
    """
    begun = [update.new for update in group if update.new is not None and update.standing is Standing.UNREADY]
    deadline = time.monotonic() + _BEING_MADE_SECONDS
    while any(engine.find_container(new.id) is None and engine.names_beginning(new.name) for new in begun):
        if time.monotonic() > deadline:
            return True
        time.sleep(0.1)
    return False


def _was_started_since(container: Json, new: Json | None) -> bool:
    """Whether it has begun another life since that one was made: whoever made it is gone."""
    try:
        created = datetime.fromisoformat(str((new or {}).get("Created")))
        return datetime.fromisoformat(str(container["State"].get("StartedAt"))) > created
    except ValueError:
        return False
