"""Performs one planned update: the steps in their order, and on any failure everything back as it was.

A container that others depend on is updated together with them, as a group: all or none.
"""

from __future__ import annotations

import re
import time
from functools import partial
from typing import TYPE_CHECKING

from updater.errors import EngineError, UpdateFailed
from updater.model.digest import short
from updater.model.outcome import Outcome, OutcomeKind, StepTaken
from updater.model.purpose import Purpose
from updater.model.reason import Reason, ReasonCode
from updater.recreator.cleanup import remove_unused
from updater.recreator.each_other import GaveWay
from updater.recreator.itinerary import remaining, whole
from updater.recreator.pausing import ContainerPaused
from updater.recreator.recreation import Group, Recreation
from updater.recreator.telling import Setback, outcome_of, outcome_of_going_back, success_of, told_of
from updater.recreator.undo import discard, keep_as_before, remove_old
from updater.recreator.verify import ContainerRemoved, ContainerStopped
from updater.recreator.way_back import put_back

if TYPE_CHECKING:
    from collections.abc import Sequence

    from updater.model.plan import Plan
    from updater.recreator.itinerary import Itinerary
    from updater.recreator.recreation import Surroundings
    from updater.recreator.steps import Step

Members = tuple[Recreation, ...]
"""Those that are recreated together; the first is the one that the others depend on."""

# An engine that goes away more often than this within one update is not one to update on.
_LOSSES_BORNE = 3
# An outage that the image itself brought about; trying it again every night would be an outage every night.
_VERDICTS = frozenset({ReasonCode.UNHEALTHY, ReasonCode.CRASHED, ReasonCode.HEALTH_TIMEOUT, ReasonCode.START_FAILED})
# `rollback: false` concerns a container that started and then failed; one that never ran is no choice at all.
_JUDGED = _VERDICTS - {ReasonCode.START_FAILED}
# What an engine that was killed during a start says of every further one (seen on 20.10); the image has no part in it.
_ENGINES_FAULT = re.compile(r"task \S+: already exists|id already in use")
# Nothing went wrong: somebody else has it in hand, or its own hook asks to wait.
_NOT_NOW = frozenset({ReasonCode.BUSY, ReasonCode.HOOK_POSTPONED})


class _SameImage(Exception):
    """The pulled image is the one that runs: its tag was given another digest, its content is the same."""


class _HandedOver(Exception):
    """A helper goes on with it: it is the container that this program runs in."""


def perform(plan: Plan, surroundings: Surroundings, companions: Sequence[Plan] = ()) -> tuple[Outcome, ...]:
    """Update one container, together with those that depend on it; every failure becomes an outcome.

    The plan's own outcome is the first; companions have one if anything was done to them.
    """
    group = Group()
    members = tuple(Recreation(each, surroundings, group) for each in (plan, *companions))
    return go_through(whole(members), members)


def go_through(itinerary: Itinerary, members: Members) -> tuple[Outcome, ...]:
    """Take these steps (all, or what recovery finds missing), and undo everything if one fails."""
    head = members[0]
    for member in members:
        member.runs_hooks = head.plan.purpose is not Purpose.ROLLBACK
    try:
        setback = _go(itinerary, members)
    except _SameImage:
        keep_as_before(head)
        reason = Reason(ReasonCode.UP_TO_DATE, "The registry publishes the same image under a new digest.")
        return (outcome_of(head, OutcomeKind.CURRENT, reason),)
    except _HandedOver:
        what = short(head.plan.digest or head.new_image["Id"])
        message = f"This updater's own container: a helper puts it on {what}; `updater history` tells how that ended."
        return (outcome_of(head, OutcomeKind.SKIPPED, Reason(ReasonCode.ITSELF, message)),)
    if setback is None:
        _clean_up(head, head.replaced_image)
        return tuple(success_of(member) for member in members)
    if isinstance(setback.failure, ContainerRemoved):
        return _after_removal(members, setback)
    if not any(member.touched for member in members):
        head.surroundings.narrator.step(head.name, "discard")
        in_hand = setback.reason.code is ReasonCode.BUSY and not isinstance(setback.failure, GaveWay)
        discard(members, busy=in_hand)
        kind = OutcomeKind.SKIPPED if setback.reason.code in _NOT_NOW else OutcomeKind.FAILED
        head.notes += [f"{member.name}: {note}" for member in members[1:] for note in member.notes]
        return (outcome_of(head, kind, told_of(head, setback)),)
    if isinstance(setback.failure, ContainerStopped):
        _leave_stopped(members, setback.member)
    if isinstance(setback.failure, ContainerPaused) and setback.failure.still:
        setback.member.leave("paused")
    return go_back(members, setback)


