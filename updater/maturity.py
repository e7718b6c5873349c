"""Which image is old enough to be taken, where its user wants images to have been there for a while?

A tag that moves faster than the minimum age would never bring anything: so of all the digests that the tag was seen
to point at, the newest one that is old enough is taken, if the registry still has it. Never one from before the
digest that runs.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from updater.errors import RegistryError
from updater.model.candidate import Candidate, Status
from updater.recalling import since_when
from updater.watcher.compare import is_same_image, other_control_labels
from updater.watcher.in_parallel import in_parallel

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from updater.model.digest import Digest
    from updater.state.store import Store
    from updater.watcher.survey import Registry

# Older digests that are asked for, per container; the registry may have forgotten them.
_MOST_ASKED = 3


def mature(
    candidates: Sequence[Candidate], registry: Registry, memory: Store, now: datetime, parallel_checks: int
) -> tuple[Candidate, ...]:
    """The candidates, each with an older image in place of one that is too new, where there is such a one."""
    if not any(_is_too_new(candidate, memory, now) for candidate in candidates):
        return tuple(candidates)

    def one(candidate: Candidate) -> Candidate:
        return _mature(candidate, registry, memory, now) if _is_too_new(candidate, memory, now) else candidate

    return tuple(in_parallel(one, candidates, parallel_checks))


def _is_too_new(candidate: Candidate, memory: Store, now: datetime) -> bool:
    min_age, target = candidate.consideration.terms.min_age, candidate.target
    if not min_age or candidate.status is not Status.OUTDATED or target is None:
        return False
    since = since_when(candidate.published_image, memory.digests_seen(target.canonical), now)
    return since is not None and since + timedelta(seconds=min_age) > now


def _mature(candidate: Candidate, registry: Registry, memory: Store, now: datetime) -> Candidate:
    target, platform = candidate.target, candidate.platform
    if target is None or platform is None:
        return candidate
    seen = memory.digests_seen(target.canonical)
    turned_down = {one.digest for one in memory.rejections(candidate.container.name)}
    turned_down |= {one.digest for one in memory.skips_of(candidate.container.name)}
    for digest in _old_enough(candidate, seen, now):
        if digest in turned_down:
            continue
        try:
            image = registry.image(target, digest, platform)
        except RegistryError:
            continue  # it is gone there, or cannot be had now; the new one's turn comes by itself
        since = since_when(image, seen, now)
        if is_same_image(candidate.container, image):
            return candidate
        if since is not None and since + timedelta(seconds=candidate.consideration.terms.min_age) <= now:
            labels = other_control_labels(candidate.container, image)
            return replace(candidate, published_image=image, gives_other_labels=labels)
    return candidate


def _old_enough(candidate: Candidate, seen: Mapping[Digest, datetime], now: datetime) -> Iterator[Digest]:
    """The newest first, in the order in which they were seen.

    Without knowing where in that order the running one is, nothing is known to be newer.
    """
    order, running = list(seen), candidate.running_digest
    if running is None or running not in seen:
        return
    latest = now - timedelta(seconds=candidate.consideration.terms.min_age)
    newer = order[order.index(running) + 1 :]
    found = [digest for digest in reversed(newer) if seen[digest] <= latest]
    yield from found[:_MOST_ASKED]
