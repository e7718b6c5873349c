"""Performs one planned update: the steps in their order, and on any failure everything back as it was."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from updater.errors import EngineError, UpdateFailed
from updater.model.digest import short
from updater.model.outcome import ImageAt, Outcome, OutcomeKind, StepTaken
from updater.model.reason import Reason, ReasonCode
from updater.recreator.cleanup import remove_unused
from updater.recreator.recreation import Recreation
from updater.recreator.remaining import missing_steps
from updater.recreator.steps import STEPS
from updater.recreator.undo import OldContainerGone, discard, last_words, point_tag_back, put_back, remove_old
from updater.recreator.verify import ContainerRemoved, ContainerStopped, patiently

if TYPE_CHECKING:
    from collections.abc import Iterable

    from updater.model.plan import Plan
    from updater.recreator.recreation import Surroundings
    from updater.recreator.steps import Step


# An engine that goes away more often than this within one update is not one to update on.
_LOSSES_BORNE = 3
# An outage that the image itself brought about; trying it again every night would be an outage every night.
_VERDICTS = frozenset({ReasonCode.UNHEALTHY, ReasonCode.CRASHED, ReasonCode.HEALTH_TIMEOUT, ReasonCode.START_FAILED})


class _SameImage(Exception):
    """The pulled image is the one that runs: its tag was given another digest, its content is the same."""


def perform(plan: Plan, surroundings: Surroundings) -> Outcome:
    """Update one container; every failure becomes an outcome."""
    return go_through(STEPS, Recreation(plan, surroundings))


def go_through(steps: Iterable[Step], recreation: Recreation) -> Outcome:
    """Take these steps (all, or what recovery finds missing), and undo everything if one fails."""
    began = time.monotonic()
    try:
        _go(steps, recreation)
    except _SameImage:
        reason = Reason(ReasonCode.UP_TO_DATE, "The registry publishes the same image under a new digest.")
        return _outcome(recreation, OutcomeKind.CURRENT, reason, began)
    except ContainerStopped as failure:
        recreation.leave_stopped()
        return go_back(recreation, failure.reason)
    except ContainerRemoved as failure:
        remove_old(recreation)
        return _outcome(recreation, OutcomeKind.FAILED, failure.reason, began)
    except (UpdateFailed, EngineError) as failure:
        return _undo(recreation, failure.reason, began)
    _clean_up(recreation, recreation.replaced_image)
    what = short(recreation.plan.digest or recreation.new_image["Id"])
    reason = Reason(ReasonCode.UPDATED, f"It runs {what}{_how_it_went(recreation)}.")
    return _outcome(recreation, OutcomeKind.UPDATED, reason, began)


def _how_it_went(recreation: Recreation) -> str:
    if not recreation.should_run:
        return "; it was not running, so it was not started"
    return "; it did its work and ended with code 0" if recreation.ended else " and has proven itself"


def _go(steps: Iterable[Step], recreation: Recreation) -> None:
    """Take the steps. Where the engine goes away after the point of no return: wait for it, look, and go on."""
    for lost in range(_LOSSES_BORNE + 1):
        try:
            for step in steps:
                _take(step, recreation)
        except EngineError as error:
            if not error.temporary or not recreation.complete or lost == _LOSSES_BORNE:
                raise
            steps = _steps_after_a_loss(recreation)
        else:
            return


def _steps_after_a_loss(recreation: Recreation) -> list[Step]:
    assert recreation.new_id is not None  # it is complete
    new_id, old_id = recreation.new_id, recreation.old["Id"]
    recreation.touched = recreation.engine_was_away = True
    new = patiently(lambda: recreation.engine.find_container(new_id))
    old = patiently(lambda: recreation.engine.find_container(old_id))
    if new is None:
        raise UpdateFailed(Reason(ReasonCode.CONTAINER_GONE, "The new container was removed meanwhile."))
    return [] if old is None else missing_steps(recreation, new, old)


def go_back(recreation: Recreation, reason: Reason) -> Outcome:
    """Put the old container back, for this reason."""
    began = time.monotonic()
    recreation.surroundings.narrator.step(recreation.name, "rollback")
    _turn_down(recreation, reason)
    try:
        log_tail = put_back(recreation)
        _clean_up(recreation, recreation.new_image.get("Id"))
    except OldContainerGone as failure:
        return _outcome(recreation, OutcomeKind.FAILED, failure.reason, began)
    except (EngineError, UpdateFailed) as failure:
        return _outcome(recreation, OutcomeKind.FAILED, _stranded(recreation, reason, failure), began)
    return _outcome(recreation, OutcomeKind.ROLLED_BACK, reason, began, log_tail)


def _turn_down(recreation: Recreation, reason: Reason) -> None:
    """As soon as the verdict has fallen: killed on the way back, nobody would know of it any more.

    An engine that was killed during a start can refuse all further ones (seen on 20.10): that is no fault of the image.
    """
    engines_fault = recreation.engine_was_away and reason.code is ReasonCode.START_FAILED
    if reason.code in _VERDICTS and recreation.plan.on_trial and not engines_fault:
        recreation.surroundings.turn_down(recreation.plan, reason)


def _clean_up(recreation: Recreation, image_id: str | None) -> None:
    """After a success the image kept until now goes, after a rollback the one that failed."""
    if not recreation.plan.terms.cleanup:
        return
    running = recreation.new_image.get("Id") if image_id != recreation.new_image.get("Id") else None
    note = remove_unused(recreation.engine, image_id, recreation.old["Image"], running)
    if note is not None:
        recreation.notes.append(note)


def _take(step: Step, recreation: Recreation) -> None:
    recreation.surroundings.narrator.step(recreation.name, step.name)
    began = time.monotonic()
    try:
        step.perform(recreation)
    finally:
        recreation.taken.append(StepTaken(step.name, time.monotonic() - began))
    if step.name == "tag" and recreation.new_image["Id"] == recreation.old["Image"]:
        raise _SameImage


def _undo(recreation: Recreation, reason: Reason, began: float) -> Outcome:
    if not recreation.touched:
        recreation.surroundings.narrator.step(recreation.name, "discard")
        discard(recreation)
        return _outcome(recreation, OutcomeKind.FAILED, reason, began)
    if _is_kept(recreation, reason):
        return _keep_failing(recreation, reason, began)
    return go_back(recreation, reason)


def _is_kept(recreation: Recreation, reason: Reason) -> bool:
    """`rollback: false` concerns a container that started and then failed; one that never ran is no choice at all."""
    judged = reason.code in (ReasonCode.UNHEALTHY, ReasonCode.CRASHED, ReasonCode.HEALTH_TIMEOUT)
    return judged and not recreation.plan.terms.rollback


def _keep_failing(recreation: Recreation, reason: Reason, began: float) -> Outcome:
    _take(STEPS[-1], recreation)
    assert recreation.new_id is not None
    log_tail = last_words(recreation, recreation.engine.inspect_container(recreation.new_id))
    kept = Reason(reason.code, f"{reason.message} The new container was kept, because rollback is off.")
    return _outcome(recreation, OutcomeKind.FAILED, kept, began, log_tail)


def _stranded(recreation: Recreation, reason: Reason, failure: EngineError | UpdateFailed) -> Reason:
    """The one case that needs a person: say exactly what stands where."""
    point_tag_back(recreation)
    old_id = recreation.old["Id"]
    standing = " and ".join(
        f"the {which} one is {_whereabouts(recreation, container_id)}"
        for which, container_id in (("old", old_id), ("new", recreation.new_id))
        if container_id is not None
    )
    return Reason(
        ReasonCode.STRANDED,
        f"{reason.message} The old container could not be put back: {failure}. Now {standing}. `updater recover` tries"
        f" again; by hand: `docker start {old_id[:12]}` and `docker rename {old_id[:12]} {recreation.name}`.",
    )


def _whereabouts(recreation: Recreation, container_id: str) -> str:
    try:
        container = recreation.engine.find_container(container_id)
    except EngineError:
        return f"{container_id[:12]}, out of sight"
    if container is None:
        return f"{container_id[:12]}, gone"
    return f"{container['Name'].lstrip('/')} ({container_id[:12]}, {container['State']['Status']})"


def _outcome(recreation: Recreation, kind: OutcomeKind, reason: Reason, began: float, log_tail: str = "") -> Outcome:
    plan = recreation.plan
    return Outcome(
        name=plan.name,
        image=plan.image,
        kind=kind,
        reason=reason,
        source=plan.source,
        target=ImageAt(recreation.new_image.get("Id"), plan.digest),
        duration_seconds=time.monotonic() - began,
        downtime_seconds=recreation.downtime_seconds,
        steps=tuple(recreation.taken),
        notes=tuple(recreation.notes),
        log_tail=log_tail,
    )
