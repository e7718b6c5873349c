"""Is what comes back what was put in, whatever it was?"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.given import NEW
from tests.unit.state.remembered import NOON, entry, hold, rejection, skip
from updater.model.digest import Digest
from updater.model.history import HistoryEntry, Operation, Rejection
from updater.model.hold import Hold, Skip
from updater.model.outcome import ImageAt, OutcomeKind, StepTaken
from updater.model.reason import Reason, ReasonCode
from updater.state.rows import LONGEST_LOG_TAIL
from updater.state.store import Store, open_store

if TYPE_CHECKING:
    from pathlib import Path

TEXTS = st.text(max_size=40)  # without lone surrogates, as any text that can be written as UTF-8
# What a text can be in Python: with the halves of a name that is not UTF-8.
WILD_TEXTS = st.text(st.characters(exclude_categories=()), max_size=20)
DIGESTS = st.text("0123456789abcdef", min_size=64, max_size=64).map(lambda text: Digest(f"sha256:{text}"))
TIMES = st.datetimes(timezones=st.just(UTC))
SECONDS = st.floats(allow_nan=False)
REASONS = st.builds(Reason, st.sampled_from(ReasonCode), TEXTS, st.none() | TIMES)
IMAGES = st.builds(ImageAt, st.none() | TEXTS, st.none() | DIGESTS)

ENTRIES = st.builds(
    HistoryEntry,
    id=st.none() | st.integers(),
    at=TIMES,
    name=TEXTS,
    image=TEXTS,
    operation=st.sampled_from(Operation),
    outcome=st.sampled_from(OutcomeKind),
    reason=REASONS,
    source=IMAGES,
    target=IMAGES,
    duration_seconds=SECONDS,
    downtime_seconds=st.none() | SECONDS,
    steps=st.lists(st.builds(StepTaken, TEXTS, SECONDS), max_size=4).map(tuple),
    notes=st.lists(TEXTS, max_size=4).map(tuple),
    log_tail=TEXTS,
)
REJECTIONS = st.builds(Rejection, TEXTS, TEXTS, DIGESTS, REASONS, TIMES)
HOLDS = st.builds(Hold, TEXTS, TIMES, st.none() | TIMES)
SKIPS = st.builds(Skip, TEXTS, TEXTS, DIGESTS, st.none() | TEXTS, TIMES)
LONG_AGO = datetime.min.replace(tzinfo=UTC)

# The examples share the store; each looks only at what it has put in.
shared = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@shared
@given(value=ENTRIES)
def test_any_entry(store: Store, value: HistoryEntry) -> None:
    store.record(value)
    (found,) = store.history(limit=1)
    assert replace(found, id=value.id) == value
    assert found.id is not None
    assert store.history(value.name, 1) == (found,)


@shared
@given(value=REJECTIONS)
def test_any_rejection(store: Store, value: Rejection) -> None:
    store.reject(value)
    assert value in store.rejections(value.name)
    assert value.digest in store.all_rejections()[value.name, value.reference]
    assert value in store.forget(value.name)
    assert store.rejections(value.name) == ()


@shared
@given(held=HOLDS, left_out=SKIPS)
def test_any_hold_and_skip(store: Store, held: Hold, left_out: Skip) -> None:
    store.hold(held)
    assert store.holds_of(held.name, LONG_AGO) == (None if held.until == LONG_AGO else held)
    store.skip(left_out)
    assert left_out in store.skips_of(left_out.name)
    assert left_out in store.release(left_out.name, LONG_AGO)
    assert store.skips_of(left_out.name) == ()


@shared
@given(name=WILD_TEXTS, at=TIMES)
def test_any_look(store: Store, name: str, at: datetime) -> None:
    store.note_looks([name], at)
    assert store.looked_at(name) == at


@shared
@given(name=WILD_TEXTS, note=WILD_TEXTS, log=WILD_TEXTS)
def test_text_that_cannot_be_written(store: Store, name: str, note: str, log: str) -> None:
    store.record(entry(name, notes=(note,), log_tail=log))
    store.reject(rejection(name, reference=note))
    (found,) = store.history(name, 1)
    found.log_tail.encode()
    found.notes[0].encode()
    assert len(store.forget(name)) == 1
    store.hold(hold(name))
    store.skip(skip(name, tag=note))
    assert len(store.release(name, NOON)) == 2
    assert store.first_seen(name, NEW, NOON) == NOON
    assert store.warnings == ()


def test_after_closing_and_opening(folder: Path) -> None:
    value = entry(steps=(StepTaken("pull", 1.5),), notes=("Watch\tout.",), log_tail="\x1b[31mfatal\x00\n", image="wéb")
    with open_store(folder) as first:
        first.record(value)
        first.reject(rejection())
        first.hold(hold(until=NOON))
        first.skip(skip(tag="1.26"))
        first.note_looks(["web"], NOON)
        first.first_seen("web", NEW, NOON)
    with open_store(folder) as second:
        assert second.history() == (replace(value, id=1),)
        assert second.rejections("web") == (rejection(),)
        assert second.release("web", LONG_AGO) == (hold(until=NOON), skip(tag="1.26"))
        assert second.looked_at("web") == NOON
        assert second.digests_seen("web") == {NEW: NOON}
        assert second.warnings == ()


@pytest.mark.parametrize(
    ("log", "kept"),
    [
        ("x" * LONGEST_LOG_TAIL, "x" * LONGEST_LOG_TAIL),
        ("first\n" + "x" * LONGEST_LOG_TAIL, "x" * LONGEST_LOG_TAIL),
        ("é" * LONGEST_LOG_TAIL + "x", "é" * (LONGEST_LOG_TAIL // 2 - 1) + "x"),  # no half of a character
    ],
)
def test_of_a_long_log_the_end_is_kept(store: Store, log: str, kept: str) -> None:
    store.record(entry(log_tail=log))
    assert store.history()[0].log_tail == kept


@pytest.mark.parametrize("at", [datetime(2024, 5, 1), datetime(2024, 5, 1, tzinfo=timezone(timedelta(hours=2)))])
def test_times_are_in_utc(at: datetime) -> None:
    with pytest.raises(ValueError, match="not a time in UTC"):
        entry(at=at)
    with pytest.raises(ValueError, match="not a time in UTC"):
        rejection(at=at)
    with pytest.raises(ValueError, match="not a time in UTC"):
        hold(until=at)
    with pytest.raises(ValueError, match="not a time in UTC"):
        skip(at=at)
