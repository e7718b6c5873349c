"""Has a container proven itself? Reads one inspection at a time; pure.

An inspection alone is the truth: in a crash loop the engine says `Running: true` all along, so a restart is seen by
RestartCount and a StartedAt that moved.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from updater.model.reason import Reason, ReasonCode
from updater.model.values import show_duration

if TYPE_CHECKING:
    from collections.abc import Mapping

_NANOSECONDS = 1_000_000_000
# The engine's own defaults (Docker API, HealthConfig), in seconds; 0 or missing means these.
_INTERVAL, _TIMEOUT, _RETRIES = 30.0, 30.0, 3
_MARGIN = 10.0  # seconds on top of what the healthcheck allows itself
_LONGEST_JOB = 3600.0
_SHORTEST_HOLD, _LONGEST_HOLD = 5.0, 30.0


@dataclass(frozen=True, slots=True)
class Trial:
    """What a container must show, and since when; times in seconds on one monotonic clock.

    `deadline` only concerns a healthcheck; None means that there is none to wait for (or none that counts).
    """

    began: float
    grace_period: float
    hold: float
    deadline: float | None
    started_at: str | None = None
    healthy_since: float | None = None
    may_end: bool = False
    """Whether an end with code 0 is what it was started for."""
    must_end: bool = False
    """Whether only that end is a success: others wait for what it does."""
    restarts: int = 0
    """How often the engine had restarted it before the trial began."""


@dataclass(frozen=True, slots=True)
class Good:
    """It has proven itself."""


@dataclass(frozen=True, slots=True)
class Bad:
    """It has failed, and why; the message is what to say of it ("exited with code 1.")."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class Undecided:
    """Look again: the trial as it now stands, and how many seconds it may take at most."""

    trial: Trial
    seconds_left: float


Verdict = Good | Bad | Undecided


def begin(
    container: Mapping[str, Any],
    now: float,
    *,
    grace_period: float,
    health_timeout: float | None,
    healthcheck_counts: bool,
    one_shot: bool,
    is_job: bool = False,
    anew: bool = False,
) -> Trial:
    """The trial of a container that has just been started.

    `healthcheck_counts` is false where the old container was unhealthy already: the new one must be no worse. With the
    restart policy `on-failure` its user has said that an end with code 0 is well, as `one_shot` says for any other.
    `anew`: a person restarted it, so that what it did until now no longer counts.
    """
    restarts = (container.get("RestartCount") or 0) if anew else 0
    if is_job:
        longest = health_timeout if health_timeout is not None else _LONGEST_JOB
        return Trial(now, longest, 0.0, None, may_end=True, must_end=True, restarts=restarts)
    check = container["Config"].get("Healthcheck") or {}
    may_end = one_shot or _restart_policy(container) == "on-failure"
    if not healthcheck_counts or not has_healthcheck(container):
        return Trial(now, grace_period, 0.0, None, may_end=may_end, restarts=restarts)
    allowed = health_timeout if health_timeout is not None else healthcheck_deadline(check)
    hold = min(max(_SHORTEST_HOLD, _seconds(check, "Interval", _INTERVAL)), _LONGEST_HOLD)
    return Trial(now, grace_period, hold, now + allowed, may_end=may_end, restarts=restarts)


def has_healthcheck(container: Mapping[str, Any]) -> bool:
    """Whether the engine probes it: `["NONE"]` and an empty test mean that it does not."""
    test = (container["Config"].get("Healthcheck") or {}).get("Test") or []
    return bool(test) and test[0] != "NONE"


def healthcheck_deadline(check: Mapping[str, Any]) -> float:
    """Seconds in which a working container must be healthy, by its own start period, interval, timeout and retries."""
    retries = check.get("Retries") or _RETRIES
    once = _once(check)
    start = _seconds(check, "StartPeriod", 0.0)
    if start:  # the first probe comes after the start interval (API 1.44), however short the start period is
        start = max(start, _seconds(check, "StartInterval", 0.0))
    return float(start + (retries + 1) * once + _MARGIN)


