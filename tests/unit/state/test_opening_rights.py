"""Is what is remembered for its owner's eyes alone, and whose file is believed?"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest

from tests.unit.state.exercise import NOBODY, fill, mode, use, without_privilege
from updater.state.folder import FILE_NAME, is_planted
from updater.state.store import open_store

if TYPE_CHECKING:
    from pathlib import Path


def test_what_is_made_is_for_us_alone(folder: Path, file: Path) -> None:
    previous = os.umask(0)
    try:
        with open_store(folder) as store:
            use(store)
            found = {path.name: mode(path) for path in folder.iterdir()}
    finally:
        os.umask(previous)
    assert mode(folder) == 0o700
    assert found == {FILE_NAME: 0o600, f"{FILE_NAME}-wal": 0o600, f"{FILE_NAME}-shm": 0o600}


def test_a_folder_that_was_there_keeps_its_mode(folder: Path) -> None:
    folder.mkdir(parents=True)
    folder.chmod(0o755)
    fill(folder)
    assert mode(folder) == 0o755


def test_a_file_that_others_can_read_is_taken_from_them(folder: Path, file: Path) -> None:
    fill(folder)
    file.chmod(0o644)
    fill(folder)
    assert mode(file) == 0o600


@pytest.mark.parametrize(
    ("owner", "folder_owner", "planted"),
    [(1000, 0, False), (0, 0, False), (33, 33, False), (33, 0, True), (33, 1000, True)],
)
def test_another_users_file_is_not_believed(owner: int, folder_owner: int, planted: bool) -> None:
    def owned_by(user: int) -> os.stat_result:
        return os.stat_result((stat.S_IFREG | 0o600, 1, 1, 1, user, 0, 0, 0, 0, 0))

    assert is_planted(owned_by(owner), owned_by(folder_owner), user=1000) is planted


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes files for others")
def test_what_root_makes_is_for_whom_the_folder_belongs_to(public_folder: Path) -> None:
    """As with `sudo updater hold` before the service of systemd, a user of its own, has written anything."""
    public_folder.mkdir(mode=0o700)
    os.chown(public_folder, NOBODY, NOBODY)
    fill(public_folder)
    assert (public_folder / FILE_NAME).stat().st_uid == NOBODY
    with without_privilege(), open_store(public_folder) as store:
        use(store)
        assert store.warnings == ()
