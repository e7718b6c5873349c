"""With which code does a check end that is asked whether updates are available?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.unit.given import candidate, consideration
from updater.cli.check import _code
from updater.model.candidate import Status
from updater.model.container import EngineInfo
from updater.model.facts import Facts, Moment
from updater.model.hold import Hold
from updater.model.report import CheckReport
from updater.model.window import parse_windows
from updater.policy.rules import decide

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "terms", "facts", "code"),
    [
        (Status.OUTDATED, {}, {}, 4),
        (Status.CURRENT, {}, {}, 0),
        (Status.CURRENT, {"monitor_only": True}, {}, 0),
        (Status.OUTDATED, {"monitor_only": True}, {}, 4),
        (Status.OUTDATED, {"window": parse_windows("02:00-05:00")}, {}, 4),
        (Status.OUTDATED, {"min_age": 3600.0}, {"published_at": NOW - timedelta(minutes=1)}, 0),
        (Status.OUTDATED, {}, {"hold": Hold("web", NOW, None)}, 0),
    ],
)
def test_what_counts_as_available(status: Status, terms: dict[str, Any], facts: dict[str, Any], code: int) -> None:
    known = Facts(moment=Moment(NOW, ZoneInfo("UTC")), **facts)
    decision = decide(candidate(status, consideration=consideration(**terms)), known)
    report = CheckReport(EngineInfo("docker", "20.10.24", "1.41"), (decision,), 0)
    assert _code(report, updates_count=True) == code
    assert _code(report, updates_count=False) == 0
