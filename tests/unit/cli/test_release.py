"""`updater release` takes no engine for a name that is kept; what it says of what it ends."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from tests.unit.given import NEW
from updater.model.digest import short
from updater.model.hold import Hold, Skip
from updater.state.store import open_store

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime.now(UTC)
REFERENCE = "docker.io/library/web:1.26"


def release(name: str, state: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "updater", "release", name, "--host", "unix:///not/there.sock"],
        capture_output=True,
        text=True,
        env={"PATH": "/usr/bin:/bin", "UPDATER_STATE_DIR": str(state), "TZ": "UTC"},
        check=False,
    )


@pytest.mark.parametrize("name", ["web", "/web"])
@pytest.mark.parametrize(("until", "said"), [(None, "the hold is over"), (NOW + timedelta(days=30), "the hold until")])
def test_a_hold_and_a_skip(tmp_path: Path, name: str, until: datetime | None, said: str) -> None:
    with open_store(tmp_path) as store:
        store.hold(Hold("web", NOW, until))
        store.skip(Skip("web", REFERENCE, NEW, "1.26", NOW))
        store.hold(Hold("db", NOW, None))
    done = release(name, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    first, second = done.stdout.splitlines()
    assert first.startswith(f"web: {said}")
    assert second == f"web: {REFERENCE} {short(NEW)} is no longer left out."
    with open_store(tmp_path) as store:
        assert store.all_holds(NOW) == (Hold("db", NOW, None),)
        assert store.skips_of("web") == ()


def test_an_id_does(tmp_path: Path) -> None:
    done = release("0123456789ab", tmp_path)
    assert (done.returncode, done.stdout) == (3, "")
    assert "no engine answers" in done.stderr


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("mine")
    done = release("web", in_the_way)
    assert (done.returncode, done.stdout) == (1, "")
    assert f"this could not be kept: {in_the_way}" in done.stderr
    assert "Traceback" not in done.stderr
