"""Which newer version tag does each container follow, if it follows versions? One list of tags per repository."""

from __future__ import annotations

from typing import TYPE_CHECKING

from updater.errors import RegistryError
from updater.model.goal import Goal
from updater.model.published import LookupFailed
from updater.model.terms import Level
from updater.watcher.in_parallel import in_parallel

# Versions that are looked at in one cycle, besides the newest, where that one does not do.
_MOST_OTHERS = 3

if TYPE_CHECKING:
    from collections.abc import Sequence

    from updater.model.consideration import Consideration
    from updater.model.published_content import PublishedTags
    from updater.model.reference import ImageReference
    from updater.watcher.survey import Registry


def goals_of(considerations: Sequence[Consideration], registry: Registry, at_once: int) -> list[Goal]:
    """The goal of each, in order."""
    asked = {
        reference.name: reference
        for one in considerations
        if one.terms.tags is not Level.DIGEST and (reference := one.container.reference) is not None
    }
    answers = in_parallel(lambda reference: _tags(reference, registry), asked.values(), at_once)
    lists = dict(zip(asked, answers, strict=True))
    return [_goal(one, lists) for one in considerations]


def _tags(reference: ImageReference, registry: Registry) -> PublishedTags | LookupFailed:
    try:
        return registry.tags(reference)
    except RegistryError as error:
        return LookupFailed(reference, error.reason)


def _goal(consideration: Consideration, lists: dict[str, PublishedTags | LookupFailed]) -> Goal:
    reference, terms = consideration.container.reference, consideration.terms
    assert reference is not None  # nothing is compared without one
    if terms.tags is Level.DIGEST or reference.tag is None:
        return Goal(reference)
    published = lists[reference.name]
    if isinstance(published, LookupFailed):
        return Goal(reference, failure=published.reason)
    from updater.policy.versions import newest  # few containers follow versions, and it takes time to load

    choice = newest(published.names, reference.tag, terms.tags, terms.tag_pattern)
    obstacle = str(choice.obstacle) if choice.obstacle is not None else None
    if obstacle is None and not published.is_complete:
        obstacle = "The repository has more tags than are read, so that a newer version may have been missed."
    if choice.tag is None:
        return Goal(reference, (), choice.beyond, obstacle)
    others = (reference.with_tag(tag) for tag in choice.others[:_MOST_OTHERS])
    return Goal(reference.with_tag(choice.tag), (*others, reference), choice.beyond, obstacle)
