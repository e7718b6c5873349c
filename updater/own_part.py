"""What follows for the policy from where this program runs: which container is its own, and can that be updated?"""

from __future__ import annotations

import logging
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from updater import heartbeat
from updater.itself import candidates_here, lookalikes, outlives_the_container
from updater.model.values import parse_boolean
from updater.policy.watchtower_labels import ITSELF
from updater.state.folder import obstacle

if TYPE_CHECKING:
    from collections.abc import Iterable

    from updater.itself import Find
    from updater.model.container import ContainerSnapshot
    from updater.policy.terms import Request

LOGGER = logging.getLogger("updater")

_ALIKE = (
    "or one of the same host name, and nothing else tells in which one it runs; start the updater without a host name"
    " of its own, or update it yourself"
)
_UNSURE = "or shares its network with it: nobody can tell which; update it yourself"
_ONE_CYCLE = "and nothing runs `updater watch` in it; pull its image before you start it again"
_STATE_UNUSABLE = "and nothing can be kept in its state folder, so an image that was turned down would be tried again"


def in_own_container(
    request: Request, containers: Iterable[ContainerSnapshot], find: Find, root: Path = Path("/")
) -> Request:
    """The request of a program that runs in this container. `find` inspects one, where that is needed to be sure.

    Whoever put our image in Watchtower's place and kept the label by which Watchtower knows itself gets its default:
    all containers are considered, unless a setting says otherwise.
    """
    known = tuple(containers)
    candidates = candidates_here(known, root)
    own = next((container for container in known if container.id in candidates[:1]), None)
    if own is None:
        alike = lookalikes(known, find, root)
        return replace(
            request,
            own_id=None,
            own_obstacle=_ALIKE if alike else None,
            own_image=alike[0].image_id if len(alike) == 1 else None,
            maybe_own=frozenset(one.id for one in alike),
        )
    why_not = _UNSURE if len(candidates) > 1 else _obstacle(request, root)
    request = replace(
        request, own_id=own.id, own_obstacle=why_not, own_image=own.image_id, maybe_own=frozenset(candidates)
    )
    if request.nobody_said_all and _is_true(own.user_labels.get(ITSELF, "")):
        _tell_once()
        return replace(request, all=True)
    return request


def _obstacle(request: Request, root: Path) -> str | None:
    """What keeps it from being updated, if anything does."""
    if request.fired is None and not _daemon_runs():
        return _ONE_CYCLE
    folder = request.state_folder
    if folder is not None and outlives_the_container(folder.absolute(), root):
        problem = obstacle(folder)
        return None if problem is None else f"{_STATE_UNUSABLE} ({problem}); give it that folder"
    where = f"and its state folder {folder} is in no volume" if folder is not None else "and it has no state folder"
    return f"{where}, so an image that was turned down would be forgotten with the container; mount a volume there"


def _daemon_runs() -> bool:
    """Whether `updater watch` runs in this container: then it is what is started again."""
    beat = heartbeat.read()
    return beat is not None and heartbeat.lives(beat, heartbeat.process_of(beat.pid))


@cache
def _tell_once() -> None:
    LOGGER.warning(
        "The updater's own container is labelled %s=true, so all containers are considered that do not say"
        " enable=false, as Watchtower does; UPDATER_ALL=false leaves those out that are not opted in.",
        ITSELF,
    )


def _is_true(text: str) -> bool:
    try:
        return parse_boolean(text)
    except ValueError:
        return False
