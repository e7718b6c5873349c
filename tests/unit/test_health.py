"""The verdict, one line per inspection; the clock is a number."""

from __future__ import annotations

from typing import Any

import pytest

from updater.model.reason import ReasonCode
from updater.recreator.health import Bad, Good, Trial, Undecided, begin, has_healthcheck, healthcheck_deadline, judge

SECOND = 1_000_000_000
CHECK = {"Test": ["CMD", "true"], "Interval": 2 * SECOND, "Timeout": SECOND, "Retries": 2, "StartPeriod": 4 * SECOND}


def inspected(
    check: dict[str, Any] | None = None, health: str | None = None, restarts: int = 0, **state: Any
) -> dict[str, Any]:
    found = {
        "Status": "running",
        "Running": True,
        "Restarting": False,
        "Dead": False,
        "OOMKilled": False,
        "ExitCode": 0,
        "StartedAt": "2026-01-01T00:00:00Z",
    }
    if health is not None:
        found["Health"] = {"Status": health, "Log": [{"Output": "connection refused\n"}]}
    return {"Config": {"Healthcheck": check}, "RestartCount": restarts, "State": found | state}


def trial(check: dict[str, Any] | None = None, **changes: Any) -> Trial:
    values: dict[str, Any] = {
        "grace_period": 15.0,
        "health_timeout": None,
        "healthcheck_counts": True,
        "one_shot": False,
    }
    return begin(inspected(check), 100.0, **(values | changes))


@pytest.mark.parametrize(
    ("check", "expected"),
    [
        ({"Test": ["CMD", "x"]}, 0 + 4 * 60 + 10),
        ({"Test": ["CMD", "x"], "Interval": 0, "Retries": 0}, 250),
        (CHECK, 4 + 3 * 3 + 10),
        (
            {"Test": ["CMD", "x"], "StartPeriod": 90 * SECOND, "Interval": 5 * SECOND, "Timeout": 5 * SECOND},
            90 + 40 + 10,
        ),
        (CHECK | {"StartInterval": 60 * SECOND}, 60 + 3 * 3 + 10),
        ({"Test": ["CMD", "x"], "StartInterval": 90 * SECOND}, 250),
    ],
)
def test_the_deadline_follows_from_the_healthcheck_itself(check: dict[str, Any], expected: float) -> None:
    assert healthcheck_deadline(check) == expected


@pytest.mark.parametrize(
    ("check", "expected"),
    [(None, False), ({}, False), ({"Test": []}, False), ({"Test": ["NONE"]}, False), (CHECK, True)],
)
def test_what_counts_as_a_healthcheck(check: dict[str, Any] | None, expected: bool) -> None:
    assert has_healthcheck(inspected(check)) is expected


@pytest.mark.parametrize(
    ("now", "container", "code"),
    [
        (101, inspected(restarts=1), ReasonCode.CRASHED),
        (101, inspected(Restarting=True), ReasonCode.CRASHED),
        (101, inspected(Running=False, Status="exited", ExitCode=1), ReasonCode.CRASHED),
        (101, inspected(Running=False, Status="exited", ExitCode=0), ReasonCode.CRASHED),
        (101, inspected(OOMKilled=True), ReasonCode.CRASHED),
        (101, inspected(Dead=True), ReasonCode.CRASHED),
        # Even with the grace period over: a crash is no success.
        (200, inspected(restarts=3), ReasonCode.CRASHED),
        (101, inspected(CHECK, "starting", restarts=1), ReasonCode.CRASHED),
        (101, inspected(CHECK, "unhealthy"), ReasonCode.UNHEALTHY),
        (123, inspected(CHECK, "starting"), ReasonCode.HEALTH_TIMEOUT),
    ],
)
def test_bad(now: float, container: dict[str, Any], code: ReasonCode) -> None:
    check = container["Config"]["Healthcheck"]
    verdict = judge(container, trial(check), now)
    assert isinstance(verdict, Bad)
    assert verdict.reason.code is code


ENDED: dict[str, Any] = {"Running": False, "Status": "exited"}


@pytest.mark.parametrize(
    ("one_shot", "policy", "container", "good"),
    [
        (False, "no", inspected(**ENDED), False),
        (True, "no", inspected(**ENDED), True),
        (False, "on-failure", inspected(**ENDED), True),
        (False, "on-failure", inspected(**ENDED, ExitCode=1), False),
        (True, "no", inspected(**ENDED, OOMKilled=True), False),
        (True, "no", inspected(**ENDED, Error="no such file"), False),
        (True, "on-failure", inspected(restarts=1, **ENDED), False),
        (True, "always", inspected(Restarting=True, Status="restarting"), False),
    ],
)
def test_an_end_may_be_a_success(one_shot: bool, policy: str, container: dict[str, Any], good: bool) -> None:
    container["HostConfig"] = {"RestartPolicy": {"Name": policy}}
    begun = begin(container, 100.0, grace_period=15.0, health_timeout=None, healthcheck_counts=True, one_shot=one_shot)
    assert isinstance(judge(container, begun, 101.0), Good if good else Bad)


def test_up_through_the_grace_period_is_good() -> None:
    assert isinstance(judge(inspected(), trial(), 114.9), Undecided)
    assert isinstance(judge(inspected(), trial(), 115.0), Good)


def test_a_start_time_that_moves_is_a_restart() -> None:
    first = judge(inspected(), trial(), 101)
    assert isinstance(first, Undecided)
    assert isinstance(judge(inspected(StartedAt="2026-01-01T00:00:09Z"), first.trial, 200), Bad)


def test_healthy_has_to_hold() -> None:
    started = trial(CHECK)
    first = judge(inspected(CHECK, "healthy"), started, 103)
    assert isinstance(first, Undecided)
    assert first.seconds_left == 5
    assert isinstance(judge(inspected(CHECK, "healthy"), first.trial, 108), Good)
    relapsed = judge(inspected(CHECK, "starting"), first.trial, 105)
    assert isinstance(relapsed, Undecided)
    again = judge(inspected(CHECK, "healthy"), relapsed.trial, 108)
    assert isinstance(again, Undecided)
    assert isinstance(judge(inspected(CHECK, "unhealthy"), first.trial, 106), Bad)


def test_a_configured_timeout_replaces_the_computed_one() -> None:
    assert isinstance(judge(inspected(CHECK, "starting"), trial(CHECK, health_timeout=2.0), 102), Bad)


def test_no_worse_than_an_unhealthy_old_one() -> None:
    lenient = trial(CHECK, healthcheck_counts=False)
    assert isinstance(judge(inspected(CHECK, "unhealthy"), lenient, 116), Good)
    assert isinstance(judge(inspected(CHECK, "unhealthy", restarts=1), lenient, 116), Bad)


def test_the_reason_quotes_the_last_probe() -> None:
    verdict = judge(inspected(CHECK, "unhealthy"), trial(CHECK), 101)
    assert isinstance(verdict, Bad)
    assert "connection refused" in verdict.reason.message
