"""Every container has exactly one decision and a reason, whatever the fleet; and less leave never allows more."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.given import NEW, candidate, consideration, container, published_image
from updater.model.candidate import Candidate, Status
from updater.model.decision import Action, Decision
from updater.model.facts import Facts, Moment
from updater.model.hold import Hold, Skip
from updater.model.reason import Reason, ReasonCode
from updater.model.schedule import parse_schedule
from updater.model.terms import Enabled, Terms
from updater.model.window import parse_windows
from updater.policy.rules import decide
from updater.policy.scope import consider
from updater.policy.selection import parse_selection
from updater.policy.terms import Request

START = datetime(2026, 1, 1, tzinfo=UTC)
MOMENTS = st.integers(0, 2 * 366 * 24 * 3600).map(lambda seconds: START + timedelta(seconds=seconds))
SCHEDULES = st.sampled_from([parse_schedule(text) for text in ("@daily", "0 4 * * *", "@every 6h", "0 3 * * 0")])
WINDOWS = [None, *map(parse_windows, ["02:00-05:00", "22:00-02:00", "Sat,Sun", "Mon-Fri 02:00-05:00;12:00-13:00"])]
DELAYS = st.integers(0, 3600).map(lambda seconds: timedelta(seconds=seconds))
STATUSES = st.sampled_from(list(Status))


@st.composite
def moments(draw: st.DrawFn) -> Moment:
    now = draw(MOMENTS)
    fired = draw(st.none() | st.frozensets(SCHEDULES))
    began = draw(st.none() | st.just(now - timedelta(seconds=90)))
    return Moment(now, fired=fired, began=began, at_once=draw(st.booleans()), delay=draw(DELAYS))


@st.composite
def cases(draw: st.DrawFn) -> tuple[Candidate, Facts]:
    status, moment = draw(STATUSES), draw(moments())
    terms: dict[str, Any] = {
        "monitor_only": draw(st.booleans()),
        "hold": draw(st.booleans()),
        "min_age": draw(st.sampled_from([0.0, 3600.0, 86400.0 * 30])),
        "window": draw(st.sampled_from(WINDOWS)),
        "schedule": draw(st.none() | SCHEDULES),
    }
    finding = Reason(ReasonCode.REGISTRY_ERROR, "No.") if status in (Status.UNKNOWN, Status.IGNORED) else None
    majors = draw(st.sampled_from([None, ("1", "2")]))
    one = candidate(status, consideration=consideration(**terms), finding=finding, majors=majors)
    held = Hold("web", START, None)
    facts = Facts(
        moment=moment,
        published_at=draw(st.none() | MOMENTS),
        only_seen=draw(st.booleans()),
        looked_at=draw(st.none() | MOMENTS),
        forgets_since=draw(st.sampled_from([None, START])),
        hold=draw(st.sampled_from([None, held, replace(held, until=moment.now + timedelta(days=1))])),
        skip=draw(st.sampled_from([None, Skip("web", "docker.io/library/web:latest", NEW, None, START)])),
        moved_back_to=draw(st.sampled_from([None, START])),
    )
    return one, facts


@given(cases())
@settings(max_examples=1000)
def test_decisions_are_total_deterministic_and_have_reasons(case: tuple[Candidate, Facts]) -> None:
    one, facts = case
    decision = decide(one, facts)
    assert decision == decide(one, facts)
    assert all(reason.message.endswith((".", "…")) for reason in decision.reasons)
    if decision.action is Action.WAIT:
        assert facts.moment is not None
        until = decision.reasons[0].until
        assert facts.forgets_since is not None if until is None else until > facts.moment.now
    if decision.action is Action.UPDATE:
        assert one.status is Status.OUTDATED


def _narrowed(one: Candidate, **terms: Any) -> Candidate:
    narrower = replace(one.consideration, terms=replace(one.consideration.terms, **terms))
    return replace(one, consideration=narrower)


def _allows_no_more(narrower: Decision, wider: Decision) -> bool:
    return narrower.action is not Action.UPDATE or wider.action is Action.UPDATE


@given(cases(), st.sampled_from([parse_windows("02:00-05:00"), parse_windows("02:00-03:00"), parse_windows("Sat")]))
def test_less_leave_never_allows_more(case: tuple[Candidate, Facts], window: Any) -> None:
    one, facts = case
    open_always = _narrowed(one, window=None)
    wide = _narrowed(one, window=parse_windows("02:00-05:00"))
    narrow = _narrowed(one, window=parse_windows("02:30-04:00"))
    for narrower, wider in ((_narrowed(one, window=window), open_always), (narrow, wide)):
        assert _allows_no_more(decide(narrower, facts), decide(wider, facts))
    age = one.consideration.terms.min_age
    assert _allows_no_more(decide(_narrowed(one, min_age=age + 3600), facts), decide(one, facts))
    assert _allows_no_more(decide(_narrowed(one, hold=True), facts), decide(one, facts))
    assert _allows_no_more(decide(_narrowed(one, monitor_only=True), facts), decide(one, facts))


LABELS = st.dictionaries(
    st.sampled_from(
        [
            "updater.enable",
            "updater.monitor-only",
            "updater.scope",
            "updater.window",
            "updater.hold",
            "updater.nonsense",
            "com.centurylinklabs.watchtower.enable",
            "tier",
        ]
    ),
    st.sampled_from(["true", "false", "x", "02:00-05:00", "front"]),
    max_size=4,
)


@given(
    st.lists(st.tuples(st.sampled_from(["web", "db-1", "db-2", "cache"]), LABELS), min_size=1, max_size=6),
    st.booleans(),
    st.sampled_from([None, "none", "x"]),
    st.sampled_from([None, parse_selection("db-*"), parse_selection("label:tier=front")]),
)
@settings(max_examples=1000)
def test_every_container_of_a_fleet_is_considered_once(
    fleet: list[tuple[str, dict[str, str]]], everything: bool, scope: str | None, chosen: Any
) -> None:
    request = Request(all=everything, scope=scope, exclude=chosen)
    for name, labels in fleet:
        one = consider(container(name=name, labels=labels), request)
        assert one == consider(container(name=name, labels=labels), request)
        opted_in = one.terms.enabled not in (Enabled.NO, Enabled.REFUSED)
        assert one.objection is not None or opted_in
        if opted_in:
            assert one.listed
        finding = one.objection
        status = Status.IGNORED if finding else Status.OUTDATED
        image = None if finding else published_image()
        decision = decide(Candidate(one, status, finding=finding, published_image=image, lookup=None))
        assert decision.reasons
        assert isinstance(one.terms, Terms)
