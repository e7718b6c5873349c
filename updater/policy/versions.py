"""Which newer tag of the repository does a container follow, given its own tag and how far its user lets it go? Pure.

1. Only tags of the same shape: prefix, suffix, number of parts, zeros in front. `1.25-alpine` never becomes `1.26`.
2. A number stays of its kind: from small ones nothing leads to a year or a date, from a year nothing to a date.
3. Only newer ones; pre-releases only from a pre-release of one kind, and a final version is newer than those before it.
4. The level: patch keeps the first two numbers, minor the first, major none. A lone number is a major's.
5. The user's pattern, if there is one. What is left is sorted; the level's newest is followed, the others' reported.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from operator import itemgetter
from typing import TYPE_CHECKING

from updater.model.tag_pattern import TooSlow
from updater.model.terms import Level
from updater.policy.version import Version, is_padded, is_same_width, read_version

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from updater.model.tag_pattern import TagPattern


@dataclass(frozen=True, slots=True)
class NotAVersion:
    """The current tag has no order, so there is no newer one; `str()` says so to a person."""

    tag: str

    def __str__(self) -> str:
        return (
            f"The tag {self.tag!r} names no version, so no newer one can be found for it; use a tag such as 1.25.3,"
            " or follow the tag as it is (digest)."
        )


@dataclass(frozen=True, slots=True)
class Choice:
    """`tag` is to be followed, `beyond` is the newest that the level keeps out: to be reported, not followed.

    `obstacle` says why nothing could be compared; without it, no tag means that there is none newer. `others` are the
    next best ones, the newest first, should the tag not do.
    """

    tag: str | None = None
    beyond: str | None = None
    obstacle: NotAVersion | TooSlow | None = None
    others: tuple[str, ...] = field(default=(), compare=False)


def newest(tags: Iterable[str], current: str, level: Level, pattern: TagPattern | None = None) -> Choice:
    """The tag to follow instead of `current`; in which order the tags come does not matter."""
    here = read_version(current)
    if here is None:
        return Choice(obstacle=NotAVersion(current))
    newer = newer_versions(here, tags)
    if pattern is not None:
        matching = pattern.matching(version.text for version in newer)
        if isinstance(matching, TooSlow):
            return Choice(obstacle=matching)
        passed = frozenset(matching)
        newer = [version for version in newer if version.text in passed]
    within = [version.text for version in newer if allows(level, here, version)]
    beyond = (version.text for version in newer if not allows(level, here, version))
    return Choice(next(iter(within), None), next(beyond, None), others=tuple(within[1:]))


_KEPT = {Level.PATCH: 2, Level.MINOR: 1, Level.MAJOR: 0}


def allows(level: Level, current: Version, newer: Version) -> bool:
    """Of the same shape and newer. A rebuild or a final release of one version is in every level."""
    if level is Level.DIGEST:
        return False
    kept = _KEPT[level]
    return tuple(map(int, current.numbers[:kept])) == tuple(map(int, newer.numbers[:kept]))


def newer_versions(current: Version, tags: Iterable[str]) -> list[Version]:
    """Those of the current one's shape that are newer, the newest first."""
    alike = [version for version in _read(tags, current.shape[0]) if version.shape == current.shape]
    padded, kinds, rank = _padded_parts(current, alike), current.kinds, current.rank
    newer = [
        (its_rank, version.text, version)
        for version in alike
        if (its_rank := version.rank) > rank and version.kinds == kinds and _is_spelled_alike(current, version, padded)
    ]
    # The text settles what is equal but for its spelling, `1.0a1` and `1.0alpha1`.
    return [version for _, _, version in sorted(newer, key=itemgetter(0, 1), reverse=True)]


def _read(tags: Iterable[str], prefix: str) -> list[Version]:
    # Most tags of a large repository are of another shape; a look at their beginning is cheaper than reading them.
    versions = (read_version(tag) for tag in frozenset(tags) if tag.startswith(prefix))
    return [version for version in versions if version is not None]


def _padded_parts(current: Version, alike: Sequence[Version]) -> frozenset[int]:
    """Where numbers have zeros in front. `22.10` alone does not show it; `22.04` beside it does."""
    return frozenset(
        place
        for place, part in enumerate(current.parts)
        if any(is_padded(one.parts[place]) and len(one.parts[place]) == len(part) for one in (current, *alike))
    )


def _is_spelled_alike(current: Version, newer: Version, padded: frozenset[int]) -> bool:
    for place, (part, newer_part) in enumerate(zip(current.parts, newer.parts, strict=True)):
        if not (len(part) == len(newer_part) if place in padded else is_same_width(part, newer_part)):
            return False
    if newer.prerelease is None:
        return True
    return current.prerelease is not None and current.prerelease.is_of_one_kind_with(newer.prerelease)