def seconds_for_a_probe(container: Mapping[str, Any]) -> float:
    """Until when the next probe of the container has ended, at the latest."""
    return _once(container["Config"].get("Healthcheck") or {})


def judge(container: Mapping[str, Any], trial: Trial, now: float) -> Verdict:
    """The verdict on a started container, given one more inspection of it."""
    if trial.may_end and has_ended_well(container):
        return Good()
    failure = _failure(container, trial)
    if failure is not None:
        return Bad(failure)
    state = container["State"]
    trial = replace(trial, started_at=trial.started_at or state["StartedAt"])
    if trial.deadline is None:
        left = trial.began + trial.grace_period - now
        if left > 0:
            return Undecided(trial, left)
        return Bad(_endless(trial)) if trial.must_end else Good()
    return _judge_health((state.get("Health") or {}), trial, now)


def has_ended_well(container: Mapping[str, Any]) -> bool:
    """Whether it ran to its end, once, and said that all was well."""
    state = container["State"]
    spoilt = state.get("OOMKilled") or state.get("Dead") or state.get("Error") or container.get("RestartCount")
    return state.get("Status") == "exited" and state.get("ExitCode") == 0 and not spoilt


def _judge_health(health: Mapping[str, Any], trial: Trial, now: float) -> Verdict:
    assert trial.deadline is not None
    status = health.get("Status")
    if status == "unhealthy":
        return Bad(Reason(ReasonCode.UNHEALTHY, "failed its healthcheck" + _last_output(health) + "."))
    if status == "healthy":
        since = trial.healthy_since if trial.healthy_since is not None else now
        left = since + trial.hold - now
        return Good() if left <= 0 else Undecided(replace(trial, healthy_since=since), left)
    left = trial.deadline - now
    if left <= 0:
        allowed = show_duration(trial.deadline - trial.began)
        return Bad(Reason(ReasonCode.HEALTH_TIMEOUT, f"was not healthy within {allowed}{_last_output(health)}."))
    return Undecided(replace(trial, healthy_since=None), left)


def _endless(trial: Trial) -> Reason:
    return Reason(ReasonCode.HEALTH_TIMEOUT, f"did not end within {show_duration(trial.grace_period)}.")


def _failure(container: Mapping[str, Any], trial: Trial) -> Reason | None:
    """What no container may do during its trial, healthcheck or not."""
    state = container["State"]
    restarts = (container.get("RestartCount") or 0) - trial.restarts
    if state.get("OOMKilled"):
        return Reason(ReasonCode.CRASHED, "was killed for want of memory.")
    if state.get("Dead") or state.get("Status") == "removing":
        return Reason(ReasonCode.CRASHED, "was given up as dead by the engine.")
    restarted = trial.started_at is not None and state["StartedAt"] != trial.started_at
    if restarts > 0 or state.get("Restarting") or restarted:
        return Reason(ReasonCode.CRASHED, f"crashed and was restarted{_times(restarts)}.")
    if not state.get("Running"):
        return Reason(ReasonCode.CRASHED, f"exited with code {state.get('ExitCode')}{_engine_says(state)}.")
    return None


def _restart_policy(container: Mapping[str, Any]) -> str:
    return (container.get("HostConfig", {}).get("RestartPolicy") or {}).get("Name") or "no"


def _times(restarts: int) -> str:
    return "" if restarts < 2 else f" {restarts} times"


def _engine_says(state: Mapping[str, Any]) -> str:
    return f" ({state['Error']})" if state.get("Error") else ""


def _last_output(health: Mapping[str, Any]) -> str:
    log = health.get("Log") or []
    output = str(log[-1].get("Output") or "").strip().splitlines() if log else []
    return f"; its last probe said {output[-1][:120]!r}" if output else ""


def _once(check: Mapping[str, Any]) -> float:
    return _seconds(check, "Interval", _INTERVAL) + _seconds(check, "Timeout", _TIMEOUT)


def _seconds(check: Mapping[str, Any], key: str, default: float) -> float:
    return (check.get(key) or 0) / _NANOSECONDS or default
