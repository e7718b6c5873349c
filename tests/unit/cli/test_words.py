"""Plain words reach a command without the validators that typer would build for them."""

from __future__ import annotations

import subprocess
import sys

import pytest

NOWHERE = "unix:///not/there.sock"


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", "web", "db", "--host", NOWHERE],
        ["check", "-o", "json", "--all", "--no-monitor-only", "--host", NOWHERE],
        ["run", "--dry-run", "-o", "table", "--host", NOWHERE, "--parallel-checks", "4"],
        ["diff", "web", "--host", NOWHERE],
        ["rollback", "web", "--host", NOWHERE],
    ],
)
def test_no_validator_is_built(arguments: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "updater", *arguments],
        capture_output=True,
        text=True,
        env={"PATH": "/usr/bin:/bin"},
        check=False,
    )
    assert done.returncode == 3  # the words were understood, and no engine answers
    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines()}
    assert "requests" in imported  # the probe itself works
    assert "pydantic" not in imported


@pytest.mark.parametrize(
    ("words", "must_name"),
    [
        (["check", "-o", "xml"], ["xml", "json", "table"]),
        (["check", "-o", ""], ["json", "table"]),
        (["diff"], ["NAME"]),
        (["diff", "web", "db"], ["db"]),
        (["history", "--limit", "0"], ["--limit"]),
        (["history", "--limit", "many"], ["--limit"]),
        (["check", "--host"], ["--host"]),
    ],
)
def test_wrong_words_are_still_refused(words: list[str], must_name: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "updater", *words],
        capture_output=True,
        text=True,
        env={"PATH": "/usr/bin:/bin"},
        check=False,
    )
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    for part in must_name:
        assert part in done.stderr
