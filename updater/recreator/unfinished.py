"""Which updates were cut short, and how far had they come? Reads names and labels only; pure.

A name that merely looks like ours is not ours: the new container carries our labels and the name they imply, the old
one carries its own id in its name. Everything else is left alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

from updater.model.container import STATES_UP, ContainerSnapshot, ContainerState
from updater.model.purpose import Purpose
from updater.recreator.names import (
    LABEL_GROUP,
    LABEL_HELPER_OF,
    LABEL_KIND,
    LABEL_NAME,
    LABEL_OLD_ID,
    LABEL_OLD_STATE,
    LABEL_PLACE,
    Phase,
    is_helpers_name,
    name_bad,
    name_go,
    name_new,
    parse_parked_name,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


class Standing(Enum):
    """How far the update had come."""

    UNREADY = auto()  # N.new: nothing has happened to the old container
    COMPLETE = auto()  # N.go: on with it
    PROMOTED = auto()  # N is the new one, the old one is parked
    FAILED = auto()  # N.bad, or the old one is N.back: back with the old one
    ORPHANED = auto()  # the old one is parked, and there is no new one
    ABANDONED = auto()  # N is the new one and was never started, and the old one was removed


@dataclass(frozen=True, slots=True)
class Unfinished:
    """An update of the container `name`. `rival` is somebody else's container that has taken the name meanwhile."""

    name: str
    standing: Standing
    new: ContainerSnapshot | None
    old: ContainerSnapshot | None
    rival: ContainerSnapshot | None

    @property
    def is_rollback(self) -> bool:
        """Whether a person had asked to go back."""
        return self.new is not None and self.new.labels.get(LABEL_KIND) == Purpose.ROLLBACK

    @property
    def containers(self) -> tuple[ContainerSnapshot, ...]:
        """Those that belong to it."""
        return tuple(container for container in (self.new, self.old) if container is not None)


def find_unfinished(containers: Sequence[ContainerSnapshot]) -> tuple[Unfinished, ...]:
    """All updates that are not finished, whether or not somebody is still at work on them."""
    by_id = {container.id: container for container in containers}
    by_name = {container.name: container for container in containers}
    found = [update for container in containers if (update := _of_new(container, by_id, by_name))]
    known = {container.id for update in found for container in update.containers}
    orphans = [container for container in containers if container.id not in known and _is_parked(container)]
    return (*found, *(_of_orphan(orphan, by_name) for orphan in orphans))


def in_groups(unfinished: Iterable[Unfinished]) -> tuple[tuple[Unfinished, ...], ...]:
    """Those that are finished or undone together, each group in the order in which its containers were made."""
    groups: dict[str, list[Unfinished]] = {}
    for update in unfinished:
        groups.setdefault(group_of(update), []).append(update)
    return tuple(tuple(sorted(group, key=_place)) for group in groups.values())


def group_of(update: Unfinished) -> str:
    """The id of the old container that all of its group depend on; its own where it is alone."""
    if update.new is None:
        return update.containers[0].id
    return update.new.labels.get(LABEL_GROUP) or update.new.labels[LABEL_OLD_ID]


def helper_of(container: ContainerSnapshot) -> str | None:
    """The id of the updater's container that this one is to replace, or was; None where it is no helper."""
    of = container.labels.get(LABEL_HELPER_OF)
    return of if of and is_helpers_name(container.name, of) and not _is_the_images(container, LABEL_HELPER_OF) else None


def dead_helpers(
    containers: Iterable[ContainerSnapshot], unfinished: Iterable[Unfinished]
) -> tuple[ContainerSnapshot, ...]:
    """Those that have nothing to do any more and do not run; one that runs removes itself."""
    groups = {group_of(update) for update in unfinished}
    return tuple(
        container
        for container in containers
        if (of := helper_of(container)) is not None and of not in groups and container.state not in STATES_UP
    )


def group_with(container_id: str, unfinished: Sequence[Unfinished]) -> tuple[Unfinished, ...]:
    """The group that the container belongs to; empty where it is none of theirs."""
    groups = in_groups(unfinished)
    found = (group for group in groups if any(one.id == container_id for update in group for one in update.containers))
    return next(found, ())


def _place(update: Unfinished) -> int:
    place = "" if update.new is None else update.new.labels.get(LABEL_PLACE, "")
    return int(place) if place.isdecimal() else 0


def _of_new(
    new: ContainerSnapshot, by_id: Mapping[str, ContainerSnapshot], by_name: Mapping[str, ContainerSnapshot]
) -> Unfinished | None:
    name, old_id = new.labels.get(LABEL_NAME), new.labels.get(LABEL_OLD_ID)
    if not name or not old_id or _is_the_images(new, LABEL_OLD_ID):
        return None
    standing = _standing(new.name, name, old_id)
    old = by_id.get(old_id)
    if standing is Standing.PROMOTED and old is None and _was_never_started(new):
        standing = Standing.ABANDONED
    elif standing is None or (standing is Standing.PROMOTED and (old is None or not _is_parked(old, name))):
        return None  # committed, or renamed by its user
    elif standing in (Standing.PROMOTED, Standing.COMPLETE) and old is not None and _comes_back(old):
        standing = Standing.FAILED
    rival = by_name.get(name)
    ours = {new.id, old_id}
    return Unfinished(name, standing, new, old, None if rival is None or rival.id in ours else rival)


def _is_the_images(container: ContainerSnapshot, label: str) -> bool:
    """Whether its image brings this label. None can bring ours, which holds an id that was drawn after it was made."""
    return container.image is not None and container.image.labels.get(label) == container.labels.get(label)


def _standing(now: str, name: str, old_id: str) -> Standing | None:
    return {
        name_new(name, old_id): Standing.UNREADY,
        name_go(name, old_id): Standing.COMPLETE,
        name_bad(name, old_id): Standing.FAILED,
        name: Standing.PROMOTED,
    }.get(now)


def _was_never_started(new: ContainerSnapshot) -> bool:
    return new.state is ContainerState.CREATED and new.labels.get(LABEL_OLD_STATE) in STATES_UP


def _comes_back(old: ContainerSnapshot) -> bool:
    parked = parse_parked_name(old.name, old.id)
    return parked is not None and parked.phase is Phase.BACK


def _is_parked(container: ContainerSnapshot, name: str | None = None) -> bool:
    parked = parse_parked_name(container.name, container.id)
    return parked is not None and name in (None, parked.name)


def _of_orphan(old: ContainerSnapshot, by_name: Mapping[str, ContainerSnapshot]) -> Unfinished:
    parked = parse_parked_name(old.name, old.id)
    assert parked is not None  # _is_parked has read it
    return Unfinished(parked.name, Standing.ORPHANED, None, old, by_name.get(parked.name))
