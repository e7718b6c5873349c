"""What did somebody mean who wrote a name that is not known, in few words? Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# As many names as a person still reads in one sentence; where there are more, it says which page has them.
_SHORT = 8
_MOST_LIKELY = 3
_NEAR = 0.7  # of difflib's measure; below, it suggests names that have nothing to do with what was written
_BEGINNING = 3  # characters that are enough to be the beginning of something


def suggestion(name: str, known: Iterable[str], page: str, prefix: str = "") -> str:
    """`did you mean updater.enable? docs/labels.md of the project has all of them`.

    All names where they are few, or none is near. `known` are the names without the `prefix` that they have in common:
    with it, all would be near each other.
    """
    names = sorted(known)
    likely = [prefix + one for one in _likely(name[len(prefix) :], names)]
    listed = f"{f'known after {prefix}' if prefix else 'there'} are {', '.join(names)}"
    if not likely:
        return listed
    more = listed.capitalize() if len(names) <= _SHORT else f"{page} of the project has all of them"
    return f"did you mean {' or '.join(likely)}? {more}"


def _likely(name: str, known: Sequence[str]) -> Sequence[str]:
    from difflib import get_close_matches  # only a mistake has a use for it

    flat = {_flat(one): one for one in known}
    written = _flat(name)
    if written in flat:
        return [flat[written]]
    if near := get_close_matches(written, flat, n=1, cutoff=_NEAR):
        return [flat[near[0]]]
    begun = [one for key, one in flat.items() if len(written) >= _BEGINNING and key.startswith(written)]
    return begun if len(begun) <= _MOST_LIKELY else []


def _flat(name: str) -> str:
    """Without capitals and separators, in which people differ."""
    return name.lower().replace("_", "-").replace(".", "-")
