"""What do we remember that bears on a decision? Between the state room and the facts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from updater.model.candidate import Status
from updater.model.facts import Facts
from updater.model.published import Published

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from updater.model.candidate import Candidate
    from updater.model.digest import Digest
    from updater.model.facts import Moment
    from updater.model.hold import Hold, Skip
    from updater.model.published_content import PublishedImage
    from updater.model.reference import ImageReference
    from updater.policy.terms import Request
    from updater.state.store import Store


def facts_of(
    candidate: Candidate,
    memory: Store,
    moment: Moment,
    request: Request,
    busy: frozenset[str],
    holds: Mapping[str, Hold],
) -> Facts:
    """What is known of this container, and of the digest that it would be updated to; the rest as in the facts.

    `holds` are those of all containers by name, read once for all of them. Where it would not be updated, nothing of a
    digest is looked up: of most containers, most of the time.
    """
    name, target, digest = candidate.container.name, candidate.target, candidate.target_digest
    known = Facts(
        own_id=request.own_id,
        maybe_own=request.maybe_own,
        busy=busy,
        moment=moment,
        looked_at=memory.looked_at(name) if candidate.consideration.terms.schedule is not None else None,
    )
    if candidate.status is not Status.IGNORED:
        known = replace(known, hold=holds.get(name))
    if candidate.status is not Status.OUTDATED or target is None or not isinstance(candidate.lookup, Published):
        return known
    image = candidate.published_image
    published_at = since_when(image, memory.digests_seen(target.canonical), moment.now)
    return replace(
        known,
        forgets_since=memory.forgets_since,
        # By its digest alone: it is the same image under whatever tag it is published.
        rejection=next((one for one in memory.rejections(name) if one.digest == digest), None),
        skip=_left_out(memory.skips_of(name), target, digest, is_own=target == candidate.container.reference),
        moved_back_to=_moved_back(candidate, candidate.lookup, memory),
        published_at=published_at,
        only_seen=image is not None and published_at != image.created,
    )


def holds_at(now: datetime, memory: Store) -> dict[str, Hold]:
    """The holds of all containers that have not ended, by the container's name."""
    return {hold.name: hold for hold in memory.all_holds(now)}


def since_when(image: PublishedImage | None, seen: Mapping[Digest, datetime], now: datetime) -> datetime | None:
    """Since when the image is there: by our own clock; what it says itself can only make it younger."""
    if image is None:
        return None
    first_seen = seen.get(image.digest, now)
    return max(first_seen, image.created) if image.created is not None and image.created <= now else first_seen


def _left_out(skips: Iterable[Skip], target: ImageReference, digest: Digest | None, *, is_own: bool) -> Skip | None:
    """An image that was left out is, under whatever tag; and so is a version, whatever digest it has by now.

    But not a version once it is the one that is followed.
    """

    def means(skip: Skip) -> bool:
        is_version = skip.tag is not None and skip.reference == target.canonical
        return skip.digest == digest or (is_version and not is_own)

    return next((one for one in skips if means(one)), None)


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
