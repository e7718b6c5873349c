"""What of a cycle is worth remembering, and what bears on the next one? Between outcomes and the state room."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from updater.model.candidate import Status
from updater.model.facts import Facts
from updater.model.history import HistoryEntry, Operation, Rejection
from updater.model.outcome import OutcomeKind
from updater.model.published import Published
from updater.model.reference import NotAReference, parse_reference

if TYPE_CHECKING:
    from collections.abc import Iterable

    from updater.model.candidate import Candidate
    from updater.model.digest import Digest
    from updater.model.outcome import Outcome
    from updater.model.reason import Reason
    from updater.state.store import Store

_WORTH_A_LINE = frozenset({OutcomeKind.UPDATED, OutcomeKind.ROLLED_BACK, OutcomeKind.FAILED})


def facts_of(candidate: Candidate, memory: Store, own_id: str | None, busy: frozenset[str]) -> Facts:
    """What is known of the digest that is published for this container; `own_id` and `busy` as in the facts."""
    reference, lookup = candidate.container.reference, candidate.lookup
    if candidate.status is not Status.OUTDATED or reference is None or not isinstance(lookup, Published):
        return Facts(own_id=own_id, busy=busy)
    rejections = memory.rejections(candidate.container.name)
    rejection = next(
        (one for one in rejections if (one.reference, one.digest) == (reference.canonical, lookup.digest)), None
    )
    return Facts(rejection, own_id, busy, _moved_back(candidate, lookup, memory))


def _moved_back(candidate: Candidate, lookup: Published, memory: Store) -> datetime | None:
    """When the published digest was first seen, if that was before the one that runs was: the tag points back.

    Before: in the order in which they were seen, whatever the clock said then.
    """
    seen = memory.digests_seen(lookup.reference.canonical)
    order = list(seen)
    running = _running(candidate, lookup) & seen.keys()
    if lookup.digest not in seen or not running:
        return None
    newest = max(order.index(digest) for digest in running)
    return seen[lookup.digest] if order.index(lookup.digest) < newest else None


def _running(candidate: Candidate, lookup: Published) -> frozenset[Digest]:
    """Every digest by which what runs is known in the reference's repository."""
    image = candidate.container.image
    return image.digests_for(lookup.reference) if image is not None else frozenset()


def remember_seen(candidates: Iterable[Candidate], memory: Store) -> None:
    """When each published digest was first seen, by our own clock: registries and images say what they like.

    What runs was there before what is published now, if neither has been seen yet; once a tag has been seen to point
    elsewhere, nobody knows where in that order an unknown image that runs belongs.
    """
    now = datetime.now(UTC)
    before: dict[tuple[str, Digest], None] = {}
    published: dict[tuple[str, Digest], None] = {}
    for candidate in candidates:
        lookup = candidate.lookup
        if not isinstance(lookup, Published):
            continue
        reference = lookup.reference.canonical
        published[reference, lookup.digest] = None
        running = _running(candidate, lookup)
        if lookup.digest not in running and not memory.digests_seen(reference):
            before |= dict.fromkeys((reference, digest) for digest in sorted(running))
    memory.see([*before, *(one for one in sorted(published) if one not in before)], now)


def remember(outcome: Outcome, operation: Operation, memory: Store) -> None:
    """Write what was done into the history."""
    if outcome.kind in _WORTH_A_LINE:
        memory.record(_entry(outcome, operation))


def reject(name: str, image: str, digests: Iterable[Digest], reason: Reason, memory: Store) -> None:
    """Turn these digests down for this container, until they are asked for again."""
    try:
        reference = parse_reference(image)
    except NotAReference:
        return
    for digest in digests:
        memory.reject(Rejection(name, reference.canonical, digest, reason, datetime.now(UTC)))


def _entry(outcome: Outcome, operation: Operation) -> HistoryEntry:
    return HistoryEntry(
        at=datetime.now(UTC),
        name=outcome.name,
        image=outcome.image,
        operation=operation,
        outcome=outcome.kind,
        reason=outcome.reason,
        source=outcome.source,
        target=outcome.target,
        duration_seconds=outcome.duration_seconds,
        downtime_seconds=outcome.downtime_seconds,
        steps=outcome.steps,
        notes=outcome.notes,
        log_tail=outcome.log_tail,
    )
