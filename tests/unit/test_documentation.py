"""Do the documents say what the code does? Tables that repeat the code are checked against it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tools.make_tables import PAGES, with_tables
from updater import __version__
from updater.model.reason import ReasonCode
from updater.policy.declarations import ALL, LABELS
from updater.recreator.steps import STEPS

if TYPE_CHECKING:
    from updater.policy.declarations import Setting

PROJECT = Path(__file__).parents[2]


def table(text: str, heading: str) -> list[list[str]]:
    """The cells of the first table below the heading."""
    below = text.partition(heading)[2]
    rows = re.findall(r"^\|(.+)\|$", below.partition("\n## ")[0], re.MULTILINE)
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", row)] for row in rows[2:]]


def test_the_protocol_in_the_safety_page_is_the_one_in_the_code() -> None:
    rows = table((PROJECT / "docs/safety.md").read_text(), "## The protocol")
    assert rows == [[step.name, step.does, step.undone] for step in STEPS]


def test_the_readme_has_no_label_that_is_none() -> None:
    rows = table((PROJECT / "README.md").read_text(), "## Labels")
    assert rows
    assert {row[0].strip("`") for row in rows} < set(LABELS)


def test_the_changelog_knows_this_version() -> None:
    assert f"## [{__version__}]" in (PROJECT / "CHANGELOG.md").read_text()


@pytest.mark.parametrize("page", PAGES)
def test_the_tables_of_the_pages_are_those_that_the_code_makes(page: str) -> None:
    text = (PROJECT / page).read_text()
    assert with_tables(text, PAGES[page]) == text, "run `make tables`"


@pytest.mark.parametrize("setting", ALL, ids=lambda setting: setting.name)
def test_a_settings_example_is_good(setting: Setting) -> None:
    setting.parse(setting.example)
    assert setting.is_switch or setting.example != "true"


def test_every_reason_is_explained_once() -> None:
    text = (PROJECT / "docs/reasons.md").read_text()
    rows = [row for part in text.split("\n## ")[1:] for row in table("\n## " + part, "\n## ")]
    assert sorted(row[0] for row in rows) == sorted(f"`{code}`" for code in ReasonCode)
    assert all(len(row) == 3 and row[1].endswith(".") and row[2].endswith(".") for row in rows)


def texts() -> list[Path]:
    """All that a person reads in the repository."""
    return sorted(
        [
            *PROJECT.glob("*.md"),
            *(PROJECT / "docs").rglob("*.md"),
            *PROJECT.glob("rig/*.md"),
            *PROJECT.glob("benchmarks/*.md"),
        ]
    )


def anchors(page: Path) -> set[str]:
    """What a link can name behind `#`: the headings, as forges spell them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", texts(), ids=lambda page: page.relative_to(PROJECT).as_posix())
def test_the_links_between_the_pages_lead_somewhere(page: Path) -> None:
    for target, anchor in re.findall(r"\]\(([^)#:]*)(?:#([\w-]+))?\)", page.read_text()):
        led = page.parent / target if target else page
        assert led.exists(), target
        assert not anchor or anchor in anchors(led), f"{target}#{anchor}"


def test_the_tests_named_in_the_documents_are_there() -> None:
    text = (PROJECT / "docs/failures-of-others.md").read_text()
    file = ""
    for path, name in re.findall(r"`([\w/.]*)(?:::(\w+))?`", text):
        if path.startswith(("engine/", "unit/")):
            file = path
            assert (PROJECT / "tests" / file).exists(), path
        if name:
            assert re.search(rf"(def|class) {name}\b", (PROJECT / "tests" / file).read_text()), name
