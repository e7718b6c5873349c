"""Does everything still work, with a warning, where nothing can be kept?"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.unit.given import NEW
from tests.unit.state.exercise import FOREIGN, fill, names, sole_warning, use, without_privilege
from tests.unit.state.remembered import REFERENCE
from updater.state import folder as folder_module
from updater.state.folder import COMPANIONS, FILE_NAME, folder_lock
from updater.state.store import open_store

if TYPE_CHECKING:
    from collections.abc import Callable


def test_no_folder() -> None:
    with open_store(None) as store:
        use(store)
        assert "kept in memory only" in sole_warning(store)


@pytest.mark.parametrize("writable", [True, False])
def test_a_file_in_place_of_the_folder(tmp_path: Path, writable: bool) -> None:
    place = tmp_path / "file"
    place.write_text("mine")
    with open_store(place, writable=writable) as store:
        use(store)
        assert len(store.warnings) == (1 if writable else 0)
    assert place.read_text() == "mine"


@pytest.mark.parametrize("place", ["/proc/updater", "/dev/null/updater", "/proc/self/mem", "/nul\0l"])
def test_a_folder_that_cannot_be_made(place: str) -> None:
    with open_store(Path(place)) as store:
        use(store)
        assert "kept in memory only" in sole_warning(store)


@pytest.mark.parametrize("suffix", ["", *COMPANIONS])
@pytest.mark.parametrize("writable", [True, False])
def test_a_symbolic_link_is_not_followed(folder: Path, file: Path, suffix: str, writable: bool) -> None:
    fill(folder)
    elsewhere = folder.parent / "elsewhere"
    if suffix:
        elsewhere.write_bytes(FOREIGN)
    else:
        file.rename(elsewhere)
    before = elsewhere.read_bytes()
    link = file.with_name(file.name + suffix)
    link.symlink_to(elsewhere)
    with open_store(folder, writable=writable) as store:
        use(store)
        assert "symbolic link" in sole_warning(store)
        assert store.history("web") == ()
    assert elsewhere.read_bytes() == before
    assert link.is_symlink()


def test_a_link_to_nowhere_makes_no_file_there(folder: Path, file: Path) -> None:
    folder.mkdir(parents=True)
    file.symlink_to(folder.parent / "nowhere")
    with open_store(folder) as store:
        use(store)
        assert "symbolic link" in sole_warning(store)
    assert not (folder.parent / "nowhere").exists()


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo])
def test_what_is_no_plain_file(folder: Path, file: Path, make: Callable[[Path], None]) -> None:
    folder.mkdir(parents=True)
    make(file)
    with open_store(folder) as store:
        use(store)
        assert "not a plain file" in sole_warning(store)
    assert file.exists()


def test_a_linked_folder_is_the_users_choice(folder: Path, tmp_path: Path) -> None:
    fill(folder)
    (tmp_path / "link").symlink_to(folder)
    with open_store(tmp_path / "link") as store:
        assert len(store.history("web")) == 1
        assert store.warnings == ()


def test_another_process_holds_the_lock_for_ever(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.mkdir(parents=True)
    monkeypatch.setattr(folder_module, "BUSY_SECONDS", 0.1)
    with folder_lock(folder), open_store(folder) as store:
        use(store)
        assert "another process" in sole_warning(store)


@pytest.mark.parametrize("writable", [True, False])
def test_a_folder_that_can_only_be_read(public_folder: Path, writable: bool) -> None:
    folder, file = public_folder, public_folder / FILE_NAME
    fill(folder)
    file.chmod(0o444)
    folder.chmod(0o555)
    with without_privilege(), open_store(folder, writable=writable) as store:
        assert store.all_rejections() == {("web", REFERENCE): {NEW}}
        assert len(store.history("web")) == 1
        use(store)
        assert len(store.warnings) == (1 if writable else 0)
    assert names(folder) == [FILE_NAME]


@pytest.mark.parametrize("writable", [True, False])
def test_a_file_that_cannot_even_be_read(public_folder: Path, writable: bool) -> None:
    folder, file = public_folder, public_folder / FILE_NAME
    fill(folder)
    file.chmod(0)
    folder.chmod(0o555)
    with without_privilege(), open_store(folder, writable=writable) as store:
        use(store)
        assert "kept in memory only" in sole_warning(store)
