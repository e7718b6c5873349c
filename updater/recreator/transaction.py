"""Performs one planned update: the steps in their order, and on any failure everything back as it was."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from updater.errors import EngineError, UpdateFailed
from updater.model.digest import parse_digest, short
from updater.model.outcome import ImageAt, Outcome, OutcomeKind, StepTaken
from updater.model.reason import Reason, ReasonCode
from updater.recreator.names import name_old
from updater.recreator.recreation import Recreation
from updater.recreator.steps import STEPS
from updater.recreator.undo import discard, put_back

if TYPE_CHECKING:
    from updater.model.plan import Plan
    from updater.recreator.recreation import Surroundings
    from updater.recreator.steps import Step


class _SameImage(Exception):
    """The pulled image is the one that runs: its tag was given another digest, its content is the same."""


def perform(plan: Plan, surroundings: Surroundings) -> Outcome:
    """Update one container. Every failure becomes an outcome; only a lost engine, before anything began, raises."""
    recreation = Recreation(plan, surroundings)
    began = time.monotonic()
    try:
        for step in STEPS:
            _take(step, recreation)
    except _SameImage:
        reason = Reason(ReasonCode.UP_TO_DATE, "The registry publishes the same image under a new digest.")
        return _outcome(recreation, OutcomeKind.CURRENT, reason, began)
    except (UpdateFailed, EngineError) as failure:
        return _undo(recreation, failure.reason, began)
    reason = Reason(ReasonCode.UPDATED, f"It runs {short(plan.digest)} and has proven itself.")
    return _outcome(recreation, OutcomeKind.UPDATED, reason, began)


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
    touched = recreation.complete and (recreation.stop_requested is not None or not recreation.should_run)
    if not touched:
        recreation.surroundings.narrator.step(recreation.name, "discard")
        discard(recreation)
        return _outcome(recreation, OutcomeKind.FAILED, reason, began)
    if _is_kept(recreation, reason):
        return _keep_failing(recreation, reason, began)
    recreation.surroundings.narrator.step(recreation.name, "rollback")
    try:
        log_tail = put_back(recreation)
    except (EngineError, UpdateFailed) as failure:
        return _outcome(recreation, OutcomeKind.FAILED, _stranded(recreation, reason, failure), began)
    return _outcome(recreation, OutcomeKind.ROLLED_BACK, reason, began, log_tail)


def _is_kept(recreation: Recreation, reason: Reason) -> bool:
    """`rollback: false` concerns a container that started and then failed; one that never ran is no choice at all."""
    judged = reason.code in (ReasonCode.UNHEALTHY, ReasonCode.CRASHED, ReasonCode.HEALTH_TIMEOUT)
    return judged and not recreation.plan.decision.terms.rollback


def _keep_failing(recreation: Recreation, reason: Reason, began: float) -> Outcome:
    _take(STEPS[-1], recreation)
    assert recreation.new_id is not None
    log_tail = recreation.engine.log_tail(recreation.new_id)
    kept = Reason(reason.code, f"{reason.message} The new container was kept, because rollback is off.")
    return _outcome(recreation, OutcomeKind.FAILED, kept, began, log_tail)


def _stranded(recreation: Recreation, reason: Reason, failure: EngineError | UpdateFailed) -> Reason:
    old_id = recreation.old["Id"]
    parked = name_old(recreation.name, old_id, recreation.old_policy)
    return Reason(
        ReasonCode.STRANDED,
        f"{reason.message} The old container could not be put back: {failure}. It is {old_id[:12]}, named"
        f" {recreation.name} or {parked}; start it with `docker start {old_id[:12]}` and rename it if need be.",
    )


def _outcome(recreation: Recreation, kind: OutcomeKind, reason: Reason, began: float, log_tail: str = "") -> Outcome:
    candidate = recreation.plan.decision.candidate
    new_id = recreation.new_image.get("Id")
    return Outcome(
        decision=recreation.plan.decision,
        kind=kind,
        reason=reason,
        source=ImageAt(candidate.container.image_id, candidate.running_digest),
        target=ImageAt(new_id, parse_digest(recreation.plan.digest)),
        duration_seconds=time.monotonic() - began,
        downtime_seconds=recreation.downtime_seconds,
        steps=tuple(recreation.taken),
        notes=tuple(recreation.notes),
        log_tail=log_tail,
    )
