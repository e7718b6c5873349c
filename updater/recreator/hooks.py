"""What does the user want to run in the container around its update, and what comes of it?

The hook before the update can hold it up, for nothing has happened yet: exit code 75 postpones it, any other failure
ends it. The hook after it can only be reported: the new container has proven itself, which no script outweighs.

A container that is only recreated because another one is runs its own hooks, if its user gave it any: it is stopped
and replaced like the other. Going back at a person's request runs none: they are in need, and the hooks are those of
the version that they want to be rid of.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from updater.errors import EngineError, UpdateFailed
from updater.model.reason import ReasonCode
from updater.recreator.looking import confirm
from updater.recreator.recreation import failed
from updater.recreator.shell_line import Ending, bytes_to_keep, ending_of, self_limiting, shown_output, told

if TYPE_CHECKING:
    from updater.model.execution import Execution
    from updater.recreator.engine import Json
    from updater.recreator.recreation import Recreation

_GRACE = 2.0  # seconds in which a hook that has run out of time kills itself
_LOOKS = 5
_LOOK_EVERY = 0.1  # seconds
_BEFORE = "Its hook before the update"
_AFTER = "Its hook after the update"
_LEFT_ALONE = "it may still be running"


@dataclass(frozen=True, slots=True)
class _Ran:
    """How a hook went; `sentence` completes "the hook …"."""

    ending: Ending
    sentence: str
    output: str


def has_pre_update(recreation: Recreation) -> bool:
    """Whether there is a hook to run before the update."""
    return recreation.runs_hooks and recreation.plan.terms.hook_pre_update is not None


def has_post_update(recreation: Recreation) -> bool:
    """Whether there is a hook to run after the update."""
    return recreation.runs_hooks and recreation.plan.terms.hook_post_update is not None


def pre_update(recreation: Recreation) -> None:
    """Run it in the old container; it may postpone the update, or end it."""
    terms = recreation.plan.terms
    assert terms.hook_pre_update is not None  # else this step is not taken
    recreation.check_interruption()
    old = recreation.engine.find_container(recreation.old["Id"])
    if old is None:
        return  # `confirm` is next, and tells
    if (status := str(old["State"]["Status"])) != "running":
        recreation.notes.append(f"{_BEFORE} was not run: the container is {status}.")
        return
    try:
        ran = _run(recreation, old, terms.hook_pre_update, terms.hook_pre_update_timeout)
    except EngineError as error:
        if error.temporary:
            raise
        _look_for_a_person(recreation)
        raise failed(ReasonCode.HOOK_FAILED, f"{_BEFORE} could not be run: {error}.") from error
    _note(recreation, _BEFORE, ran)
    if ran.ending is Ending.POSTPONED:
        message = f"{_BEFORE} asks to wait: it {ran.sentence}. The next run asks again."
        raise failed(ReasonCode.HOOK_POSTPONED, message)
    if ran.ending is Ending.FAILED:
        _look_for_a_person(recreation)
        raise failed(ReasonCode.HOOK_FAILED, f"{_BEFORE} {ran.sentence}. The container was left as it was.")


def _look_for_a_person(recreation: Recreation) -> None:
    """Whoever stops or removes the container cuts its hook short, which is no failure of the hook.

    The engine may tell of the hook's end a moment before it tells of the container's.
    """
    for _ in range(_LOOKS):
        confirm(recreation)
        time.sleep(_LOOK_EVERY)


def post_update(recreation: Recreation) -> None:
    """Run it in the new container; whatever comes of it is only told."""
    terms = recreation.plan.terms
    assert terms.hook_post_update is not None  # else this step is not taken
    if recreation.post_update_is_done:
        return  # the engine went away during it, and was waited for
    assert recreation.new_id is not None
    recreation.post_update_is_done = True
    objection = _objection(recreation)
    if objection is not None:
        recreation.notes.append(f"{_AFTER} was not run: {objection}.")
        return
    try:
        new = recreation.engine.inspect_container(recreation.new_id)
        ran = _run(recreation, new, terms.hook_post_update, terms.hook_post_update_timeout)
    except UpdateFailed:
        recreation.notes.append(f"You interrupted the wait for the end of its hook after the update ({_LEFT_ALONE}).")
        return
    except EngineError as error:
        recreation.notes.append(f"{_AFTER} was cut short, or could not be run: {error}.")
        if error.temporary:
            raise  # the engine is waited for; then this is done
        return
    if ran.ending is not Ending.WELL:
        recreation.notes.append(f"{_AFTER} failed: it {ran.sentence}. The update stays.")
    _note(recreation, _AFTER, ran)


def _objection(recreation: Recreation) -> str | None:
    """Why the new container is not one to run a hook in."""
    if recreation.kept_failing is not None:
        return "the new container did not prove itself"
    if not recreation.should_run:
        return "the container is not running"
    if recreation.was_paused:
        return "the container is paused"
    if recreation.old_state == "restarting":
        return "the container was restarting over and over, so it was not to prove itself"
    return "the container has done its work and ended" if recreation.ended else None


def _run(recreation: Recreation, container: Json, line: str, limit: float) -> _Ran:
    """Raises EngineError where it cannot be run, UpdateFailed where the user interrupts."""
    environment = container["Config"].get("Env") or ()
    began = time.monotonic()
    execution = recreation.engine.execute(
        container["Id"],
        self_limiting(line, limit),
        variables_of(recreation),
        seconds=limit + _GRACE,
        keep=bytes_to_keep(environment),
        watch=recreation.check_interruption,
    )
    return _ran(execution, shown_output(execution, environment), time.monotonic() - began, limit)


def _ran(execution: Execution, output: str, took: float, limit: float) -> _Ran:
    return _Ran(ending_of(execution), told(execution, output, took, limit), output)


def variables_of(recreation: Recreation) -> dict[str, str]:
    """What a hook is told, beside the container's own environment; empty where it is not known."""
    plan = recreation.plan
    return {
        "UPDATER_CONTAINER": plan.name,
        "UPDATER_IMAGE": plan.image,
        "UPDATER_OLD_DIGEST": plan.source.digest or "",
        "UPDATER_NEW_DIGEST": plan.digest or "",
    }


def _note(recreation: Recreation, which: str, ran: _Ran) -> None:
    if ran.output and (ran.ending is Ending.WELL or ran.output not in ran.sentence):
        recreation.notes.append(f"{which} wrote:\n{ran.output}")
