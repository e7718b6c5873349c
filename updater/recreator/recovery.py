"""Finishes or undoes an update that was cut short. May itself be cut short, and then simply begins again.

| what stands there | what is done |
|---|---|
| `N.new`             | remove it: nothing had happened to the old container |
| `N.go`              | go on from `stop`: an interrupted stop may still be killing the old one |
| `N` and the old one | start N if it does not run, wait for the verdict, then commit or put the old one back |
| `N.bad`, `N.back`   | go on putting the old one back |
| the old one, parked | give it its name and its restart policy again, and start it |
| somebody's own `N`  | the user has made a new one meanwhile: remove what is ours, and touch nothing else |

A group goes where the container that the others depend on goes.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from functools import partial
from typing import TYPE_CHECKING

from updater.errors import EngineError, EngineNotFound, UpdateFailed
from updater.model.container import STATES_UP
from updater.model.digest import digest_in
from updater.model.outcome import ImageAt, Outcome, OutcomeKind
from updater.model.plan import Plan
from updater.model.reason import Reason, ReasonCode
from updater.recreator.itinerary import remaining
from updater.recreator.names import (
    LABEL_DIGEST,
    LABEL_OLD_DIGEST,
    LABEL_OLD_IMAGE,
    LABEL_OLD_STATE,
    is_under_our_name,
    parse_parked_name,
)
from updater.recreator.patience import patiently
from updater.recreator.reconstruction import as_it_was, recreation_of
from updater.recreator.recreation import Recreation, reference_of
from updater.recreator.telling import Setback
from updater.recreator.transaction import go_back, go_through
from updater.recreator.undo import discard
from updater.recreator.unfinished import Standing, Unfinished, group_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from updater.model.terms import Terms
    from updater.recreator.engine import Json
    from updater.recreator.recreation import Surroundings

_CUT_SHORT = "An update was cut short"


@dataclass(frozen=True, slots=True)
class _CutShort:
    """One that can be finished or undone: what was listed, the two as the engine shows them, and what is known."""

    update: Unfinished
    new: Json
    old: Json
    recreation: Recreation


class _Direction(Enum):
    DISCARD = auto()
    BACK = auto()
    ON = auto()
    ON_WITHOUT_HEAD = auto()


def recover(group: Sequence[Unfinished], terms: Mapping[str, Terms], surroundings: Surroundings) -> tuple[Outcome, ...]:
    """Finish or undo them, all or none; `terms` by name. Raises EngineError where the engine is away.

    No outcome for what was committed, or removed altogether, since the list was made.
    """
    outcomes: list[Outcome] = []
    cut_short: list[_CutShort] = []
    abandoned: list[tuple[Unfinished, Json]] = []
    for update in group:
        surroundings.narrator.step(update.name, "recover")
        new = None if update.new is None else surroundings.engine.find_container(update.new.id)
        old = None if update.old is None else surroundings.engine.find_container(update.old.id)
        if old is None and new is not None and update.standing is Standing.ABANDONED:
            abandoned.append((update, new))
            continue
        if old is None and (new is None or update.standing is Standing.PROMOTED):
            continue
        if update.rival is not None or old is None:
            outcomes.append(_user_was_faster(update, surroundings))
        elif not is_under_our_name(old, update.name):
            _start_again(update, old, surroundings)
            outcomes.append(_user_was_faster(update, surroundings))
        elif new is None:
            outcomes.extend(_put_back_alone(update, old, terms[update.name], surroundings))
        else:
            recreation = recreation_of(update, new, old, terms[update.name], surroundings)
            cut_short.append(_CutShort(update, new, old, recreation))
    if cut_short:
        outcomes.extend(_finish_or_undo(cut_short, surroundings))
    # Only now, since they may depend on the others.
    outcomes.extend(_start_abandoned(update, new, surroundings) for update, new in abandoned)
    return tuple(outcomes)


def _start_abandoned(update: Unfinished, new: Json, surroundings: Surroundings) -> Outcome:
    """There is nothing else left of this name."""
    kind, message = OutcomeKind.UPDATED, "the new one was started, unproven."
    try:
        patiently(partial(surroundings.engine.start, new["Id"]))
    except EngineError as error:
        kind, message = OutcomeKind.FAILED, f"the new one cannot be started: {error}."
    code = ReasonCode.UPDATED if kind is OutcomeKind.UPDATED else ReasonCode.START_FAILED
    reason = Reason(code, f"{_CUT_SHORT} and its old container is gone; {message}")
    labels = new["Config"].get("Labels") or {}
    source = ImageAt(labels.get(LABEL_OLD_IMAGE), digest_in(labels.get(LABEL_OLD_DIGEST)))
    target = ImageAt(new["Image"], digest_in(labels.get(LABEL_DIGEST)))
    return Outcome(update.name, new["Config"]["Image"], kind, reason, source, target)


def _finish_or_undo(cut_short: Sequence[_CutShort], surroundings: Surroundings) -> tuple[Outcome, ...]:
    members = tuple(one.recreation for one in cut_short)
    match _direction(cut_short, surroundings):
        case _Direction.DISCARD:
            return _discard_unready(members)
        case _Direction.BACK:
            message = f"{_CUT_SHORT} while it was being rolled back; that is done now."
            for member in members:
                member.touched = True
            return go_back(members, Setback(members[0], UpdateFailed(Reason(ReasonCode.INTERRUPTED, message))))
        case _Direction.ON | _Direction.ON_WITHOUT_HEAD as direction:
            for member in members:
                member.complete = member.touched = True
                member.no_way_back = direction is _Direction.ON_WITHOUT_HEAD
            found = {one.recreation.name: (one.new, one.old) for one in cut_short}
            return go_through(remaining(members, found), members)


def _direction(cut_short: Sequence[_CutShort], surroundings: Surroundings) -> _Direction:
    """Told from the container that the others depend on: it is marked last, and removed last."""
    if any(one.update.standing is Standing.FAILED for one in cut_short):
        return _Direction.BACK
    first = cut_short[0]
    head_id = group_of(first.update)
    if first.old["Id"] == head_id:
        return _Direction.DISCARD if first.update.standing is Standing.UNREADY else _Direction.ON
    if surroundings.engine.find_container(head_id) is not None:
        return _Direction.BACK  # it went back, or its user removed the new one
    if all(one.update.standing is Standing.PROMOTED for one in cut_short):
        return _Direction.ON_WITHOUT_HEAD  # it was committed: that comes after all were promoted
    # Its user removed it. What was not touched yet stays as it is.
    return _Direction.BACK if any(_is_touched(one) for one in cut_short) else _Direction.DISCARD


def _is_touched(one: _CutShort) -> bool:
    """Whether its old container was stopped, or held down for that."""
    was, now = one.recreation.old_policy.get("Name"), one.old["HostConfig"].get("RestartPolicy") or {}
    stopped = one.recreation.old_ran and not one.old["State"].get("Running")
    return stopped or (was or "no") != (now.get("Name") or "no")


def _start_again(update: Unfinished, old: Json, surroundings: Surroundings) -> None:
    """Its user renamed it; that it does not run was our doing."""
    ran = update.new is not None and update.new.labels.get(LABEL_OLD_STATE) in STATES_UP
    if ran and not old["State"].get("Running"):
        patiently(partial(surroundings.engine.start, old["Id"]))


def _discard_unready(members: tuple[Recreation, ...]) -> tuple[Outcome, ...]:
    discard(members)
    message = f"{_CUT_SHORT} before it touched the container; what it had begun was removed."
    return tuple(_outcome(member, OutcomeKind.ROLLED_BACK, message) for member in members)


def _put_back_alone(update: Unfinished, old: Json, terms: Terms, surroundings: Surroundings) -> tuple[Outcome, ...]:
    plan = Plan(
        name=update.name,
        container_id=old["Id"],
        image=old["Config"]["Image"],
        reference=reference_of(old),
        source=ImageAt(old["Image"], None),
        digest=None,
        terms=terms,
        image_id=old["Image"],
    )
    recreation = Recreation(
        plan,
        surroundings,
        old=as_it_was(old, {}),
        old_image=surroundings.engine.find_image(old["Image"]),
        touched=True,
        tagged=plan.reference is not None and not plan.reference.is_pinned,
    )
    message = f"{_CUT_SHORT} and its new container is gone, or was renamed; the old one is back."
    reason = Reason(ReasonCode.INTERRUPTED, message)
    return go_back((recreation,), Setback(recreation, UpdateFailed(reason)))


def _user_was_faster(update: Unfinished, surroundings: Surroundings) -> Outcome:
    """Whoever removed or replaced the container meanwhile gets what they wanted: only what is ours goes."""
    leftovers = [container for container in (update.new, update.old) if container is not None]
    notes = []
    for container in leftovers:
        if container is update.old and parse_parked_name(container.name, container.id) is None:
            continue  # it never was parked, or its user gave it another name: it is not a leftover
        # The new one's own anonymous volumes go with it; the old one's were attached to it by name, and stay.
        remove = partial(surroundings.engine.remove, container.id, volumes=container is update.new, force=True)
        try:
            patiently(remove)
        except EngineNotFound:
            continue
        except EngineError as error:
            notes.append(f"{container.name} could not be removed ({error}); remove it by hand.")
    return Outcome(
        name=update.name,
        image=leftovers[0].image_text,
        kind=OutcomeKind.SKIPPED,
        reason=Reason(
            ReasonCode.USER_CHANGED,
            f"{_CUT_SHORT}, and somebody removed or replaced the container meanwhile; only what was left of the"
            " update was removed.",
        ),
        source=ImageAt(leftovers[-1].image_id, None),
        target=ImageAt(None, None),
        notes=tuple(notes),
    )


def _outcome(recreation: Recreation, kind: OutcomeKind, message: str) -> Outcome:
    plan = recreation.plan
    return Outcome(
        name=plan.name,
        image=plan.image,
        kind=kind,
        reason=Reason(ReasonCode.INTERRUPTED, message),
        source=plan.source,
        target=ImageAt(plan.image_id, plan.digest),
        notes=tuple(recreation.notes),
    )