def _go(itinerary: Itinerary, members: Members) -> Setback | None:
    """Take the steps. Where the engine goes away after the point of no return: wait for it, look, and go on."""
    member = members[0]
    try:
        for _ in range(_LOSSES_BORNE):
            for step, member in itinerary:
                try:
                    _take(step, member)
                except EngineError as error:
                    if not error.temporary or not members[0].complete:
                        raise
                    itinerary = _itinerary_after_a_loss(members)
                    break
            else:
                return None
        for step, member in itinerary:
            _take(step, member)
    except (UpdateFailed, EngineError) as failure:
        member.stop_listening()
        return Setback(member, failure)
    return None


def _itinerary_after_a_loss(members: Members) -> Itinerary:
    found = {}
    for member in members:
        new_id, old_id = member.new_id, member.old["Id"]
        assert new_id is not None  # the group is complete
        member.touched = member.engine_was_away = True
        member.stop_listening()  # to an engine that is gone
        new = member.patiently(partial(member.engine.find_container, new_id))
        old = member.patiently(partial(member.engine.find_container, old_id))
        if new is None:
            raise UpdateFailed(Reason(ReasonCode.CONTAINER_GONE, "The new container was removed meanwhile."))
        found[member.name] = (new, old)
    if found[members[0].name][1] is None:
        for member in members[1:]:
            member.no_way_back = True  # what they depended on is committed
    return remaining(members, found)


def _take(step: Step, member: Recreation) -> None:
    if not step.applies(member):
        return
    if step.name != "pull" or member.plan.image_id is None:  # an image that is here is not pulled
        member.surroundings.narrator.step(member.name, step.name)
    began = time.monotonic()
    try:
        step.perform(member)
    except UpdateFailed as failure:
        if not _is_kept(member, failure.reason):
            raise
        member.kept_failing = failure.reason
    finally:
        member.taken.append(StepTaken(step.name, time.monotonic() - began))
    if step.name == "tag" and not member.is_companion and member.new_image["Id"] == member.old["Image"]:
        raise _SameImage
    if step.name == "hand-over":
        raise _HandedOver


def _is_kept(member: Recreation, reason: Reason) -> bool:
    if member.no_way_back:
        return True
    return reason.code in _JUDGED and not member.plan.terms.rollback


def go_back(members: Members, setback: Setback) -> tuple[Outcome, ...]:
    """Put the old containers back, because of this."""
    head = members[0]
    head.surroundings.narrator.step(head.name, "rollback")
    _turn_down(head, setback)
    results = put_back(members)
    if not any(result.failure for result in results):
        _clean_up(head, head.new_image.get("Id"))
    pairs = zip(members, results, strict=True)
    return tuple(outcome_of_going_back(member, told_of(member, setback), result) for member, result in pairs)


def _turn_down(head: Recreation, setback: Setback) -> None:
    """As soon as the verdict has fallen: killed on the way back, nobody would know of it any more."""
    engines_fault = setback.reason.code is ReasonCode.START_FAILED and (
        setback.member.engine_was_away or _ENGINES_FAULT.search(setback.reason.message) is not None
    )
    # A job that was not seen from its start to its end may have been cut off by whatever cut us off.
    job = setback.member.plan.terms.is_job
    unseen = job and (setback.member.up_again is None or setback.member.engine_was_away)
    if (
        setback.reason.code in _VERDICTS
        and head.plan.purpose is Purpose.UPDATE
        and not engines_fault
        and not (unseen and setback.reason.code is ReasonCode.CRASHED)
    ):
        head.surroundings.turn_down(head.plan, told_of(head, setback))


def _after_removal(members: Members, setback: Setback) -> tuple[Outcome, ...]:
    """A person removed a new container during its trial: it is not brought back, and the others go back without it."""
    removed = setback.member
    remove_old(removed)
    outcome = outcome_of(removed, OutcomeKind.FAILED, setback.reason)
    _leave_stopped(members, removed)
    others = tuple(member for member in members if member is not removed)
    if not others:
        return (outcome,)
    went_back = iter(go_back(others, setback))
    return tuple(outcome if member is removed else next(went_back) for member in members)


def _leave_stopped(members: Members, stopped: Recreation) -> None:
    """It, and what depends on it: that cannot run without it."""
    names = {stopped.name}
    for member in members:
        if member is stopped or member.plan.companion_of in names:
            names.add(member.name)
            member.leave("exited")


def _clean_up(head: Recreation, image_id: str | None) -> None:
    """After a success the image kept until now goes, after a rollback the one that failed."""
    if not head.plan.terms.cleanup or head.is_companion:
        return
    running = head.new_image.get("Id") if image_id != head.new_image.get("Id") else None
    note = remove_unused(head.engine, image_id, head.old["Image"], running)
    if note is not None:
        head.notes.append(note)
