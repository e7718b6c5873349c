"""Does the page on private registries know every message that it explains, and every variable?"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from updater.configuration import LOGIN_VARIABLES
from updater.errors import RegistryDenied
from updater.registry import denials
from updater.registry.credential_helpers import ask, parse_answer

PAGE = (Path(__file__).parents[3] / "docs/private-registries.md").read_text()


def messages() -> list[str]:
    """Every kind of message, with its own words in it."""
    found = [
        denials.needed("r.example", "app"),
        denials.rejected("r.example"),
        denials.forbidden("r.example", "app"),
        denials.withheld("r.example", "auth.test"),
    ]
    for name in ("missing", "x;y"):
        with pytest.raises(RegistryDenied) as caught:
            ask(name, "r.example", {})
        found.append(caught.value)
    with pytest.raises(RegistryDenied) as caught:
        parse_answer(b"", "odd", "r.example")
    found.append(caught.value)
    return [str(error) for error in found]


def test_every_message_has_its_row() -> None:
    rows = re.findall(r"^\| (.+?) \| .+ \| .+ \|$", PAGE.partition("## What the messages mean")[2], re.MULTILINE)[1:]
    patterns = [re.compile(".*".join(map(re.escape, re.split(r"\s*…\s*", row)))) for row in rows]
    for message in messages():
        assert any(pattern.match(message) for pattern in patterns), message


def test_every_variable_is_named() -> None:
    assert all(variable.removesuffix("_FILE") in PAGE for variable in LOGIN_VARIABLES)


def test_the_links_within_the_page_lead_somewhere() -> None:
    headings = re.findall(r"^#+ (.+)$", PAGE, re.MULTILINE)
    targets = {re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-") for heading in headings}
    assert set(re.findall(r"\]\(#([\w-]+)\)", PAGE)) <= targets
