"""How do pages that were written to be read in the repository become pages of the site? Called by mkdocs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from mkdocs.structure.files import File

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

PROJECT = Path(__file__).parents[1]
# Where they stand in the repository → where in the site.
_FROM_THE_TOP = {"CHANGELOG.md": "changelog.md", "CONTRIBUTING.md": "contributing.md"}
_ITEM = re.compile(r"(?:-|\d\.) ")
_LINK = re.compile(r"(?<!!)\[([^\]]+)\]\(([^)\s:#]+)(#[\w-]+)?\)")


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Pages that stand at the top of the repository, where everybody looks for them, are pages here, too."""
    for name, page in _FROM_THE_TOP.items():
        text = (PROJECT / name).read_text()
        files.append(File.generated(config, page, content=text.replace("](docs/", "](")))
    return files


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG001
    """Links out of docs/ lead to the page of the same file, or to nowhere: then their text stays."""
    folder = (PROJECT / "docs" / page.file.src_uri).parent

    def replaced(link: re.Match[str]) -> str:
        text, target, anchor = link.groups()
        outside = (folder / target).resolve()
        if outside.is_relative_to(PROJECT / "docs"):
            return link[0]
        name = outside.relative_to(PROJECT).as_posix()
        return f"[{text}]({_FROM_THE_TOP[name]}{anchor or ''})" if name in _FROM_THE_TOP else text

    return _LINK.sub(replaced, "".join(_indented(markdown)))


def _indented(markdown: str) -> Iterator[str]:
    """What belongs to an item of a list is indented by as much as its text is; mkdocs wants four spaces.

    And behind an item of several paragraphs it wants an empty line.
    """
    more, before, paragraphs = "", "", False
    for line in markdown.splitlines(keepends=True):
        item = _ITEM.match(line)
        if item is not None:
            if paragraphs and before.strip():
                yield "\n"
            more, paragraphs = " " * (4 - len(item[0])), False
        elif line.strip() and not line.startswith("  "):
            more, paragraphs = "", False
        elif more and line.strip() and not before.strip():
            paragraphs = True
        yield line if item is not None or not line.strip() else more + line
        before = line
