"""Decisions: one line per case; every decision has a reason."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.given import CONTAINER_ID, candidate, consideration, container, published_image
from updater.model.candidate import Status
from updater.model.container import LABEL_SWARM_TASK
from updater.model.decision import Action
from updater.model.dependent import Dependent
from updater.model.facts import Facts
from updater.model.reason import Reason, ReasonCode
from updater.policy.rules import decide

FAILED = Reason(ReasonCode.REGISTRY_UNREACHABLE, "It does not answer.")


def dependent(labels: dict[str, str] | None = None, *, auto_remove: bool = False) -> Dependent:
    return Dependent(container(labels=labels or {}), "vpn", auto_remove)


@pytest.mark.parametrize(
    "facts",
    [
        Facts(busy=frozenset({CONTAINER_ID})),
        Facts(own_id=CONTAINER_ID),
        Facts(maybe_own=frozenset({CONTAINER_ID})),
    ],
)
def test_a_dependent_that_is_in_hands_or_may_be_ours_keeps_the_provider_from_it(facts: Facts) -> None:
    decision = decide(candidate(dependents=(dependent(),)), facts)
    assert (decision.action, decision.reasons[0].code) == (Action.LEAVE, ReasonCode.SHARED_NAMESPACE)


def test_a_tag_that_points_back_is_told_and_not_followed() -> None:
    decision = decide(candidate(), Facts(moved_back_to=datetime(2026, 3, 1, tzinfo=UTC)))
    assert (decision.action, [reason.code for reason in decision.reasons]) == (Action.LEAVE, [ReasonCode.MOVED_BACK])
    assert "2026-03-01" in decision.reasons[0].message


@pytest.mark.parametrize(
    ("status", "changes", "action", "codes"),
    [
        (Status.CURRENT, {}, Action.LEAVE, [ReasonCode.UP_TO_DATE]),
        (Status.OUTDATED, {}, Action.UPDATE, [ReasonCode.UPDATE_AVAILABLE]),
        (Status.UNKNOWN, {"finding": FAILED}, Action.LEAVE, [ReasonCode.REGISTRY_UNREACHABLE]),
        (Status.OUTDATED, {"auto_remove": True}, Action.LEAVE, [ReasonCode.AUTO_REMOVE, ReasonCode.UPDATE_AVAILABLE]),
        (
            Status.OUTDATED,
            {"dependents": (dependent(),)},
            Action.UPDATE,
            [ReasonCode.UPDATE_AVAILABLE, ReasonCode.DEPENDENCY_UPDATED],
        ),
        (
            Status.OUTDATED,
            {"dependents": (dependent(), dependent(auto_remove=True))},
            Action.LEAVE,
            [ReasonCode.SHARED_NAMESPACE, ReasonCode.UPDATE_AVAILABLE],
        ),
        (
            Status.OUTDATED,
            {"dependents": (dependent({LABEL_SWARM_TASK: "abc"}),)},
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
    lone=st.booleans(),
    monitor_only=st.booleans(),
    finding=st.none() | st.just(FAILED),
)
def test_updates_happen_only_where_nothing_speaks_against(
    status: Status, auto_remove: bool, lone: bool, monitor_only: bool, finding: Reason | None
) -> None:
    decision = decide(
        candidate(
            status,
            auto_remove=auto_remove,
            dependents=() if lone else (dependent(auto_remove=True),),
            finding=finding,
            consideration=consideration(monitor_only=monitor_only),
            published_image=published_image(),
        )
    )
    free = not (auto_remove or not lone or monitor_only or finding)
    assert (decision.action is Action.UPDATE) == (status is Status.OUTDATED and free)
    assert all(reason.message.endswith(".") for reason in decision.reasons)
