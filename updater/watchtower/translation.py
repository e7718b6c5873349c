"""What does everything that a Watchtower was told become here? Each answer, and the settings they come to together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from updater.policy.declarations import BY_NAME
from updater.watchtower.row import PREFIX
from updater.watchtower.values import globs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from updater.watchtower.reading import Everything, Given

# The switches that Watchtower reads to do what it would else not: LABEL_ENABLE, and its API's own schedule.
_LABEL_ENABLE = PREFIX + "LABEL_ENABLE"
_PERIODIC_POLLS = PREFIX + "HTTP_API_PERIODIC_POLLS"
_LISTS = ("include", "exclude")


@dataclass(frozen=True, slots=True)
class Answer:
    """What one variable or flag becomes: the value of a setting, or nothing. `problem`: its value is not understood."""

    given: Given
    text: str | None = None
    note: str = ""
    problem: str = ""

    @property
    def becomes(self) -> str | None:
        """`UPDATER_SCHEDULE=@every 5m`; None where nothing becomes of it."""
        if self.text is None or self.given.row.setting is None:
            return None
        shown = self.given.shown if self.given.shown != self.given.value else self.text
        return f"{BY_NAME[self.given.row.setting].variable}={shown}"


@dataclass(frozen=True, slots=True)
class Translation:
    """`settings` are texts by name of the setting; `all_containers`: Watchtower considers those that say nothing.

    None where it was told by something that is not a Watchtower's; False also where something would have made it update
    less than would be done here (`restricted_by`).
    """

    answers: tuple[Answer, ...]
    settings: Mapping[str, str]
    all_containers: bool | None
    restricted_by: str = ""
    unknown: tuple[str, ...] = ()


def translate(everything: Everything) -> Translation:
    """The settings do not hold `all` unless LABEL_ENABLE says so: it is a default here (`all_containers`)."""
    answers = _without_contradictions([_answer(one) for one in everything.given])
    settings: dict[str, str] = {}
    for answer in answers:
        if answer.text is not None and answer.given.row.setting is not None:
            _put(settings, answer.given.row.setting, answer.text)
    if everything.names:
        _put(settings, "include", ",".join(_as_glob(name) for name in everything.names))
    restricted_by = _restriction(everything.given)
    if restricted_by and settings.get("all") == "true":
        del settings["all"]
    everyone = None if not everything.is_watchtower and not everything.names else not restricted_by
    if settings.get("all") == "false":
        everyone = False
    return Translation(tuple(answers), settings, everyone, restricted_by, everything.unknown)


def _answer(one: Given) -> Answer:
    row = one.row
    if row.setting is None:
        return Answer(one, note=row.remark)
    try:
        carried = row.carry(one.value)
        if carried.text is not None:
            BY_NAME[row.setting].parse(carried.text)
    except ValueError as error:
        problem = "its value is not understood" if one.shown != one.value else str(error)
        return Answer(one, problem=problem)
    return Answer(one, carried.text, carried.note or row.remark)


def _without_contradictions(answers: Sequence[Answer]) -> list[Answer]:
    """Watchtower takes either an interval or a schedule."""
    kept: list[Answer] = []
    scheduled = ""
    for answer in answers:
        if answer.given.row.setting == "schedule" and not answer.problem:
            if scheduled:
                problem = f"given together with {scheduled}; Watchtower takes only one of the two"
                kept.append(Answer(answer.given, problem=problem))
                continue
            scheduled = answer.given.source
        kept.append(answer)
    return kept


def _put(settings: dict[str, str], name: str, text: str) -> None:
    settings[name] = f"{settings[name]},{text}" if name in _LISTS and name in settings else text


def _as_glob(name: str) -> str:
    try:
        return globs(name).text or name
    except ValueError:
        return name


def _restriction(given: Sequence[Given]) -> str:
    values = {one.row.variable: one.value for one in given}
    polls = values.get(_PERIODIC_POLLS, "").strip().lower() in ("1", "t", "true")
    for one in given:
        on_request = (one.row.variable or "").startswith(PREFIX + "HTTP_API")
        if one.row.restricts is not None and one.row.restricts(one.value) and not (on_request and polls):
            return one.source
    return ""
