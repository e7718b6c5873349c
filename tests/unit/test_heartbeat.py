"""What a health check makes of a daemon's heartbeat, and where that is kept."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from updater import heartbeat
from updater.heartbeat import Beat, complaint

if TYPE_CHECKING:
    from pathlib import Path

PID = os.getpid()
BEAT = Beat(PID, "42", 1000.0, 150.0, 995.0, "waiting; next cycle at some time")


@pytest.fixture(autouse=True)
def runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of the test's own is the only one: a daemon of this machine may beat in the others."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setattr(heartbeat, "_EVERYWHERE", ())
    return tmp_path / f"updater-{os.geteuid()}"


@pytest.mark.parametrize(
    ("beat", "now", "process", "says"),
    [
        (BEAT, 1010.0, ("S", "42"), None),
        (BEAT, 1150.0, ("R", "42"), None),
        (BEAT, 1151.0, ("S", "42"), "not been heard of for 151 s while waiting"),
        (BEAT._replace(patience=3900.0, doing="in a cycle"), 4000.0, ("S", "42"), None),
        (BEAT, 1010.0, None, "ended without a word"),
        (BEAT, 1010.0, ("S", "43"), "ended without a word"),  # another process has the number now
        (BEAT, 1010.0, ("Z", "42"), "ended without a word"),
        (BEAT, 10.0, ("S", "42"), "ended without a word"),  # the machine was started anew since
        (BEAT, 1010.0, ("T", "42"), "is stopped"),
        (BEAT._replace(engine_at=None), 1010.0, ("S", "42"), "not talked to the engine yet"),
        (BEAT._replace(trouble="no engine answers"), 1010.0, ("S", "42"), "no engine answers"),
        (None, 1010.0, None, "no `updater watch` of this user is running"),
    ],
)
def test_complaints(beat: Beat | None, now: float, process: tuple[str, str] | None, says: str | None) -> None:
    found = complaint(beat, now, process)
    assert found == says or (says is not None and found is not None and says in found)


def test_what_is_written_is_read(runtime: Path) -> None:
    process = heartbeat.process_of(PID)
    assert process is not None
    ours = BEAT._replace(born=process[1], at=1e9)
    for beat in (ours, ours._replace(at=2e9, engine_at=None, trouble="two\nlines")):
        assert heartbeat.write(beat) is None
        written = heartbeat.read()
        assert written == beat._replace(trouble=" ".join(beat.trouble.split()))
    assert [path.name for path in runtime.iterdir()] == ["heartbeat"]
    assert (runtime.stat().st_mode & 0o777, (runtime / "heartbeat").stat().st_mode & 0o777) == (0o700, 0o600)
    heartbeat.erase(PID + 1)
    assert (runtime / "heartbeat").exists()
    heartbeat.erase(PID)
    assert not (runtime / "heartbeat").exists()


def test_a_beat_from_before_the_machines_start_hides_no_living_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = heartbeat.process_of(PID)
    assert process is not None
    ours, before = BEAT._replace(born=process[1], at=2e9), BEAT._replace(at=3e9)
    monkeypatch.setenv("XDG_RUNTIME_DIR", "")
    for name, beat in (("other", before), ("one", ours)):
        (tmp_path / name).mkdir()
        monkeypatch.setattr(heartbeat, "_EVERYWHERE", (str(tmp_path / name), *heartbeat._EVERYWHERE))
        assert heartbeat.write(beat) is None
    assert heartbeat.read() == ours


@pytest.mark.parametrize("content", ["", "1\n2\n", "x\n" * 7, "\0" * 100, "1\n2\n3\n4\nsoon\n6\n7\n"])
def test_a_damaged_one_is_none(runtime: Path, content: str) -> None:
    runtime.mkdir(mode=0o700)
    (runtime / "heartbeat").write_text(content)
    heartbeat.erase(PID)
    assert heartbeat.read() is None or heartbeat.read() != BEAT


def test_a_folder_that_others_can_write_to_is_not_used(runtime: Path) -> None:
    runtime.mkdir()
    runtime.chmod(0o777)
    (runtime / "heartbeat").write_text("1\n2\n3.0\n4.0\n5.0\nplanted\n\n")
    found = heartbeat.read()
    assert found is None or found.doing != "planted"


def test_the_command_says_why_and_imports_little() -> None:
    with_timing = [sys.executable, "-X", "importtime", "-m", "updater", "healthcheck"]
    heartbeat.write(BEAT._replace(at=heartbeat.clock() + 1e6))  # newer than any other on this machine
    done = subprocess.run(with_timing, capture_output=True, text=True, check=False)
    lines = done.stderr.splitlines()
    imported = {line.rpartition("|")[2].strip() for line in lines if line.startswith("import time:")}
    said = [line for line in lines if not line.startswith("import time:")]
    assert (done.returncode, said) == (1, [f"updater: `updater watch` (process {PID}) has ended without a word"])
    assert imported.isdisjoint({"typer", "dataclasses", "pathlib", "json", "updater.cli.app"})
    assert "updater.heartbeat" in imported


def test_all_is_well() -> None:
    process = heartbeat.process_of(PID)
    assert process is not None
    heartbeat.write(BEAT._replace(born=process[1], at=heartbeat.clock(), patience=100.0))
    done = subprocess.run([sys.executable, "-m", "updater", "healthcheck"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "healthy, waiting; next cycle at some time\n", "")
