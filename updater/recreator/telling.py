"""How is it told how an update went? One outcome for each container, with a reason that a person can read."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from updater.errors import EngineError, UpdateFailed
from updater.model.digest import short
from updater.model.outcome import ImageAt, Outcome, OutcomeKind
from updater.model.purpose import Purpose
from updater.model.reason import Reason, ReasonCode
from updater.recreator.undo import last_words
from updater.recreator.way_back import OldContainerGone

if TYPE_CHECKING:
    from updater.recreator.recreation import Recreation
    from updater.recreator.way_back import PutBack

# Where a person asked to go back, having gone back is the success.
_AS_ASKED = {OutcomeKind.UPDATED: OutcomeKind.ROLLED_BACK, OutcomeKind.ROLLED_BACK: OutcomeKind.FAILED}


@dataclass(frozen=True, slots=True)
class Setback:
    """Which container of the group failed, and why."""

    member: Recreation
    failure: UpdateFailed | EngineError

    @property
    def reason(self) -> Reason:
        """In the words of the one that failed."""
        return self.failure.reason


def told_of(member: Recreation, setback: Setback) -> Reason:
    """The reason as seen from this member: another one's failure is a failure of what it goes with."""
    if member is setback.member or setback.reason.code in (ReasonCode.INTERRUPTED, ReasonCode.BUSY):
        return setback.reason
    together = f"{setback.member.name}, which is recreated together with it"
    if setback.reason.code is ReasonCode.HOOK_POSTPONED:
        return Reason(ReasonCode.HOOK_POSTPONED, f"{together}, is not ready: {setback.reason.message}")
    return Reason(
        ReasonCode.DEPENDENCY_FAILED,
        f"{together}, failed: {setback.reason.message}",
    )


def success_of(member: Recreation) -> Outcome:
    """All its steps were taken; perhaps it was kept although it failed."""
    if member.kept_failing is not None:
        return _kept_failing(member, member.kept_failing)
    what = short(member.plan.digest or member.new_image["Id"])
    reason = Reason(ReasonCode.UPDATED, f"It runs {what}{_how_it_went(member)}.")
    if member.plan.purpose is Purpose.ROLLBACK:
        reason = Reason(ReasonCode.ROLLED_BACK, f"It runs {what} again{_how_it_went(member)}.")
    elif member.is_companion:
        reason = Reason(
            ReasonCode.DEPENDENCY_UPDATED,
            f"It depends on {member.plan.companion_of}, so both were recreated; it runs the same image as before.",
        )
    return outcome_of(member, OutcomeKind.UPDATED, reason)


def _how_it_went(member: Recreation) -> str:
    if not member.should_run:
        return "; it was not running, so it was not started"
    if member.was_restarting:
        return "; the old container crashed over and over, so whether this one does was not waited for"
    return "; it did its work and ended with code 0" if member.ended else " and has proven itself"


def _kept_failing(member: Recreation, reason: Reason) -> Outcome:
    assert member.new_id is not None
    container = member.engine.find_container(member.new_id)
    log_tail = "" if container is None else last_words(member, container)
    why = "the one it depends on cannot go back" if member.no_way_back else "rollback is off"
    kept = Reason(reason.code, f"{reason.message} The new container was kept, because {why}.")
    return outcome_of(member, OutcomeKind.FAILED, kept, log_tail)


def outcome_of_going_back(member: Recreation, reason: Reason, result: PutBack) -> Outcome:
    """Whether the old container is back; where it is not, what stands where."""
    if result.failure is None:
        return outcome_of(member, OutcomeKind.ROLLED_BACK, reason, result.log_tail)
    if isinstance(result.failure, OldContainerGone):
        return outcome_of(member, OutcomeKind.FAILED, result.failure.reason)
    return outcome_of(member, OutcomeKind.FAILED, _stranded(member, reason, result.failure))


def _stranded(member: Recreation, reason: Reason, failure: EngineError | UpdateFailed) -> Reason:
    """The one case that needs a person: say exactly what stands where."""
    old_id = member.old["Id"]
    standing = " and ".join(
        f"the {which} one is {_whereabouts(member, container_id)}"
        for which, container_id in (("old", old_id), ("new", member.new_id))
        if container_id is not None
    )
    return Reason(
        ReasonCode.STRANDED,
        f"{reason.message} The old container could not be put back: {failure}. Now {standing}. `updater recover` tries"
        f" again; by hand: `docker start {old_id[:12]}` and `docker rename {old_id[:12]} {member.name}`.",
    )


def _whereabouts(member: Recreation, container_id: str) -> str:
    try:
        container = member.engine.find_container(container_id)
    except EngineError:
        return f"{container_id[:12]}, out of sight"
    if container is None:
        return f"{container_id[:12]}, gone"
    return f"{container['Name'].lstrip('/')} ({container_id[:12]}, {container['State']['Status']})"


def outcome_of(member: Recreation, kind: OutcomeKind, reason: Reason, log_tail: str = "") -> Outcome:
    """As it stands now: the steps taken until here, with their times."""
    plan = member.plan
    return Outcome(
        name=plan.name,
        image=plan.image,
        kind=_AS_ASKED.get(kind, kind) if plan.purpose is Purpose.ROLLBACK else kind,
        reason=reason,
        source=plan.source,
        target=ImageAt(member.new_image.get("Id"), plan.digest),
        duration_seconds=time.monotonic() - member.began,
        downtime_seconds=member.downtime_seconds,
        steps=tuple(member.taken),
        notes=tuple(member.notes),
        log_tail=log_tail,
        container_id=member.new_id if kind is OutcomeKind.UPDATED or member.kept_failing is not None else None,
    )
