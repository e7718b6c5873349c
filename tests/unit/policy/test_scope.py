"""Which containers are looked at, and which reason the others get."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.given import CONTAINER_ID, IMAGE_ID, OLD, container, image
from updater.model.container import ContainerState
from updater.model.reason import ReasonCode
from updater.policy.scope import consider
from updater.policy.terms import Entry, Request

ON = {"updater.enable": "true"}
DEFAULTS = {"grace_period": 15.0}


def objection(labels: dict[str, str], request: Request | None = None, **changes: Any) -> ReasonCode | None:
    result = consider(container(labels=labels, **changes), request or Request(defaults=DEFAULTS))
    return result.objection.code if result.objection else None


@pytest.mark.parametrize(
    ("labels", "changes", "expected"),
    [
        ({}, {}, ReasonCode.NOT_ENABLED),
        (ON, {}, None),
        ({"com.centurylinklabs.watchtower.enable": "true"}, {}, None),
        ({"updater.enable": "false"}, {}, ReasonCode.DISABLED_BY_LABEL),
        ({"updater.enable": "ture"}, {}, ReasonCode.INVALID_LABEL),
        (ON, {"image": image(OLD, labels=ON)}, ReasonCode.NOT_ENABLED),
        # The user's value differs from the image's, so it is the user's.
        (ON, {"image": image(OLD, labels={"updater.enable": "1"})}, None),
        (
            {"updater.enable": "false"},
            {"image": image(OLD, labels={"updater.enable": "false"})},
            ReasonCode.NOT_ENABLED,
        ),
        # A bad label of the image's is the image's, too.
        ({"updater.x": "y"}, {"image": image(OLD, labels={"updater.x": "y"})}, ReasonCode.NOT_ENABLED),
        (ON, {"image": None}, ReasonCode.NOT_ENABLED),
        (ON | {"com.docker.swarm.task.id": "t"}, {}, ReasonCode.SWARM_TASK),
        (ON | {"com.docker.compose.oneoff": "True"}, {}, ReasonCode.ONE_OFF),
        (ON | {"com.docker.compose.oneoff": "False"}, {}, None),
        (ON, {"state": ContainerState.EXITED}, ReasonCode.NOT_RUNNING),
        (ON, {"state": ContainerState.CREATED}, ReasonCode.NOT_RUNNING),
        (ON, {"state": ContainerState.DEAD}, ReasonCode.NOT_RUNNING),
        (ON, {"state": ContainerState.PAUSED}, None),
        (ON, {"state": ContainerState.RESTARTING}, None),
    ],
)
def test_objections(labels: dict[str, str], changes: dict[str, Any], expected: ReasonCode | None) -> None:
    assert objection(labels, **changes) == expected


@pytest.mark.parametrize(
    ("request_", "labels", "expected"),
    [
        (Request(names=frozenset({"web"})), {}, None),
        (Request(names=frozenset({"web"})), {"updater.enable": "false"}, ReasonCode.DISABLED_BY_LABEL),
        (Request(names=frozenset({"db"})), {}, ReasonCode.NOT_ENABLED),
        (Request(all=True), {}, None),
        (Request(all=True), {"updater.enable": "false"}, ReasonCode.DISABLED_BY_LABEL),
        (Request(own_id=CONTAINER_ID), ON, None),
        (Request(own_id=CONTAINER_ID, own_obstacle="and no daemon"), ON, ReasonCode.ITSELF),
        (Request(own_id="e" * 64, own_obstacle="or not", maybe_own=frozenset({CONTAINER_ID})), ON, ReasonCode.ITSELF),
        (Request(own_id="e" * 64, own_image=IMAGE_ID), ON, ReasonCode.ITSELF),
        (Request(own_id="e" * 64, own_image=IMAGE_ID, names=frozenset({"web"})), ON, None),
        (Request(entries=(Entry("w*", {"enable": True}),)), {}, None),
        (Request(entries=(Entry("w*", {"enable": True}),)), {"updater.enable": "false"}, ReasonCode.DISABLED_BY_LABEL),
        (
            Request(entries=(Entry("web", {"enable": False}), Entry("*", {"enable": True}))),
            {},
            ReasonCode.DISABLED_BY_LABEL,
        ),
        (Request(entries=(Entry("db", {"enable": True}),)), {}, ReasonCode.NOT_ENABLED),
    ],
)
def test_who_opts_in(request_: Request, labels: dict[str, str], expected: ReasonCode | None) -> None:
    assert objection(labels, request_) == expected


def test_label_wins_over_entry_over_default() -> None:
    request = Request(
        defaults={"grace_period": 15.0, "rollback": True, "stop_timeout": None},
        entries=(Entry("*", {"grace_period": 20.0, "rollback": False}), Entry("web", {"stop_timeout": 5.0})),
    )
    terms = consider(container(labels=ON | {"updater.grace-period": "30s"}), request).terms
    assert (terms.grace_period, terms.rollback, terms.stop_timeout) == (30.0, False, 5.0)


def test_stopped_containers_are_considered_when_asked_for() -> None:
    request = Request(defaults={"include_stopped": True})
    assert objection(ON, request, state=ContainerState.EXITED) is None
    assert objection(ON, request, state=ContainerState.DEAD) is ReasonCode.NOT_RUNNING


def test_what_the_user_said_nothing_about_is_not_listed() -> None:
    assert not consider(container(), Request()).listed
    assert consider(container(labels=ON), Request()).listed
    assert consider(container(labels={"updater.typo": "x"}), Request()).listed
