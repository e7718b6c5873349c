"""Decisions that depend on the time, on what was held back, and on versions: one line per case, frozen clocks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.unit.given import NEW, OLD, candidate, consideration, published_image
from updater.model.decision import Action
from updater.model.facts import Facts, Moment
from updater.model.hold import Hold, Skip
from updater.model.reason import ReasonCode
from updater.model.reference import parse_reference
from updater.model.schedule import parse_schedule
from updater.model.terms import Level
from updater.model.window import parse_windows
from updater.model.zone import show_until
from updater.policy.rules import decide
from updater.policy.time_rules import has_time_in

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)  # a Wednesday
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
BERLIN = ZoneInfo("Europe/Berlin")
DAILY, NIGHTLY = parse_schedule("0 4 * * *"), parse_schedule("0 3 * * 0")
UPDATE, WAIT, LEAVE = Action.UPDATE, Action.WAIT, Action.LEAVE


def answer(terms: dict[str, Any], **facts: Any) -> tuple[Action, ReasonCode, datetime | None]:
    given = {"moment": Moment(NOON), **facts}
    decision = decide(candidate(consideration=consideration(**terms)), Facts(**given))
    return decision.action, decision.reasons[0].code, decision.reasons[0].until


@pytest.mark.parametrize(
    ("terms", "facts", "action", "code", "until"),
    [
        ({}, {}, UPDATE, ReasonCode.UPDATE_AVAILABLE, None),
        # Held and skipped
        ({"hold": True}, {}, LEAVE, ReasonCode.HELD, None),
        ({}, {"hold": Hold("web", NOON, None)}, LEAVE, ReasonCode.HELD, None),
        ({}, {"hold": Hold("web", NOON, NOON + DAY)}, WAIT, ReasonCode.HELD, NOON + DAY),
        ({}, {"skip": Skip("web", "docker.io/library/web:latest", NEW, None, NOON)}, LEAVE, ReasonCode.SKIPPED, None),
        # Age
        ({"min_age": 86400.0}, {"published_at": NOON - HOUR}, WAIT, ReasonCode.TOO_NEW, NOON + DAY - HOUR),
        ({"min_age": 86400.0}, {"published_at": NOON - DAY}, UPDATE, ReasonCode.UPDATE_AVAILABLE, None),
        ({"min_age": 86400.0}, {"published_at": NOON - 2 * DAY}, UPDATE, ReasonCode.UPDATE_AVAILABLE, None),
        ({"min_age": 0.0}, {"published_at": NOON}, UPDATE, ReasonCode.UPDATE_AVAILABLE, None),
        # Windows
        ({"window": parse_windows("13:00-14:00")}, {}, WAIT, ReasonCode.OUTSIDE_WINDOW, NOON + HOUR),
        ({"window": parse_windows("11:00-14:00")}, {}, UPDATE, ReasonCode.UPDATE_AVAILABLE, None),
        ({"window": parse_windows("13:00-14:00")}, {"moment": Moment(NOON, BERLIN)}, UPDATE, None, None),
        ({"window": parse_windows("Sat,Sun")}, {}, WAIT, ReasonCode.OUTSIDE_WINDOW, datetime(2026, 3, 7, tzinfo=UTC)),
        ({"window": parse_windows("22:00-13:00")}, {}, UPDATE, None, None),
        # A schedule of its own, in a cycle that a person (or cron) began
        ({"schedule": DAILY}, {"moment": Moment(NOON)}, WAIT, ReasonCode.NOT_SCHEDULED, NOON + 16 * HOUR),
        ({"schedule": DAILY}, {"forgets_since": NOON}, WAIT, ReasonCode.NOT_SCHEDULED, None),
        ({"schedule": DAILY}, {"looked_at": NOON - HOUR}, WAIT, ReasonCode.NOT_SCHEDULED, NOON + 16 * HOUR),
        ({"schedule": DAILY}, {"looked_at": NOON - 9 * HOUR}, UPDATE, None, None),
        ({"schedule": DAILY}, {"looked_at": NOON - 9 * HOUR, "forgets_since": NOON}, UPDATE, None, None),
        # It has its time while the run is under way: that is for the next one.
        (
            {"schedule": DAILY},
            {"looked_at": NOON - 9 * HOUR, "moment": Moment(NOON, began=NOON - 8 * HOUR - MINUTE)},
            WAIT,
            ReasonCode.NOT_SCHEDULED,
            None,
        ),
        # In a cycle that schedules began
        ({"schedule": DAILY}, {"moment": Moment(NOON, fired=frozenset({DAILY}))}, UPDATE, None, None),
        ({"schedule": DAILY}, {"moment": Moment(NOON, fired=frozenset({NIGHTLY}))}, WAIT, None, None),
        # Whose turn comes later than the schedule says
        (
            {"schedule": DAILY},
            {"moment": Moment(NOON, fired=frozenset({NIGHTLY}), delay=7 * MINUTE)},
            WAIT,
            ReasonCode.NOT_SCHEDULED,
            NOON + 16 * HOUR + 7 * MINUTE,
        ),
        (
            {"schedule": DAILY},
            {"moment": Moment(NOON - 8 * HOUR + MINUTE, fired=frozenset({NIGHTLY}), delay=7 * MINUTE)},
            WAIT,
            ReasonCode.NOT_SCHEDULED,
            NOON - 8 * HOUR + 7 * MINUTE,
        ),
        # The first that objects is told: what a person said before what the clock says.
        (
            {"hold": True, "window": parse_windows("13:00-14:00"), "min_age": 86400.0},
            {"published_at": NOON},
            LEAVE,
            ReasonCode.HELD,
            None,
        ),
        (
            {"window": parse_windows("13:00-14:00"), "min_age": 86400.0},
            {"published_at": NOON},
            WAIT,
            ReasonCode.TOO_NEW,
            NOON + DAY,
        ),
    ],
)
def test_answers(
    terms: dict[str, Any], facts: dict[str, Any], action: Action, code: ReasonCode | None, until: datetime | None
) -> None:
    found = answer(terms, **facts)
    assert found[0] is action
    assert code is None or found[1] is code
    assert until is None or found[2] == until


@pytest.mark.parametrize(
    "terms",
    [
        {"window": parse_windows("13:00-14:00")},
        {"schedule": DAILY},
        {"min_age": 86400.0},
    ],
)
def test_at_once_sets_times_aside_and_nothing_else(terms: dict[str, Any]) -> None:
    now = Moment(NOON, at_once=True)
    assert answer(terms, moment=now, published_at=NOON)[0] is UPDATE
    assert answer({**terms, "hold": True}, moment=now, published_at=NOON)[1] is ReasonCode.HELD
    assert answer({**terms, "monitor_only": True}, moment=now)[1] is ReasonCode.MONITOR_ONLY


@pytest.mark.parametrize(
    ("schedule", "window", "zone", "delay", "meet"),
    [
        ("0 4 * * *", "22:00-02:00", "UTC", 0, False),
        ("0 4 * * *", "04:00-05:00", "UTC", 0, True),
        ("0 4 * * *", "03:00-04:00", "UTC", 0, False),  # at its end it is closed
        ("0 4 * * *", "03:00-04:00;Sun 04:00-04:01", "UTC", 0, True),
        ("0 4 * * *", "04:00-04:05", "UTC", 600, False),  # the jitter
        ("0 4 * * *", "04:10-04:15", "UTC", 600, True),
        ("0 4 * * 1-5", "Sat,Sun", "UTC", 0, False),
        ("0 4 15 * *", "Mon 03:00-05:00", "UTC", 0, True),
        ("0 4 29 2 *", "Sat", "UTC", 0, True),
        ("@every 6h", "01:00-05:00", "UTC", 0, False),
        ("@every 6h", "01:00-05:00", "Asia/Kathmandu", 0, False),
        ("@every 6h", "05:00-06:00", "Asia/Kathmandu", 0, True),
        ("@every 7h", "01:00-01:01", "UTC", 0, True),
        ("* * * * *", "Sun 03:00-03:01", "UTC", 0, True),
        ("30 2 * * *", "03:00-03:15", "UTC", 0, False),
        ("30 2 * * *", "03:00-03:15", "Europe/Berlin", 0, True),  # right after the gap, once a year
    ],
)
def test_a_window_in_which_no_cycle_begins(schedule: str, window: str, zone: str, delay: int, meet: bool) -> None:
    times, windows = parse_schedule(schedule), parse_windows(window)
    moment = Moment(NOON, ZoneInfo(zone), schedule=times, delay=timedelta(seconds=delay))
    assert has_time_in(times, windows, moment) is meet
    found = decide(candidate(consideration=consideration(window=windows)), Facts(moment=moment))
    if found.reasons[0].code is ReasonCode.OUTSIDE_WINDOW:
        assert ("`updater watch` never updates it" in found.reasons[0].message) is not meet


def test_the_clock_and_the_way_out_are_told() -> None:
    def message(terms: dict[str, Any], **facts: Any) -> str:
        return decide(candidate(consideration=consideration(**terms)), Facts(**facts)).reasons[0].message

    berlin = Moment(NOON, BERLIN)
    assert message({"window": parse_windows("14:00-15:00")}, moment=berlin) == (
        "Its window (14:00-15:00) opens on Wed 2026-03-04 14:00 CET."
    )
    assert message({"min_age": 259200.0}, moment=berlin, published_at=NOON - 5 * HOUR) == (
        "Published 5h ago; must be 3d old. That is on Sat 2026-03-07 08:00 CET."
    )
    assert "must be 1d2h30m old" in message({"min_age": 95400.0}, moment=berlin, published_at=NOON - HOUR)
    next_turn = "Its schedule is 0 4 * * *, next on Thu 2026-03-05 04:00 CET."
    assert message({"schedule": DAILY}, moment=berlin, looked_at=NOON) == next_turn
    assert message({"schedule": DAILY}, moment=Moment(NOON, BERLIN, fired=frozenset())) == next_turn
    first = f"{next_turn} Nothing is known of an earlier run that looked at it, so it waits this time."
    assert message({"schedule": DAILY}, moment=berlin) == first
    assert message({"schedule": DAILY}, moment=berlin, forgets_since=NOON) == (
        f"{first} For a `run` ever to find it due, state_dir has to be a folder that can be written to."
    )
    assert "updater release web" in message({}, moment=berlin, hold=Hold("web", NOON, None))
    assert "until Thu 2026-03-05 13:00 CET" in message({}, moment=berlin, hold=Hold("web", NOON, NOON + DAY))


@pytest.mark.parametrize("forgets_since", [None, NOON - 5 * HOUR, NOON])
def test_an_age_by_our_own_clock_is_told_as_such(forgets_since: datetime | None) -> None:
    facts = Facts(moment=Moment(NOON), published_at=NOON - 5 * HOUR, only_seen=True, forgets_since=forgets_since)
    reason = decide(candidate(consideration=consideration(min_age=259200.0)), facts).reasons[0]
    assert reason.message.startswith("First seen 5h ago; must be 3d old. ")
    never = forgets_since == NOON - 5 * HOUR
    assert ("state_dir" in reason.message, reason.until is None) == (never, never)


def test_a_time_to_come_is_never_told_too_early() -> None:
    for over in (timedelta(microseconds=1), timedelta(seconds=1), timedelta(seconds=59, microseconds=999_999)):
        assert show_until(NOON + over, BERLIN) == "Wed 2026-03-04 13:01 CET"
    assert show_until(NOON, BERLIN) == "Wed 2026-03-04 13:00 CET"
    just_before_the_gap = datetime(2026, 3, 29, 0, 59, 30, tzinfo=UTC)
    assert show_until(just_before_the_gap, BERLIN) == "Sun 2026-03-29 03:00 CEST"


def test_a_major_version_of_a_database_is_told_and_not_taken() -> None:
    decision = decide(candidate(majors=("16", "17")))
    assert (decision.action, decision.reasons[0].code) == (LEAVE, ReasonCode.MAJOR_VERSION)
    assert "16" in decision.reasons[0].message
    assert "warn_majors" in decision.reasons[0].message


def test_remarks_decide_nothing() -> None:
    one = candidate(
        consideration=consideration(tags=Level.MINOR),
        beyond="2.0",
        gives_other_labels=("updater.enable",),
    )
    decision = decide(one)
    assert decision.action is UPDATE
    assert [reason.code for reason in decision.reasons] == [
        ReasonCode.UPDATE_AVAILABLE,
        ReasonCode.NEWER_VERSION,
        ReasonCode.IMAGE_LABELS,
    ]
    assert decision.reasons[1].message == "2.0 is published, too, which following minor versions does not reach."


def test_what_is_new_is_named() -> None:
    version = decide(candidate(target=parse_reference("web:1.26"))).reasons[0].message
    assert version.startswith("A newer version is published: 1.26 (")
    aged = decide(candidate(published_image=published_image(OLD))).reasons[0].message
    assert "old enough" in aged
