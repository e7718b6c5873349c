"""What of Watchtower's is given, in an environment and on a command line? Names and values, not yet understood."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from updater.watchtower.row import DROP_IN, PREFIX
from updater.watchtower.rows import BY_FLAG, BY_SHORT, BY_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from updater.watchtower.row import Row

SECRET = "…"  # noqa: S105 - stands in the place of one


@dataclass(frozen=True, slots=True)
class Given:
    """A row with a value; `source` is the variable or flag as it was written."""

    row: Row
    source: str
    value: str

    @property
    def shown(self) -> str:
        """The value, if it may be: addresses hold passwords, too."""
        return SECRET if self.row.secret or "://" in self.value else self.value

    @property
    def as_written(self) -> str:
        """As it stood there, for a person."""
        if self.source.startswith("-"):
            return self.source if self.row.is_switch and self.value == "true" else f"{self.source}={self.shown}"
        return f"{self.source}={self.shown}"


@dataclass(frozen=True, slots=True)
class Everything:
    """What a Watchtower was told. `unknown` are names of variables and flags, without their values."""

    given: tuple[Given, ...] = ()
    names: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    is_drop_in: bool = False

    @property
    def is_watchtower(self) -> bool:
        """Whether it was told to a Watchtower at all: other programs have some of the variables, too."""
        return self.is_drop_in or any(one.source.startswith((PREFIX, "-")) for one in self.given)


def read(environment: Mapping[str, str], arguments: Sequence[str] = ()) -> Everything:
    """A flag counts before the variable for the same; an empty variable is none, as for Watchtower."""
    flags: list[Given] = []
    names: list[str] = []
    unknown = [name for name in sorted(environment) if name.startswith(PREFIX) and name not in {*BY_VARIABLE, DROP_IN}]
    for one in _arguments(arguments):
        if isinstance(one, Given):
            flags.append(one)
        elif one.startswith("-"):
            unknown.append(one)
        else:
            names.append(one)
    flagged = {one.row.flag for one in flags}
    variables = [
        Given(row, variable, environment[variable])
        for variable, row in BY_VARIABLE.items()
        if environment.get(variable, "").strip() and (row.flag is None or row.flag not in flagged)
    ]
    return Everything((*variables, *_joined(flags)), tuple(names), tuple(unknown), is_drop_in=DROP_IN in environment)


def _joined(flags: Sequence[Given]) -> tuple[Given, ...]:
    """Of a flag that is given several times, lists are put together, and of others the last one counts."""
    found: dict[str | None, Given] = {}
    for one in flags:
        before = found.get(one.row.flag)
        is_list = one.row.setting in ("include", "exclude")
        value = f"{before.value},{one.value}" if before is not None and is_list else one.value
        found[one.row.flag] = Given(one.row, one.source, value)
    return tuple(found.values())


def _arguments(arguments: Sequence[str]) -> Iterator[Given | str]:
    """Flags with their values (as Go's pflag reads them), unknown flags by name, and the names of containers."""
    words = list(arguments)
    while words:
        word = words.pop(0)
        if word == "--":
            yield from (name for name in words if not name.startswith("-"))
            return
        if word.startswith("--"):
            yield _long(word, words)
        elif word.startswith("-") and len(word) > 1:
            yield from _short(word[1:], words)
        else:
            yield word


def _long(word: str, words: list[str]) -> Given | str:
    flag, separator, value = word.partition("=")
    row = BY_FLAG.get(flag)
    if row is None:
        if not separator and words and not words[0].startswith("-"):
            words.pop(0)  # its value, which may be a secret, rather than the name of a container
        return flag
    if separator:
        return Given(row, flag, value)
    return Given(row, flag, "true" if row.is_switch else words.pop(0) if words else "")


def _short(letters: str, words: list[str]) -> Iterator[Given | str]:
    """`-cd`, `-i 30`, `-i30`, `-i=30`."""
    while letters:
        letter, letters = letters[0], letters[1:]
        row = BY_SHORT.get(letter)
        if row is None or row.flag is None:
            yield f"-{letter}"
            return
        if letters.startswith("="):
            yield Given(row, row.flag, letters[1:])
            return
        if not row.is_switch:
            yield Given(row, row.flag, letters or (words.pop(0) if words else ""))
            return
        yield Given(row, row.flag, "true")
