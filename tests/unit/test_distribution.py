"""Do version, changelog and tag agree; is it found when wheel, sources or site are not as they should be?"""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.check_dist import declared_version, source_complaints, wheel_complaints
from tools.check_release import disagreements, floating, unreleased, versions
from tools.check_site import fetched_from_elsewhere, lists_in_paragraphs
from updater import __version__

PROJECT = Path(__file__).parents[2]
INFO = "container_updater-1.2.3.dist-info"
GOOD_WHEEL = ("updater/__main__.py", "updater/py.typed", f"{INFO}/licenses/LICENSE", f"{INFO}/entry_points.txt")


def changelog(*headings: str) -> str:
    return "# Changelog\n\n## [Unreleased]\n\n" + "\n".join(f"{heading}\n\n- x\n" for heading in headings)


def test_version_and_changelog_agree() -> None:
    text = (PROJECT / "CHANGELOG.md").read_text()
    assert list(disagreements(__version__, text)) == []


def test_the_version_stands_in_one_place() -> None:
    assert declared_version((PROJECT / "updater/__init__.py").read_text()) == __version__
    assert 'dynamic = ["version"]' in (PROJECT / "pyproject.toml").read_text()


@pytest.mark.parametrize(
    ("headings", "complaint"),
    [
        (("## [1.2.3] - 2026-01-02", "## [1.2.2] - 2026-01-01"), None),
        ((), "is none"),
        (("## [1.2.2] - 2026-01-01",), "is 1.2.2"),
        (("## [1.2.3]",), "has no day"),
        (("## [1.2.3] - soon",), "has no day"),
        (("## [1.2.3] - 2026-01-02", "## [1.10.0] - 2026-01-01"), "not in order"),
        (("## [1.2.3] - 2026-01-02", "## [1.2.3] - 2026-01-01"), "not in order"),
    ],
)
def test_where_they_do_not(headings: tuple[str, ...], complaint: str | None) -> None:
    found = list(disagreements("1.2.3", changelog(*headings)))
    assert [complaint] if complaint is None else complaint in "\n".join(found)
    assert bool(found) == (complaint is not None)


def test_what_is_not_released_yet() -> None:
    text = "# Changelog\n\n## [Unreleased]\n\n- new\n\n## [1.0.0] - 2026-01-01\n\n- old\n"
    assert unreleased(text) == "- new"
    assert versions(text) == [("1.0.0", "2026-01-01")]
    assert unreleased(text.replace("- new\n\n", "")) == ""


@pytest.mark.parametrize(
    ("base", "complaint"),
    [
        ("@sha256:" + "0a" * 32, None),
        ("", "is not pinned, and would be"),
        ("sha256:" + "0a" * 32, "good is @sha256:"),
        ("@sha256:0a", "good is @sha256:"),
        ("@sha256:" + "0A" * 32, "good is @sha256:"),
        (":3.13-slim", "good is @sha256:"),
    ],
)
def test_a_release_is_built_on_a_pinned_base(base: str, complaint: str | None) -> None:
    found = list(floating(base))
    assert len(found) == (complaint is not None)
    assert complaint is None or complaint in found[0]


@pytest.mark.parametrize(
    ("names", "complaint"),
    [
        (GOOD_WHEEL, None),
        (GOOD_WHEEL[1:], "lacks updater/__main__.py"),
        (GOOD_WHEEL[:1] + GOOD_WHEEL[2:], "lacks updater/py.typed"),
        (GOOD_WHEEL[:2] + GOOD_WHEEL[3:], "LICENSE"),
        ((*GOOD_WHEEL, "tests/conftest.py"), "tests/conftest.py does not belong"),
        ((*GOOD_WHEEL, "rig/engine.py"), "rig/engine.py does not belong"),
        ((*GOOD_WHEEL, "updater/__pycache__/cycle.cpython-311.pyc"), "does not belong"),
        ((*GOOD_WHEEL, "updater/registry.key"), "does not belong"),
    ],
)
def test_what_is_in_a_wheel(names: tuple[str, ...], complaint: str | None) -> None:
    found = list(wheel_complaints(names, "1.2.3"))
    assert len(found) == (complaint is not None)
    assert complaint is None or complaint in found[0]


def test_what_is_in_a_source_archive() -> None:
    found = list(source_complaints(("container_updater-1.2.3/.venv-dist/ready", "elsewhere/setup.py"), "1.2.3"))
    assert "the source archive lacks pyproject.toml" in found
    assert "container_updater-1.2.3/.venv-dist/ready does not belong into the source archive" in found
    assert "elsewhere/setup.py does not belong into the source archive" in found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('<a href="https://example.org/x">out</a>', []),
        ('<a href="a.html">in</a><img src="demo.svg"><script src="/assets/x.js"></script>', []),
        ('<svg xmlns="http://www.w3.org/2000/svg"></svg>', []),
        ('<script src="https://example.org/x.js"></script>', ["https://example.org/x.js"]),
        ('<link rel="stylesheet" href="//example.org/x.css">', ["//example.org/x.css"]),
        ('<img src="HTTP://example.org/x.png">', ["HTTP://example.org/x.png"]),
        ('<p style="background: url(https://example.org/x.png)">', ["https://example.org/x.png"]),
        ("@font-face {src: url('https://example.org/x.woff2')}", ["https://example.org/x.woff2"]),
        ('@import "https://example.org/x.css";', ["https://example.org/x.css"]),
    ],
)
def test_what_a_page_fetches_from_elsewhere(text: str, found: list[str]) -> None:
    assert sorted(set(fetched_from_elsewhere(text))) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("<p>First:</p>\n<ul>\n<li>one</li>\n</ul>", []),
        ("<p>Minus\n-5 is cold, version\n1.2 old.</p>\n- x", []),
        ("<p>First:\n- one\n- two</p>", ["- one"]),
        ("<p>First <code>x</code>.\n2. Second.</p>", ["2. Second."]),
    ],
)
def test_a_list_that_has_become_a_paragraph(text: str, found: list[str]) -> None:
    assert lists_in_paragraphs(text) == found
