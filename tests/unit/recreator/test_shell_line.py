"""A hook's line brings its own end along, in any shell; its end has a meaning, and its output no secrets."""

from __future__ import annotations

import subprocess
import uuid
from pathlib import Path
from shutil import which

import pytest
from hypothesis import given
from hypothesis import strategies as st

from updater.model.execution import Execution
from updater.recreator.shell_line import (
    KEPT_BYTES,
    Ending,
    bytes_to_keep,
    ending_of,
    self_limiting,
    shown_output,
    told,
)

SHELLS = [shell.split() for shell in ("sh", "dash", "bash", "bash --posix", "busybox sh") if which(shell.split()[0])]
HOUR = 3600.0


def run(shell: list[str], line: str, seconds: float, *, leads_group: bool = True) -> subprocess.CompletedProcess[str]:
    """As the engine does: the leader of a process group of its own."""
    command = [*shell, *self_limiting(line, seconds)[1:]]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, start_new_session=leads_group, timeout=60
    )


def is_running(mark: str) -> bool:
    """Whether any process has this in its command line."""
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if mark.encode() in process.read_bytes():
                return True
        except OSError:  # it has ended meanwhile
            continue
    return False


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
class TestInEachShell:
    def test_the_code_and_both_outputs_pass_in_their_order(self, shell: list[str]) -> None:
        ended = run(shell, "echo one; echo two >&2; echo \"three'$((1 + 2))'\"; exit 7", HOUR)
        assert (ended.returncode, ended.stdout, ended.stderr) == (7, "one\ntwo\nthree'3'\n", "")

    def test_it_ends_with_its_hook_and_leaves_no_watch(self, shell: list[str]) -> None:
        seconds = 100_000 + uuid.uuid4().int % 100_000  # tells it from everybody else's
        assert run(shell, "true", seconds).returncode == 0
        assert not is_running(f"sleep\0{seconds}\0")

    def test_however_soon_it_ends_nobody_waits_for_the_watch(self, shell: list[str]) -> None:
        """The watch may only just have begun, and not yet hear what it is told: `run` gives up long before an hour."""
        assert {run(shell, ":", HOUR).returncode for _ in range(300)} == {0}

    def test_at_the_limit_it_is_killed_with_its_children(self, shell: list[str]) -> None:
        mark = str(200_000 + uuid.uuid4().int % 100_000)
        ended = run(shell, f"echo begun; trap '' TERM; sleep {mark} & sleep {mark}; echo over", 1)
        assert (ended.returncode, ended.stdout) == (-9, "begun\n")
        assert not is_running(f"sleep\0{mark}\0")

    def test_where_it_leads_no_group_nobody_is_killed(self, shell: list[str]) -> None:
        """Else it could be the engine's own processes, or this test."""
        assert run(shell, "sleep 2; exit 5", 1, leads_group=False).returncode == 5

    def test_without_a_sleep_there_is_no_limit_but_no_harm(self, shell: list[str], tmp_path: Path) -> None:
        command = [which(shell[0]) or "", *shell[1:], *self_limiting("exit 6", 1)[1:]]
        ended = subprocess.run(
            command, env={"PATH": str(tmp_path)}, capture_output=True, check=False, start_new_session=True, timeout=60
        )
        assert (ended.returncode, ended.stdout, ended.stderr) == (6, b"", b"")


@pytest.mark.parametrize(("seconds", "given"), [(0, "1"), (0.2, "1"), (1, "1"), (1.5, "2"), (HOUR, "3600")])
def test_the_limit_is_a_whole_number_for_old_sleeps(seconds: float, given: str) -> None:
    assert self_limiting("true", seconds)[-1] == given


@pytest.mark.parametrize(
    ("code", "ending"),
    [(0, Ending.WELL), (75, Ending.POSTPONED), *((code, Ending.FAILED) for code in (1, 74, 76, 126, 127, 137, None))],
)
def test_what_its_end_means(code: int | None, ending: Ending) -> None:
    assert ending_of(Execution(code)) is ending


@pytest.mark.parametrize(
    ("execution", "output", "took", "sentence"),
    [
        (Execution(1), "", 0.1, "ended with exit code 1"),
        (Execution(1), "first\nlast", 0.1, "ended with exit code 1: last"),
        (Execution(127), "sh: x: not found", 0.1, "ended with exit code 127: sh: x: not found"),
        (
            Execution(126, began=False),
            "exec failed",
            0.1,
            "could not begin: the container has no /bin/sh that runs: exec failed",
        ),
        (Execution(137), "", 59.9, "ended with exit code 137"),
        (Execution(137), "begun", 60.1, "did not end within 1m, and was killed: begun"),
        (Execution(None), "begun", 62.0, "did not end within 1m; it may still be running"),
        (Execution(1), "x" * 1000, 0.1, f"ended with exit code 1: {'x' * 199}…"),
    ],
)
def test_how_it_is_told(execution: Execution, output: str, took: float, sentence: str) -> None:
    assert told(execution, output, took, 60) == sentence


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (b"", ""),
        (b"\n\n one \r\n\x1b[31mtwo\x1b[0m\x07\n", "one\n[31mtwo [0m"),
        ("caf\u00e9 \u202e\u200b".encode(), "caf\u00e9"),
        (b"\xff\xfe", "\ufffd\ufffd"),
        (b"the word is sesame1", "the word is ***"),
    ],
)
def test_what_is_shown(written: bytes, shown: str) -> None:
    assert shown_output(Execution(0, written), ["DB_PASSWORD=sesame1"]) == shown


SECRET = "correct-horse-battery-staple-" * 40


@given(before=st.integers(0, 3 * KEPT_BYTES), after=st.integers(0, 2 * KEPT_BYTES))
def test_the_end_is_kept_and_never_a_part_of_a_secret(before: int, after: int) -> None:
    """Wherever the cut is: a part of a secret is not known again."""
    environment = ["HOME=/", f"API_TOKEN={SECRET}"]
    written = b"x" * before + SECRET.encode() + b"y" * after
    keep = bytes_to_keep(environment)
    shown = shown_output(Execution(0, written[-keep:], cut=len(written) > keep), environment)
    assert "horse" not in shown
    assert "staple" not in shown
    assert shown.endswith("y" * min(after, KEPT_BYTES - len(SECRET)))
    assert len(shown) <= KEPT_BYTES
