"""Who goes before whom, who goes beside whom, and who goes nowhere."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.given import candidate, consideration, container, published_image
from updater.model.candidate import Status
from updater.model.decision import Action, Decision
from updater.model.dependent import Dependent
from updater.model.need import Condition, Need
from updater.model.reason import Reason, ReasonCode
from updater.policy.needs import needs_of_all, with_unknown_needs
from updater.policy.order import leave_circles, lines, providers


def decision(name: str, image: str | None = None, *dependents: Dependent) -> Decision:
    snapshot = container(image or f"{name}:latest", name=name, id=name.ljust(64, "0"))
    found = candidate(
        Status.OUTDATED,
        consideration=consideration(snapshot),
        dependents=dependents,
        published_image=published_image(),
    )
    return Decision(found, Action.UPDATE, (Reason(ReasonCode.UPDATE_AVAILABLE, "There is one."),))


def arranged(*decisions: Decision, **needs: str) -> list[str]:
    """`a="b c"`: a needs b and c. Each line as its names."""
    by_name = {name: tuple(Need(other) for other in others.split()) for name, others in needs.items()}
    found = lines(decisions, providers(by_name, decisions))
    return ["".join(one.container.name for one in line.decisions) for line in found]


@pytest.mark.parametrize(
    ("needs", "expected"),
    [
        ({}, ["a", "b", "c"]),
        ({"a": "b"}, ["ba", "c"]),
        ({"a": "b", "b": "c"}, ["cba"]),
        ({"a": "x", "x": "c"}, ["b", "ca"]),  # by way of one that is not updated
        ({"a": "x", "b": "x"}, ["a", "b", "c"]),  # what both need is not updated: they need not wait
        ({"b": "a", "c": "a"}, ["abc"]),
    ],
)
def test_lines(needs: dict[str, str], expected: list[str]) -> None:
    assert sorted(arranged(decision("a"), decision("b"), decision("c"), **needs)) == sorted(expected)


def test_one_reference_is_one_line() -> None:
    assert arranged(decision("a", "web:1"), decision("b", "web:1"), decision("c")) == ["ab", "c"]


def test_the_reference_of_a_dependent_counts_as_well() -> None:
    guest = Dependent(container("web:1", name="guest"), "a")
    assert arranged(decision("a", "vpn:1", guest), decision("b", "web:1")) == ["ab"]


def test_a_dependent_goes_after_its_provider() -> None:
    guest = Dependent(container("web:1", name="b"), "c")
    assert arranged(decision("b", "web:1"), decision("c", "vpn:1", guest)) == ["cb"]


def test_circles() -> None:
    needs = {"a": (Need("b"),), "b": (Need("a"),), "c": (Need("a"),)}
    decisions = (decision("a"), decision("b"), decision("c"))
    left = leave_circles(decisions, providers(needs, decisions))
    assert [one.action for one in left] == [Action.LEAVE, Action.LEAVE, Action.UPDATE]
    assert left[0].reasons[0].code is ReasonCode.DEPENDENCY_CYCLE
    assert left[0].reasons[0].message.startswith("a, b ")
    alone = leave_circles((decision("a"),), {"a": {"a"}})
    assert alone[0].reasons[0].message.startswith("It depends on itself")


def test_needs_by_compose_and_by_name() -> None:
    project = {"com.docker.compose.project": "shop"}

    def service(name: str, depends_on: str = "") -> dict[str, str]:
        return project | {"com.docker.compose.service": name, "com.docker.compose.depends_on": depends_on}

    app = container(name="app", labels=service("app", "db:service_healthy:true,gone:service_started:false,new:odd"))
    db, new = container(name="shop-db-1", labels=service("db")), container(name="new-1", labels=service("new"))
    other = container(name="other-db", labels={"com.docker.compose.service": "db", "com.docker.compose.project": "x"})
    needs = needs_of_all((app, db, new, other), {"app": ("other-db", "nobody")})
    assert set(needs["app"]) == {Need("other-db"), Need("shop-db-1", Condition.HEALTHY, restart=True), Need("new-1")}
    assert needs["shop-db-1"] == ()


@pytest.mark.parametrize(
    ("depends_on", "said"),
    [
        ((), None),
        (("db",), None),
        (("bd",), "It depends on bd, by your label or config entry, but no container has this name."),
        (
            ("db", "bd", "x"),
            "It depends on bd, x, by your label or config entry, but no container has one of them.",
        ),
    ],
)
def test_a_name_that_nobody_has_is_told(depends_on: tuple[str, ...], said: str | None) -> None:
    plain = decision("web")
    told_so = consideration(plain.container, depends_on=depends_on)
    before = replace(plain, candidate=replace(plain.candidate, consideration=told_so))
    (after,) = with_unknown_needs((before,), {"web", "db"})
    assert (after.action, after.reasons[0]) == (before.action, before.reasons[0])
    told = [(reason.code, reason.message) for reason in after.reasons[1:]]
    assert told == ([] if said is None else [(ReasonCode.UNKNOWN_DEPENDENCY, said)])
