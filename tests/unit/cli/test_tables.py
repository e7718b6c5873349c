"""What a person sees: every fact at every width, and nothing that harms a terminal."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.unit.given import candidate, container
from updater.cli.as_table import check_table, history_table
from updater.cli.pull_progress import PullProgress
from updater.cli.terminal import Terminal
from updater.model.candidate import Status
from updater.model.consideration import Consideration
from updater.model.container import EngineInfo
from updater.model.history import HistoryEntry, Operation
from updater.model.outcome import ImageAt, OutcomeKind
from updater.model.reason import Reason, ReasonCode
from updater.model.report import CheckReport
from updater.model.terms import Enabled, Terms
from updater.policy.rules import decide

ENGINE = EngineInfo("docker", "1", "1.41")


def report(image: str = "web:latest", name: str = "a-container-with-a-long-name") -> CheckReport:
    snapshot = container(name=name, image_text=image)
    considered = Consideration(snapshot, Terms(Enabled.BY_USER), None, listed=True)
    return CheckReport(ENGINE, (decide(candidate(Status.OUTDATED, consideration=considered)),), unlisted=2)


@pytest.mark.parametrize("width", [40, 60, 80, 100, 200, 10_000])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    text = check_table(report("registry.example:5000/team/web:latest"), Terminal(width))
    assert all(len(line) <= width for line in text.splitlines())
    assert "a-container-with-a-long-name" in text
    assert "update" in text
    assert "A new image is published" in text


def test_nothing_to_look_at() -> None:
    text = check_table(CheckReport(ENGINE, (), unlisted=1), Terminal())
    assert text.splitlines() == [
        "No containers to look at.",
        "1 container is not opted in; --all-containers lists every one.",
    ]


def test_the_history_of_one_container_tells_its_notes() -> None:
    entry = HistoryEntry(
        at=datetime(2026, 1, 2, 3, 4, tzinfo=UTC),
        name="web",
        image="web:latest",
        operation=Operation.UPDATE,
        outcome=OutcomeKind.UPDATED,
        reason=Reason(ReasonCode.UPDATED, "It runs 1."),
        source=ImageAt(None, None),
        target=ImageAt(None, None),
        duration_seconds=1.0,
        notes=("Its hook after the update failed.", "Its hook after the update wrote:\na\x1b[2J\nb"),
    )
    when = f"{entry.at.astimezone():%Y-%m-%d %H:%M}"
    assert history_table((entry,), Terminal(), "web").splitlines()[2:] == [
        f"{when}: Its hook after the update failed.",
        f"{when}: Its hook after the update wrote:",
        "    a [2J",
        "    b",
    ]
    assert len(history_table((entry,), Terminal()).splitlines()) == 2
    assert history_table((), Terminal(), "wbe") == "Nothing is written down of wbe.\n"


def test_escape_sequences_are_not_passed_on() -> None:
    assert "\x1b" not in check_table(report("web\x1b[2J"), Terminal())


def test_colours_only_where_they_show() -> None:
    assert "\x1b[33m" in check_table(report(), Terminal(120, colours=True))
    assert "\x1b" not in check_table(report(), Terminal(120))


def test_a_pull_adds_up_its_layers() -> None:
    progress = PullProgress()
    for line in (
        {"status": "Pulling from web", "id": "latest"},
        {"status": "Downloading", "id": "a", "progressDetail": {"current": 10, "total": 100}},
        {"status": "Downloading", "id": "b", "progressDetail": {"current": 5}},
        {"status": "Already exists", "id": "c"},
        {"status": "Download complete", "id": "a"},
        {"status": "Digest: sha256:…"},
    ):
        progress.hear(line)
    assert (progress.done, progress.total) == (105, 105)
