"""Does the program know every call of it that a page, the cron line or the systemd unit shows?"""

from __future__ import annotations

import configparser
import re
import shlex
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import typer.main

from updater.cli.app import load
from updater.model.schedule import parse_schedule

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PROJECT = Path(__file__).parents[2]
UNIT = PROJECT / "contrib/systemd/updater.service"
TIMER = PROJECT / "contrib/systemd/updater.timer"
CRON = PROJECT / "contrib/cron/updater"
PAGES = (PROJECT / "README.md", *sorted((PROJECT / "docs").glob("*.md")))
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


def test_there_are_calls_to_look_at() -> None:
    assert len([call for page in PAGES for call in calls_on(page)]) > 20


def test_the_call_in_the_systemd_unit() -> None:
    unit = read(UNIT)
    program, *_ = unit["Service"]["ExecStart"].split()
    assert program == "/usr/local/bin/updater"
    check(words_of(unit["Service"]["ExecStart"]))


def test_the_systemd_unit_has_no_rights_but_the_socket() -> None:
    service = read(UNIT)["Service"]
    wanted = {
        "NoNewPrivileges": "yes",
        "ProtectSystem": "strict",
        "PrivateTmp": "yes",
        "CapabilityBoundingSet": "",
        "SupplementaryGroups": "docker",
        "StateDirectory": "updater",
        "RestrictAddressFamilies": "AF_UNIX AF_INET AF_INET6",
    }
    assert {key: service[key] for key in wanted} == wanted
    # It would not see whether another updater is at work, and would take its update over an hour later.
    assert not {"ProtectProc", "ProcSubset"} & set(service)


def test_the_timer_starts_the_unit_of_its_own_name() -> None:
    timer = read(TIMER)
    assert TIMER.stem == UNIT.stem
    assert "Unit" not in timer["Timer"]
    assert timer["Install"]["WantedBy"] == "timers.target"


def test_the_cron_line() -> None:
    lines = [line for line in CRON.read_text().splitlines() if re.match(r"[\d*]", line)]
    assert len(lines) == 1
    *times, user, call = lines[0].split(maxsplit=6)
    parse_schedule(" ".join(times))
    assert user == "root"
    check(words_of(call))


def test_the_page_shows_the_cron_file_as_it_is() -> None:
    page = (PROJECT / "docs/other-ways.md").read_text()
    without_comments = "".join(line for line in CRON.read_text().splitlines(keepends=True) if not line.startswith("#"))
    assert f"```\n{without_comments}```" in page


def read(path: Path) -> configparser.ConfigParser:
    """A unit; of a key that stands there twice, the last."""
    parser = configparser.ConfigParser(interpolation=None, strict=False, comment_prefixes=("#",))
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(path.read_text())
    return parser
