"""Does the store answer what it is asked?"""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.given import NEW, OLD, OTHER
from tests.unit.state.remembered import HOUR, NOON, REFERENCE, entry, hold, rejection, skip
from updater.model.history import Operation
from updater.model.outcome import OutcomeKind
from updater.state import queries
from updater.state.store import open_store

if TYPE_CHECKING:
    from pathlib import Path

    from updater.state.store import Store


def test_nothing_is_remembered_at_first(any_store: Store) -> None:
    assert any_store.history() == ()
    assert any_store.last_update("web") is None
    assert any_store.rejections("web") == ()
    assert any_store.all_rejections() == {}
    assert any_store.forget("web") == ()
    assert any_store.digests_seen(REFERENCE) == {}
    assert any_store.holds_of("web", NOON) is None
    assert any_store.all_holds(NOON) == ()
    assert any_store.skips_of("web") == ()
    assert any_store.release("web", NOON) == ()
    assert any_store.looked_at("web") is None
    assert any_store.open_registries() == frozenset()


def test_history_is_newest_first(any_store: Store) -> None:
    for name in ("web", "db", "web", "cache"):
        any_store.record(entry(name))
    assert [found.name for found in any_store.history()] == ["cache", "web", "db", "web"]
    assert [found.id for found in any_store.history("web")] == [3, 1]
    assert [found.name for found in any_store.history(limit=2)] == ["cache", "web"]
    assert [found.id for found in any_store.history("web", 1)] == [3]
    assert any_store.history(limit=0) == any_store.history(limit=-1) == ()
    assert len(any_store.history(limit=10**30)) == 4


def test_newest_is_what_was_recorded_last_though_the_clock_was_set_back(any_store: Store) -> None:
    any_store.record(entry(at=NOON, image="web:1"))
    any_store.record(entry(at=datetime(1970, 1, 1, tzinfo=UTC), image="web:2"))
    assert [found.image for found in any_store.history()] == ["web:2", "web:1"]


def test_last_update_is_one_that_went_well(any_store: Store) -> None:
    any_store.record(entry(image="web:1"))
    any_store.record(entry(image="web:2"))
    any_store.record(entry(image="web:3", outcome=OutcomeKind.ROLLED_BACK))
    any_store.record(entry(image="web:4", operation=Operation.ROLLBACK))
    any_store.record(entry("db"))
    found = any_store.last_update("web")
    assert found is not None
    assert found.image == "web:2"


def test_the_oldest_of_a_long_history_go(any_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "LONGEST_HISTORY", 5)
    for number in range(8):
        any_store.record(entry(image=f"web:{number}"))
    assert [found.image for found in any_store.history()] == ["web:7", "web:6", "web:5", "web:4", "web:3"]


def test_rejections_are_per_container_reference_and_digest(any_store: Store) -> None:
    any_store.reject(rejection("web", NEW))
    any_store.reject(rejection("web", OTHER, at=NOON + HOUR))
    any_store.reject(rejection("web", NEW, reference="docker.io/library/web:2", at=NOON + 2 * HOUR))
    any_store.reject(rejection("db", OLD))
    assert any_store.all_rejections() == {
        ("web", REFERENCE): {NEW, OTHER},
        ("web", "docker.io/library/web:2"): {NEW},
        ("db", REFERENCE): {OLD},
    }
    assert [found.digest for found in any_store.rejections("web")] == [NEW, OTHER, NEW]


def test_a_digest_rejected_again_is_one_rejection(any_store: Store) -> None:
    any_store.reject(rejection())
    any_store.reject(rejection(at=NOON + HOUR))
    assert any_store.rejections("web") == (rejection(at=NOON + HOUR),)


def test_forget_tells_what_it_forgets_and_leaves_the_others(any_store: Store) -> None:
    any_store.reject(rejection("web", NEW))
    any_store.reject(rejection("web", OTHER))
    any_store.reject(rejection("db", NEW))
    assert {found.digest for found in any_store.forget("web")} == {NEW, OTHER}
    assert any_store.forget("web") == ()
    assert any_store.all_rejections() == {("db", REFERENCE): {NEW}}


