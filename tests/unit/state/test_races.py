"""What happens between two processes that come at the same moment? Played step by step."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from tests.unit.given import NEW
from tests.unit.state.remembered import HOUR, NOON, REFERENCE, entry
from updater.state import queries
from updater.state.connection import transaction
from updater.state.folder import FILE_NAME
from updater.state.opening import begin_anew, open_file
from updater.state.store import open_store

if TYPE_CHECKING:
    from pathlib import Path


def test_of_two_who_see_a_digest_at_once_the_earlier_counts(folder: Path) -> None:
    with closing(open_file(folder)) as one, closing(open_file(folder)) as other:
        for file, now in ((one, NOON), (other, NOON - HOUR), (one, NOON + HOUR)):
            with transaction(file.connection):
                queries.see(file.connection, [(REFERENCE, NEW)], now)
    with open_store(folder) as store:
        assert store.digests_seen(REFERENCE) == {NEW: NOON - HOUR}


def test_of_two_who_find_it_damaged_one_sets_it_aside(folder: Path) -> None:
    with closing(open_file(folder)) as one, closing(open_file(folder)) as other:
        assert begin_anew(one) is not None
        with open_store(folder) as store:
            store.record(entry())
        assert begin_anew(other) is None
    with open_store(folder) as store:
        assert len(store.history()) == 1
    assert len(list(folder.glob(f"{FILE_NAME}.corrupt-*Z"))) == 1


def test_what_a_change_has_read_stays_true_until_it_writes(folder: Path) -> None:
    with closing(open_file(folder)) as one, closing(sqlite3.connect(folder / FILE_NAME, timeout=0)) as other:
        with transaction(one.connection):
            queries.rejections(one.connection, "web")
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                other.execute("DELETE FROM rejections")
        other.execute("DELETE FROM rejections")
