"""Which tags does the user's own pattern let through, in a bounded time? No pattern can hang or fill the memory.

The standard library's matching has no time limit, so the `regex` package matches. Its limit leaves two gaps, and what
falls into them is refused or left out when the pattern is read; none of it is of use for a tag:
1. Reading takes no limit, and `(?:a{9999}){9999}` is laid out in full: length and repeat counts are bounded.
2. What groups matched is kept for every repeat, and recursion keeps even more: hundreds of megabytes within the limit.
   Groups are taken as those that keep nothing; back-references, recursion and fuzzy matching are refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import prod
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    import regex

GOOD_TAG_PATTERNS = r"a regular expression for the whole tag, such as `1\.\d+\.\d+-alpine`"

# Seconds, for all tags of a repository together; a harmless pattern needs a hundredth of it.
TIME_LIMIT = 1.0
_LONGEST = 300
_MOST_REPEATS = 1000
_SPECIAL = re.compile(
    r"""
    \\ (?P<escape>.)?
    | \[ (?P<set> \^? \]? (?: \\. | [^]\\[] )* \] )?
    | \{ (?P<repeat> (?P<least>[0-9]*) ,? [0-9]* \} )?
    | \( (?: (?P<keeps> (?! [?*] ) | \?P?<[A-Za-z_][A-Za-z0-9_]*> ) | (?P<group> \?i?: | \?i\) | \?> | \?<?[=!] ) )?
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPES = frozenset("dDwWsSbBAZ")


class BadTagPattern(ValueError):
    """No pattern that can be used; `str()` names it, what is wrong, and at which position."""

    def __init__(self, text: str, problem: str) -> None:
        shown = text if len(text) <= _LONGEST else text[:_LONGEST] + "…"
        super().__init__(f"{shown!r} is no pattern for tags: {problem}")


@dataclass(frozen=True, slots=True)
class TooSlow:
    """The pattern did not get through the tags in time; `str()` says so to a person."""

    pattern: str
    limit: float

    def __str__(self) -> str:
        return (
            f"The tag pattern {self.pattern!r} did not get through the repository's tags within {self.limit:g} s, so no"
            " tag is chosen; repeats within repeats, such as (a+)+, take that long: write it without them."
        )


@dataclass(frozen=True, slots=True)
class TagPattern:
    """Made by `parse_tag_pattern`; `without_memory` is the same pattern with groups that keep nothing."""

    text: str
    without_memory: str

    def matching(self, tags: Iterable[str], limit: float = TIME_LIMIT) -> tuple[str, ...] | TooSlow:
        """Those that match from the first to the last character, in their order."""
        fullmatch = _compiled(self.without_memory).fullmatch
        end = monotonic() + limit
        found = []
        for tag in tags:
            left = end - monotonic()
            if left <= 0:
                return TooSlow(self.text, limit)
            # The package counts the processor's time; where the machine is busy, it takes longer by the clock.
            try:
                if fullmatch(tag, timeout=left):
                    found.append(tag)
            except (TimeoutError, MemoryError):
                return TooSlow(self.text, limit)
        return tuple(found)


def parse_tag_pattern(text: str) -> TagPattern:
    """Raises BadTagPattern, a ValueError."""
    if not text:
        raise BadTagPattern(text, "it is empty, and no tag is")
    if len(text) > _LONGEST:
        raise BadTagPattern(text, f"it has {len(text)} characters; {_LONGEST} are the most")
    specials = tuple(_SPECIAL.finditer(text))
    for special in specials:
        if problem := _problem(special):
            raise BadTagPattern(text, f"{problem} at position {special.start()}")
    # Only what is nested multiplies; but who needs more than this, nested or not, has misspelled something.
    if prod(int(special["least"] or 1) or 1 for special in specials) > _MOST_REPEATS:
        raise BadTagPattern(text, f"its repeat counts, multiplied, come to more than {_MOST_REPEATS}")
    # Errors are looked for in the text as the user wrote it, so that the position is right.
    _check(text, text)
    without_memory = _SPECIAL.sub(_forgetful, text)
    _check(without_memory, text)
    return TagPattern(text, without_memory)


def _problem(special: re.Match[str]) -> str | None:
    """What is of the package's own syntax, or of no use in a tag."""
    escape = special["escape"]
    match special[0][0]:
        case "\\" if escape is None:
            return "lone backslash"
        case "\\" if escape.isalnum() and escape not in _ESCAPES:
            return f"\\{escape} is not understood"
        case "[" if special["set"] is None:
            return "a set without an end, or with another bracket in it,"
        case "{" if special["repeat"] is None:
            return "a brace that is no repeat count"
        case "(" if special["keeps"] is None and special["group"] is None:
            return "a kind of group that is not understood"
    return None


def _forgetful(special: re.Match[str]) -> str:
    return special[0] if special["keeps"] is None else "(?:"


def _check(pattern: str, text: str) -> None:
    import regex

    try:
        _compiled(pattern)
    except regex.error as error:
        raise BadTagPattern(text, str(error)) from None
    except (RecursionError, OverflowError):
        raise BadTagPattern(text, "it is nested too deeply") from None


def _compiled(text: str) -> regex.Pattern[str]:
    """The package remembers what it read, so asking again costs nothing."""
    # Few containers have a pattern; without one, nobody waits for the package to be loaded.
    import regex

    return regex.compile(text, regex.VERSION0)
