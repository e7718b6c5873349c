"""Does the program know every call of it, every flag, variable and label that a page shows?"""

from __future__ import annotations

import re
import shlex
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import typer.main

from updater.cli.app import load
from updater.policy.declarations import ALL, LABELS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PROJECT = Path(__file__).parents[2]
PAGES = (PROJECT / "README.md", *sorted((PROJECT / "docs").glob("*.md")))
FILES = (*PAGES, PROJECT / "docker-compose.yml", PROJECT / "contrib/systemd/updater.service")
# What is no setting: a login, what hooks are told, the image's name for compose.
OTHER_VARIABLES = {
    *("UPDATER_REGISTRY", "UPDATER_REGISTRY_USERNAME", "UPDATER_REGISTRY_PASSWORD"),
    *("UPDATER_CONTAINER", "UPDATER_IMAGE", "UPDATER_OLD_DIGEST", "UPDATER_NEW_DIGEST"),
}
NO_LABELS = ("updater.operation", "updater.helper", "updater.yml", "updater.service", "updater.timer")
ENDS = {"|", "||", ";", "&&", ">", ">>", "2>&1", "&"}


def words_of(call: str) -> list[str]:
    """The words behind the program's name, up to where the shell takes over."""
    words = shlex.split(call, comments=True)
    end = next((number for number, word in enumerate(words) if word in ENDS), len(words))
    return words[1:end]


def calls_on(page: Path) -> Iterator[str]:
    """Lines of the code blocks that call the program."""
    for block in re.findall(r"^ *```[a-z]*\n(.*?)^ *```$", page.read_text(), re.DOTALL | re.MULTILINE):
        yield from re.findall(r"^ *(?:\$ )?(?:sudo )?(?:[~/\w.]*/)?(updater [a-z-].*)$", block, re.MULTILINE)
        yield from re.findall(r"docker compose exec updater (updater .*)$", block, re.MULTILINE)


def calls_in_sentences(page: Path) -> Iterator[str]:
    """Those that a sentence, or a cell of a table, shows."""
    sentences = re.sub(r"^ *```.*?^ *```$", "", page.read_text(), flags=re.DOTALL | re.MULTILINE)
    yield from re.findall(r"`(updater [a-z-][^`\n]*)`", sentences)


@cache
def commands() -> Mapping[str, Any]:
    """The program's commands, as click knows them."""
    program: Any = typer.main.get_command(load([]))
    found: Mapping[str, Any] = program.commands
    return found


def check(words: list[str]) -> None:
    """Raises click's own error for a command or an option that there is not."""
    if words in (["--version"], ["--help"]):
        return
    command = commands()[words[0]]
    command.make_context(words[0], words[1:])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_calls_on_a_page(page: Path) -> None:
    for call in calls_on(page):
        check(words_of(call))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_calls_in_the_sentences_of_a_page(page: Path) -> None:
    """Where a command as such is spoken of, no container is named."""
    for call in calls_in_sentences(page):
        words = words_of(call)
        assert words[0] in {*commands(), "--version", "--help"}
        if words[1:]:
            check(words)


def test_there_are_calls_to_look_at() -> None:
    assert len([call for page in PAGES for call in calls_on(page)]) > 20
    assert len([call for page in PAGES for call in calls_in_sentences(page)]) > 60


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_the_variables_in_a_file(file: Path) -> None:
    named = {name.removesuffix("_FILE") for name in re.findall(r"\bUPDATER_[A-Z_]*[A-Z]\b", file.read_text())}
    assert named - {setting.variable for setting in ALL} <= OTHER_VARIABLES


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_the_labels_in_a_file(file: Path) -> None:
    """Without those that the program gives to containers itself, and files that are called so."""
    named = set(re.findall(r"\bupdater\.[a-z][a-z.-]*[a-z]\b", file.read_text()))
    assert {name for name in named if not name.startswith(NO_LABELS)} <= set(LABELS)
