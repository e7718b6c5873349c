"""Decisions: one line per case; every decision has a reason."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.given import candidate, consideration, published_image
from updater.model.candidate import Status
from updater.model.decision import Action
from updater.model.reason import Reason, ReasonCode
from updater.policy.rules import decide

FAILED = Reason(ReasonCode.REGISTRY_UNREACHABLE, "It does not answer.")


@pytest.mark.parametrize(
    ("status", "changes", "action", "codes"),
    [
        (Status.CURRENT, {}, Action.LEAVE, [ReasonCode.UP_TO_DATE]),
        (Status.OUTDATED, {}, Action.UPDATE, [ReasonCode.UPDATE_AVAILABLE]),
        (Status.UNKNOWN, {"finding": FAILED}, Action.LEAVE, [ReasonCode.REGISTRY_UNREACHABLE]),
        (Status.OUTDATED, {"auto_remove": True}, Action.LEAVE, [ReasonCode.AUTO_REMOVE, ReasonCode.UPDATE_AVAILABLE]),
        (
            Status.OUTDATED,
            {"sharing": ("db",)},
            Action.LEAVE,
            [ReasonCode.SHARED_NAMESPACE, ReasonCode.UPDATE_AVAILABLE],
        ),
        (
            Status.OUTDATED,
            {"consideration": consideration(monitor_only=True)},
            Action.LEAVE,
            [ReasonCode.MONITOR_ONLY, ReasonCode.UPDATE_AVAILABLE],
        ),
        (Status.CURRENT, {"consideration": consideration(monitor_only=True)}, Action.LEAVE, [ReasonCode.UP_TO_DATE]),
        (Status.CURRENT, {"auto_remove": True}, Action.LEAVE, [ReasonCode.UP_TO_DATE]),
    ],
)
def test_decisions(status: Status, changes: dict[str, Any], action: Action, codes: list[ReasonCode]) -> None:
    decision = decide(candidate(status, **changes))
    assert decision.action is action
    assert [reason.code for reason in decision.reasons] == codes


@given(
    status=st.sampled_from([Status.CURRENT, Status.OUTDATED]),
    auto_remove=st.booleans(),
    sharing=st.lists(st.just("db"), max_size=2),
    monitor_only=st.booleans(),
    finding=st.none() | st.just(FAILED),
)
def test_updates_happen_only_where_nothing_speaks_against(
    status: Status, auto_remove: bool, sharing: list[str], monitor_only: bool, finding: Reason | None
) -> None:
    decision = decide(
        candidate(
            status,
            auto_remove=auto_remove,
            sharing=tuple(sharing),
            finding=finding,
            consideration=consideration(monitor_only=monitor_only),
            published_image=published_image(),
        )
    )
    free = not (auto_remove or sharing or monitor_only or finding)
    assert (decision.action is Action.UPDATE) == (status is Status.OUTDATED and free)
    assert all(reason.message.endswith(".") for reason in decision.reasons)
