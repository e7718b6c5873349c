"""What do the tests of opening do to a store? Use all of it, fill it, look into its folder, and spoil its file."""

from __future__ import annotations

import os
import stat
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.unit.given import NEW
from tests.unit.state.remembered import NOON, REFERENCE, entry, hold, rejection, skip
from updater.state.store import Store, open_store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOBODY = 65534
FOREIGN = b"This is no database. " * 400


def use(store: Store) -> None:
    """Everything works, whatever is beneath."""
    store.record(entry("used"))
    store.reject(rejection("used"))
    assert len(store.history("used")) == 1
    assert store.last_update("used") is not None
    assert store.all_rejections()["used", REFERENCE] == {NEW}
    assert store.first_seen("used", NEW, NOON) == NOON
    assert len(store.forget("used")) == 1
    store.hold(hold("used"))
    store.skip(skip("used"))
    assert store.release("used", NOON) == (hold("used"), skip("used"))
    store.note_looks(["used"], NOON)
    assert store.looked_at("used") == NOON


def fill(folder: Path, count: int = 1) -> None:
    with open_store(folder) as store:
        for _ in range(count):
            store.record(entry(log_tail="0123456789" * 100))
        store.reject(rejection())
        assert store.warnings == ()


def sole_warning(store: Store) -> str:
    (warning,) = store.warnings
    return warning


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def spoil(file: Path, where: str) -> None:
    size = file.stat().st_size
    with file.open("r+b") as opened:
        if where == "end":
            opened.truncate(size - 3 * 4096)
        elif where == "header":
            opened.write(b"\xff" * 200)
        else:
            opened.seek(4096)
            opened.write(b"\xff" * (size - 2 * 4096))


@contextmanager
def without_privilege() -> Iterator[None]:
    """As a user for whom a folder that cannot be written is one: root may write anywhere."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(user)