@given(hours=st.lists(st.integers(-1000, 1000), min_size=1, max_size=8))
def test_first_seen_is_the_earliest_and_never_grows(hours: list[int]) -> None:
    with open_store(None) as store:
        answers = [store.first_seen(REFERENCE, NEW, NOON + hour * HOUR) for hour in hours]
        assert answers == [NOON + min(hours[: count + 1]) * HOUR for count in range(len(hours))]
        assert store.digests_seen(REFERENCE) == {NEW: NOON + min(hours) * HOUR}


def test_digests_seen_come_in_their_order(any_store: Store) -> None:
    any_store.first_seen(REFERENCE, NEW, NOON)
    any_store.first_seen(REFERENCE, OLD, NOON - HOUR)  # a clock that was put back
    any_store.first_seen("docker.io/library/db:1", OTHER, NOON)
    any_store.first_seen(REFERENCE, NEW, NOON + HOUR)
    assert list(any_store.digests_seen(REFERENCE)) == [NEW, OLD]


def test_registries_that_anybody_may_ask(any_store: Store) -> None:
    any_store.note_openness({"https://a.example": True, "http://b.example:5000": True, "https://c.example": False})
    assert any_store.open_registries() == {"https://a.example", "http://b.example:5000"}
    any_store.note_openness({"https://a.example": False})
    any_store.note_openness({})
    assert any_store.open_registries() == {"http://b.example:5000"}


def test_a_second_sight_writes_nothing(folder: Path, file: Path) -> None:
    with open_store(folder) as store, open_store(folder) as reader:
        store.first_seen(REFERENCE, NEW, NOON)
        with closing(sqlite3.connect(file, timeout=0, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            assert reader.first_seen(REFERENCE, NEW, NOON + HOUR) == NOON
        assert reader.warnings == ()


def test_threads_share_it(store: Store) -> None:
    def work(name: str) -> None:
        for _ in range(20):
            store.record(entry(name))
            store.first_seen(name, NEW, NOON)
            store.history(name, 1)

    threads = [threading.Thread(target=work, args=(f"c{number}",)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(store.history()) == 160
    assert store.warnings == ()


def test_rows_that_make_no_sense_are_left_out_with_one_warning(store: Store, file: Path) -> None:
    for name in ("web", "db", "cache", "mail"):
        store.record(entry(name))
        store.reject(rejection(name))
        store.hold(hold(name))
        store.skip(skip(name))
    store.note_looks(["web"], NOON)
    with closing(sqlite3.connect(file)) as other:
        other.execute("UPDATE history SET reason_code = 'from-the-future' WHERE name = 'web'")
        other.execute("UPDATE history SET at = 'yesterday' WHERE name = 'db'")
        other.execute("UPDATE history SET steps = '{' WHERE name = 'cache'")
        other.execute("UPDATE history SET log_tail = CAST(x'66ff66' AS TEXT) WHERE name = 'mail'")
        other.execute("UPDATE rejections SET digest = 'sha256:1' WHERE name = 'web'")
        other.execute("UPDATE holds SET until = 'soon' WHERE name = 'web'")
        other.execute("UPDATE holds SET at = 7 WHERE name = 'db'")
        other.execute("UPDATE skips SET digest = 'latest' WHERE name = 'web'")
        other.execute("UPDATE looked_at SET at = 'lately'")
        other.execute("INSERT INTO first_seen (reference, digest, at) VALUES (?, ?, 'once')", (REFERENCE, OLD))
        other.commit()
    assert [(found.name, found.log_tail) for found in store.history()] == [("mail", "f\ufffdf")]
    assert len(store.history("mail")) == 1
    assert store.last_update("web") is None
    assert store.rejections("web") == ()
    assert store.holds_of("web", NOON) is None
    assert store.all_holds(NOON) == (hold("cache"), hold("mail"))
    assert store.skips_of("web") == ()
    assert store.looked_at("web") is None
    assert store.release("web", NOON) == ()
    assert store.first_seen(REFERENCE, OLD, NOON) == NOON
    assert len(store.warnings) == 1
    assert "makes no sense" in store.warnings[0]


def test_closing_twice_is_well_and_use_afterwards_is_a_mistake(any_store: Store) -> None:
    any_store.close()
    any_store.close()
    with pytest.raises(RuntimeError, match="closed"):
        any_store.history()
