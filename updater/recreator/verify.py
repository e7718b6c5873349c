"""Waits for the verdict on a started container: looks, judges, looks again.

The engine's events only wake the loop, so that a verdict comes when it is known; an inspection is the truth.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from updater.errors import UpdateFailed
from updater.model.reason import Reason, ReasonCode
from updater.recreator.health import Bad, Good, Undecided, begin, judge
from updater.recreator.patience import patiently
from updater.recreator.pausing import Pauses
from updater.recreator.persons_hand import ended_by_a_person, was_started_again
from updater.recreator.secrets import without_secrets

if TYPE_CHECKING:
    from typing import TypeVar

    from updater.recreator.engine import Alarm, Engine, Json
    from updater.recreator.health import Trial
    from updater.recreator.recreation import Recreation

    T = TypeVar("T")

_LOOK_EVERY = 1.0  # seconds, should an event have been lost
_EVENTS_LATE = 0.3  # seconds by which an event may come after what it tells of
_RESTART_LOOKS = 30  # nine seconds between the stop and the start of a restart; a busy engine takes some


class ContainerStopped(UpdateFailed):
    """A person stopped the container while it was to prove itself, or the old one before its turn came."""

    def __init__(self, message: str = "Somebody stopped it before it had proven itself.") -> None:
        super().__init__(Reason(ReasonCode.USER_CHANGED, message))


class ContainerRemoved(UpdateFailed):
    """A person removed the container while it was to prove itself."""

    def __init__(self) -> None:
        super().__init__(Reason(ReasonCode.CONTAINER_GONE, "Somebody removed it before it had proven itself."))


def freeze(engine: Engine, container_id: str, *, paused: bool) -> None:
    """Pause or unpause it, unless it is so already: the engine refuses to do it twice."""

    def look_and_freeze() -> None:
        if bool(engine.inspect_container(container_id)["State"].get("Paused")) != paused:
            (engine.pause if paused else engine.unpause)(container_id)

    patiently(look_and_freeze)


def prove(recreation: Recreation, container_id: str, which: str, *, interruptible: bool) -> None:
    """Return once the `which` ("new") container has proven itself.

    Raises UpdateFailed with the reason if it fails; ContainerStopped, ContainerPaused or ContainerRemoved if a person
    did that; EngineUnreachable if the engine did, by its own end.
    """
    with recreation.listening_to(container_id) as alarm:
        container = _look(recreation.engine, container_id)
        if recreation.was_paused and container["State"].get("Paused"):
            return  # after a death: it is frozen, as it is to be, only once it has proven itself
        trial, pauses, forgotten = _begin(recreation, container), Pauses(), 0
        while True:
            if interruptible:
                recreation.check_interruption()
            if pauses.disturb(container, alarm.heard()[forgotten:], time.monotonic()):
                alarm.wait(_LOOK_EVERY)
                container = _look(recreation.engine, container_id)
                trial = _begin(recreation, container, anew=True)
                continue
            verdict = judge(container, trial, time.monotonic())
            recreation.ended = not container["State"].get("Running")
            if isinstance(verdict, Undecided):
                trial = verdict.trial
                recreation.surroundings.narrator.waiting(recreation.name, verdict.seconds_left)
                alarm.wait(min(_LOOK_EVERY, max(verdict.seconds_left, 0.01)))
                container = _look(recreation.engine, container_id)
                continue
            if isinstance(verdict, Good) and not recreation.ended:
                return
            restarted = _after_a_person(alarm, recreation.engine, container, forgotten)
            if restarted is not None:
                # What happened until now is done with; only a further act of a person counts from here on.
                forgotten = len(alarm.heard())
                container, trial, pauses = restarted, _begin(recreation, restarted, anew=True), Pauses()
                continue
            pauses.require_innocent(verdict)
            alarm.require_steady_engine()  # or it was no fault of the container's, and no end of its work
            if isinstance(verdict, Bad):
                raise UpdateFailed(_told(verdict, container, which))
            return


def _told(verdict: Bad, container: Json, which: str) -> Reason:
    """The verdict as a sentence; what a probe or the engine said may quote a secret."""
    message = without_secrets(verdict.reason.message, container["Config"].get("Env") or ())
    return Reason(verdict.reason.code, f"The {which} container {message}")


def _begin(recreation: Recreation, container: Json, *, anew: bool = False) -> Trial:
    terms = recreation.plan.terms
    return begin(
        container,
        time.monotonic(),
        grace_period=terms.grace_period,
        health_timeout=terms.health_timeout,
        healthcheck_counts=not recreation.was_unhealthy,
        one_shot=terms.one_shot,
        is_job=terms.is_job and container["Id"] == recreation.new_id,
        anew=anew,
    )


def _after_a_person(alarm: Alarm, engine: Engine, container: Json, forgotten: int) -> Json | None:
    """The container, if it runs because a person restarted it; None where no person had a hand in what it did."""
    alarm.wait(_EVENTS_LATE)
    stop_signal = container["Config"].get("StopSignal")
    for look in range(_RESTART_LOOKS):
        container = _look(engine, container["Id"])
        runs = bool(container["State"].get("Running"))
        if not ended_by_a_person(alarm.heard()[forgotten:], stop_signal, runs=runs):
            return None
        if look == 0:
            alarm.require_steady_engine()  # which stops all that it runs before its end
        if runs and was_started_again(alarm.heard()[forgotten:]):
            return container
        alarm.wait(_EVENTS_LATE)
    alarm.require_steady_engine()
    raise ContainerStopped


def _look(engine: Engine, container_id: str) -> Json:
    container = engine.find_container(container_id)
    if container is None:
        raise ContainerRemoved
    return container
