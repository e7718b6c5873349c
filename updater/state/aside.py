"""Where does a file go that cannot be used? Beside the new one, complete and under another name; never away."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from updater.state.folder import files_of

if TYPE_CHECKING:
    from pathlib import Path


def set_aside(path: Path, fault: str) -> Path:
    """Rename the database and its companions to `<name>.<fault>-<time>`. Raises OSError. Needs the folder's lock."""
    target = _free_name(path, f"{fault}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}")
    # The database first. Killed in between, we leave companions without a database, which are found and follow it;
    # a database without its log could be taken for a whole one.
    for source, destination in zip(files_of(path), files_of(target), strict=True):
        if source.exists():
            source.rename(destination)
    return target


def leftovers(path: Path) -> bool:
    """Whether companions lie there without their database."""
    return not path.exists() and any(companion.exists() for companion in files_of(path))


def _free_name(path: Path, ending: str) -> Path:
    target = path.with_name(f"{path.name}.{ending}")
    number = 1
    while any(taken.exists() for taken in files_of(target)):
        number += 1
        target = path.with_name(f"{path.name}.{ending}-{number}")
    return target
