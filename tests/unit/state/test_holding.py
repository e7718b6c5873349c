"""Does the store keep what a person holds back, until it ends or is released?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.given import NEW, OLD, OTHER
from tests.unit.state.remembered import HOUR, NOON, hold, skip
from updater.state.store import open_store

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from updater.state.store import Store


def test_a_hold_is_of_one_container(any_store: Store) -> None:
    any_store.hold(hold("web"))
    any_store.hold(hold("db"))
    assert any_store.holds_of("web", NOON) == hold("web")
    assert any_store.holds_of("cache", NOON) is None
    assert any_store.all_holds(NOON) == (hold("db"), hold("web"))


@pytest.mark.parametrize(
    ("until", "now", "holds"),
    [
        (None, NOON + 100_000 * HOUR, True),
        (NOON + HOUR, NOON, True),
        (NOON + HOUR, NOON - HOUR, True),  # a clock that was set back
        (NOON + HOUR, NOON + HOUR, False),
        (NOON + HOUR, NOON + 2 * HOUR, False),
    ],
)
def test_a_hold_that_has_ended_counts_as_none(
    any_store: Store, until: datetime | None, now: datetime, holds: bool
) -> None:
    any_store.hold(hold(until=until))
    found = any_store.holds_of("web", now)
    assert found == (hold(until=until) if holds else None)
    assert any_store.all_holds(now) == (() if found is None else (found,))
    assert any_store.release("web", now) == (() if found is None else (found,))


@pytest.mark.parametrize("until", [None, NOON + HOUR, NOON + 3 * HOUR])
def test_the_last_hold_counts(any_store: Store, until: datetime | None) -> None:
    any_store.hold(hold(until=NOON + 2 * HOUR))
    any_store.hold(hold(until=until))
    assert any_store.all_holds(NOON) == (hold(until=until),)


def test_skips_are_per_container_reference_and_digest(any_store: Store) -> None:
    others = [skip("web", OTHER, at=NOON + HOUR), skip("web", NEW, reference="docker.io/library/web:2", tag="2")]
    for one in (skip("web", NEW), *others, skip("db", OLD)):
        any_store.skip(one)
    assert set(any_store.skips_of("web")) == {skip("web", NEW), *others}
    assert any_store.skips_of("web")[-1] == others[0]
    assert any_store.skips_of("db") == (skip("db", OLD),)


def test_a_digest_skipped_again_is_one_skip(any_store: Store) -> None:
    any_store.skip(skip())
    any_store.skip(skip(tag="1.26", at=NOON + HOUR))
    assert any_store.skips_of("web") == (skip(tag="1.26", at=NOON + HOUR),)


def test_release_tells_what_it_ends_and_leaves_the_others(any_store: Store) -> None:
    for name in ("web", "db"):
        any_store.hold(hold(name))
        any_store.skip(skip(name, NEW))
        any_store.skip(skip(name, OTHER))
    assert any_store.release("web", NOON) == (hold("web"), skip("web", NEW), skip("web", OTHER))
    assert any_store.release("web", NOON) == ()
    assert any_store.holds_of("web", NOON) is None
    assert len(any_store.skips_of("db")) == 2
    assert any_store.all_holds(NOON) == (hold("db"),)


def test_of_the_looks_at_one_container_the_last_one_noted_counts(any_store: Store) -> None:
    any_store.note_looks(["web", "db"], NOON + HOUR)
    any_store.note_looks(["web"], NOON)
    any_store.note_looks([], NOON)
    assert [any_store.looked_at(name) for name in ("web", "db", "cache")] == [NOON, NOON + HOUR, None]


def test_the_looks_at_names_that_come_and_go_do_not_pile_up(any_store: Store) -> None:
    any_store.note_looks(["old"], NOON - HOUR)
    any_store.note_looks([f"web-{number}" for number in range(10_000)], NOON)
    assert (any_store.looked_at("old"), any_store.looked_at("web-9999")) == (None, NOON)


def test_what_is_not_kept_says_since_when(folder: Path) -> None:
    for place, writable, kept in ((folder, True, True), (folder, False, True), (None, True, False)):
        with open_store(place, writable=writable) as store:
            assert (store.forgets_since is None) is kept
    in_the_way = folder.parent / "file"
    in_the_way.write_text("mine")
    with open_store(in_the_way) as store:
        assert store.forgets_since is not None
        in_the_way.unlink()


def obstacle(store: Store) -> str:
    return store.obstacle or ""


def test_an_obstacle_is_told_where_something_is_lost(folder: Path) -> None:
    with open_store(folder) as store:
        store.hold(hold())
        assert not obstacle(store)
    assert not obstacle(store)
    with open_store(folder, writable=False) as store:
        store.release("web", NOON)
    assert obstacle(store) == "It was opened for reading only"
    with open_store(None) as store:
        store.hold(hold())
    assert obstacle(store) == "There is no state folder"
    with open_store(folder) as store:
        assert store.all_holds(NOON) == (hold(),)


def test_a_folder_that_can_be_written_after_all_is_no_obstacle(folder: Path) -> None:
    folder.parent.mkdir()
    folder.write_text("in the way")
    with open_store(folder) as store:
        assert not obstacle(store)  # there was nothing to keep yet
        store.hold(hold())
        assert str(folder) in obstacle(store)
        folder.unlink()
    assert not obstacle(store)
    with open_store(folder) as store:
        assert store.all_holds(NOON) == (hold(),)


def test_a_folder_that_stays_unwritable_is_one(folder: Path) -> None:
    folder.parent.mkdir()
    folder.write_text("in the way")
    with open_store(folder) as store:
        store.hold(hold())
    assert "cannot keep the state" in obstacle(store)
