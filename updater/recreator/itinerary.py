"""In which order do the containers of a group take their steps, and which steps are still to be taken?

What is still to be taken is told from the containers alone, whichever step was the last: recovery and an update
whose engine went away half-way both go on from there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from updater.recreator.names import parse_parked_name
from updater.recreator.steps import STAGES, STEPS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from updater.recreator.engine import Json
    from updater.recreator.recreation import Recreation
    from updater.recreator.steps import Step

Itinerary = list[tuple["Step", "Recreation"]]

_BY_NAME = {step.name: step for step in STEPS}
_FIRST_SWITCHING_STEP = "stop"


def whole(members: Sequence[Recreation]) -> Itinerary:
    """All steps of all members; the one that the others depend on is the first of them."""
    return [
        (_BY_NAME[name], member)
        for stage in STAGES
        for member in (reversed(members) if stage.dependents_first else members)
        for name in stage.names
    ]


def remaining(members: Sequence[Recreation], found: Mapping[str, tuple[Json, Json | None]]) -> Itinerary:
    """The steps from `stop` on that these inspections (new and old container, by name) do not show as done.

    The new containers are complete. Where an old one is gone, its update was committed.
    """
    done = {member.name: set(_done(member, *found[member.name])) for member in members}
    switching = list(_BY_NAME)[list(_BY_NAME).index(_FIRST_SWITCHING_STEP) :]
    return [
        (step, member)
        for step, member in whole(members)
        if step.name in switching and step.name not in done[member.name]
    ]


def _done(member: Recreation, new: Json, old: Json | None) -> Iterator[str]:
    if old is None:
        yield from _BY_NAME
        return
    if not old["State"].get("Running"):
        yield "stop"
    if parse_parked_name(old["Name"], old["Id"]) is not None:
        yield "park"
    if _policy_name(old) == "no" or not member.restarts_after_exit:
        yield "defuse"
    if new["Name"] == f"/{member.name}":
        yield "promote"
    if new["State"].get("Running") or (member.plan.terms.is_job and _was_started(new)):
        yield "start"  # a job is not to be run twice, once it was begun


def _was_started(container: Json) -> bool:
    return not str(container["State"].get("StartedAt") or "0001").startswith("0001")


def _policy_name(container: Json) -> str:
    return (container["HostConfig"].get("RestartPolicy") or {}).get("Name") or "no"
