"""What a person sees of a diff: every field at every width, values cut, and nothing that harms a terminal."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.given import IMAGE_ID, NEW, OLD, candidate
from updater.cli.forecast_table import diff_table
from updater.cli.terminal import Terminal
from updater.model.candidate import Status
from updater.model.forecast import YOURS, Change, DiffReport, Forecast, Kept
from updater.model.outcome import ImageAt
from updater.policy.rules import decide

LONG = "Labels.org.opencontainers.image.documentation"
CHANGES = (
    Change(LONG, "x" * 500, "https://example.org/new", "the image's default changed"),
    Change("Cmd", ["serve"], ["serve", "-v"], "the image's default changed"),
    Change("Env.EMPTY", None, "", "the new image sets it"),
    Change("ExposedPorts.80/tcp", {}, None, "the new image no longer sets it"),
    Change("Healthcheck.Interval", 93_784_000_000_000, 500_000_000, "the image's default changed"),
)
KEPT = (Kept("Env.TOKEN", YOURS, "changeme", "you set it"),)


def report(forecast: Forecast | None, status: Status = Status.OUTDATED, **changes: Any) -> DiffReport:
    decision = decide(candidate(status, **changes))
    return DiffReport(decision, ImageAt(IMAGE_ID, OLD), ImageAt(None, NEW), forecast)


@pytest.mark.parametrize("width", [40, 60, 80, 100, 120, 200, 10_000])
def test_every_field_at_every_width(width: int) -> None:
    text = diff_table(report(Forecast(CHANGES, KEPT, ("Mounts./data: kept.",))), Terminal(width))
    assert all(len(line) <= width for line in text.splitlines())
    unwrapped = "".join(text.split())
    for field in (*(change.field for change in CHANGES), *(kept.field for kept in KEPT)):
        assert field in unwrapped
    assert "Mounts./data: kept." in text


def test_values_as_a_person_reads_them() -> None:
    lines = [line.split() for line in diff_table(report(Forecast(CHANGES, KEPT)), Terminal()).splitlines()]
    cells = {line[0]: line[1:] for line in lines if line}
    assert cells["Cmd"][:3] == ['["serve"]', '["serve",', '"-v"]']
    assert cells["Env.EMPTY"][:2] == ["-", '""']
    assert cells["ExposedPorts.80/tcp"][:2] == ["declared", "-"]
    assert cells["Healthcheck.Interval"][:2] == ["1d2h3m4s", "0.5s"]
    assert cells["Env.TOKEN"][:2] == [YOURS, "changeme"]
    assert len(cells[LONG][0]) == 60


def test_escape_sequences_are_not_passed_on() -> None:
    harmful = Change("Labels.\x1b[2J", "\x1b]0;x", "\u202e", "the image's default changed")
    for width in (40, 200):
        assert not set("\x1b\u202e") & set(diff_table(report(Forecast((harmful,))), Terminal(width)))


def test_nothing_but_the_image() -> None:
    assert "nothing in its configuration" in diff_table(report(Forecast()), Terminal())


def test_one_sentence_where_there_is_nothing_to_compare() -> None:
    text = diff_table(report(None, Status.CURRENT), Terminal())
    assert text == "web runs what the registry publishes; there is nothing that an update would change.\n"
