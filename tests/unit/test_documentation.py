"""Do the documents say what the code does? Tables that repeat the code are checked against it."""

from __future__ import annotations

import re
from pathlib import Path

from updater import __version__
from updater.policy.labels import LABELS
from updater.recreator.steps import STEPS
from updater.settings import SETTINGS

PROJECT = Path(__file__).parents[2]


def table(text: str, heading: str) -> list[list[str]]:
    """The cells of the first table below the heading."""
    below = text.partition(heading)[2]
    rows = re.findall(r"^\|(.+)\|$", below.partition("\n## ")[0], re.MULTILINE)
    return [[cell.strip() for cell in row.split("|")] for row in rows[2:]]


def test_the_protocol_in_the_safety_page_is_the_one_in_the_code() -> None:
    rows = table((PROJECT / "docs/safety.md").read_text(), "## The protocol")
    assert rows == [[step.name, step.does, step.undone] for step in STEPS]


def test_the_readme_lists_every_label() -> None:
    rows = table((PROJECT / "README.md").read_text(), "## Labels")
    assert [row[0] for row in rows] == [f"`{label.key}`" for label in LABELS]


def test_the_changelog_knows_this_version() -> None:
    assert f"## [{__version__}]" in (PROJECT / "CHANGELOG.md").read_text()


def test_the_settings_page_lists_every_setting() -> None:
    rows = table((PROJECT / "docs/settings.md").read_text(), "# Settings")
    assert [row[0] for row in rows] == [f"`{setting.name}`" for setting in SETTINGS]
    assert [row[2] for row in rows] == [setting.help for setting in SETTINGS]


def test_the_tests_named_in_the_documents_are_there() -> None:
    text = (PROJECT / "docs/failures-of-others.md").read_text()
    file = ""
    for path, name in re.findall(r"`([\w/.]*)(?:::(\w+))?`", text):
        if path.startswith(("engine/", "unit/")):
            file = path
            assert (PROJECT / "tests" / file).exists(), path
        if name:
            assert re.search(rf"(def|class) {name}\b", (PROJECT / "tests" / file).read_text()), name
