"""Waits for the verdict on a started container: looks, judges, looks again.

The engine's events only wake the loop, so that a verdict comes when it is known; an inspection is the truth.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import tenacity

from updater.errors import EngineError, UpdateFailed
from updater.model.reason import Reason, ReasonCode
from updater.recreator.health import Bad, Good, begin, judge

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    from updater.recreator.engine import Engine, Json
    from updater.recreator.recreation import Recreation

    T = TypeVar("T")

_LOOK_EVERY = 1.0  # seconds, should an event have been lost
_PATIENCE = 60  # seconds that a restarting engine may be away


def patiently(call: Callable[[], T]) -> T:
    """Call again while the engine is away: half-way through a switch, waiting is safer than giving up."""
    retrying = tenacity.Retrying(
        retry=tenacity.retry_if_exception(lambda error: isinstance(error, EngineError) and error.temporary),
        wait=tenacity.wait_fixed(0.5),
        stop=tenacity.stop_after_delay(_PATIENCE),
        reraise=True,
    )
    return retrying(call)


def prove(recreation: Recreation, container_id: str, which: str, *, interruptible: bool) -> None:
    """Return once the `which` ("new") container has proven itself; raises UpdateFailed with the reason if it fails."""
    terms = recreation.plan.terms
    container = _look(recreation.engine, container_id, which)
    trial = begin(
        container,
        time.monotonic(),
        grace_period=terms.grace_period,
        health_timeout=terms.health_timeout,
        healthcheck_counts=not recreation.was_unhealthy,
    )
    with recreation.engine.waking(container_id) as wait:
        while True:
            verdict = judge(container, trial, time.monotonic())
            if isinstance(verdict, Good):
                return
            if isinstance(verdict, Bad):
                raise UpdateFailed(Reason(verdict.reason.code, f"The {which} container {verdict.reason.message}"))
            trial = verdict.trial
            if interruptible:
                recreation.check_interruption()
            recreation.surroundings.narrator.waiting(recreation.name, verdict.seconds_left)
            wait(min(_LOOK_EVERY, max(verdict.seconds_left, 0.01)))
            container = _look(recreation.engine, container_id, which)


def _look(engine: Engine, container_id: str, which: str) -> Json:
    container = engine.find_container(container_id)
    if container is None:
        raise UpdateFailed(
            Reason(ReasonCode.CONTAINER_GONE, f"The {which} container was removed before it had proven itself.")
        )
    return container
