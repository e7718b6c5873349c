"""Is this a command line of Watchtower's, and what does it say in our words?

Watchtower has no commands: it is told by flags, and by the names of containers. So a compose service that names our
image in the place of Watchtower's starts us with a command line like `--interval 300 --cleanup web db`.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from updater.errors import InvalidSetting
from updater.model.values import GOOD_BOOLEANS, parse_boolean
from updater.watchtower.reading import read
from updater.watchtower.row import PREFIX
from updater.watchtower.translation import translate

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from updater.watchtower.reading import Given

RUN_ONCE = PREFIX + "RUN_ONCE"
_HEALTH, _HELP = "--health-check", "--help"
_ALIKE = 0.75  # `chekc` and `check` have 0.8 in common, `runner` and `run` 0.67 (difflib)
_OWN_ALL = ("UPDATER_ALL", "UPDATER_ALL_FILE")


@dataclass(frozen=True, slots=True)
class InOurWords:
    """`words` are a command line of ours, `variables` go with it: most flags of Watchtower's stand for one."""

    words: tuple[str, ...]
    variables: Mapping[str, str]

    @property
    def shown(self) -> str:
        """For a person; without the variables, each of which is told at the start."""
        return shlex.join(["updater", *self.words])


def in_our_words(
    words: Sequence[str], environment: Mapping[str, str], commands: Collection[str], *, begins_container: bool
) -> InOurWords | None:
    """What it means; None for a command line of ours, and for one that is nobody's.

    Names alone are taken for Watchtower's only where they are what a container was started with (`begins_container`),
    and look like no command: anywhere else they are more likely a mistyped one. Raises InvalidSetting for flags that
    are not known.
    """
    if list(words) == ["watch"]:
        once = _is_on(environment.get(RUN_ONCE, ""), f"environment variable {RUN_ONCE}")
        return InOurWords(("run",), {}) if once else None
    everything = read({}, words)
    if not words or any(name in commands for name in everything.names):
        return None
    if any(one.row.flag == _HELP for one in everything.given):
        return None if everything.names else InOurWords((_HELP,), {})
    is_ours = everything.unknown or not begins_container or _is_mistyped(words, environment, commands)
    if not everything.given and is_ours:
        return None
    if everything.unknown:
        raise InvalidSetting(
            everything.unknown[0],
            "neither Watchtower nor updater has this option",
            "those that `updater --help` or Watchtower's documentation shows",
        )
    for answer in translate(everything).answers:
        if answer.problem:
            raise InvalidSetting(answer.given.source, answer.problem, answer.given.row.good)
    if any(one.row.flag == _HEALTH for one in everything.given):
        return InOurWords(("healthcheck",), {})
    variables = {one.row.variable: one.value for one in everything.given if one.row.variable}
    once = _is_on(variables.get(RUN_ONCE, environment.get(RUN_ONCE, "")), "--run-once")
    options = [*_named(everything.names, {**environment, **variables}), *_without_variable(everything.given)]
    return InOurWords(("run" if once else "watch", *options), variables)


def _is_mistyped(words: Sequence[str], environment: Mapping[str, str], commands: Collection[str]) -> bool:
    """Whether this is rather one of our commands than the name of a container, where nothing speaks of Watchtower."""
    if len(words) > 1 or any(name.startswith(PREFIX) for name in environment):
        return False
    return bool(get_close_matches(words[0], commands, n=1, cutoff=_ALIKE))


def _named(names: Sequence[str], environment: Mapping[str, str]) -> list[str]:
    """Names narrow down what Watchtower looks at, which are all containers unless LABEL_ENABLE is set, too."""
    if not names:
        return []
    translation = translate(read(environment, names))
    everyone = translation.all_containers and not any(name in environment for name in _OWN_ALL)
    return ["--include", translation.settings["include"], *(["--all"] if everyone else [])]


def _without_variable(given: Sequence[Given]) -> list[str]:
    found = translate(read({}, [word for one in given if not one.row.variable for word in (one.source, one.value)]))
    return [word for name, text in found.settings.items() for word in (f"--{name.replace('_', '-')}", text)]


def _is_on(text: str, place: str) -> bool:
    try:
        return bool(text.strip()) and parse_boolean(text)
    except ValueError as error:
        raise InvalidSetting(place, str(error), GOOD_BOOLEANS) from None
