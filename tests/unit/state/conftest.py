"""What do the tests of the state share? A folder that is not there yet, and a store on it that is closed again."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from updater.state.folder import FILE_NAME
from updater.state.store import Store, open_store

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "lib" / "updater"


@pytest.fixture
def file(folder: Path) -> Path:
    return folder / FILE_NAME


@pytest.fixture
def public_folder() -> Iterator[Path]:
    """A folder that other users can reach, as those of pytest are not."""
    with tempfile.TemporaryDirectory() as made:
        Path(made).chmod(0o755)
        yield Path(made, "updater")


@pytest.fixture
def store(folder: Path) -> Iterator[Store]:
    with open_store(folder) as opened:
        yield opened


@pytest.fixture(params=["file", "memory", "read-only"])
def any_store(request: pytest.FixtureRequest, folder: Path) -> Iterator[Store]:
    """However it is kept, it answers alike."""
    place = None if request.param == "memory" else folder
    with open_store(place, writable=request.param != "read-only") as opened:
        yield opened
