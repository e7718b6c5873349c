"""Does a page of the built site fetch something from elsewhere, or show a list as a paragraph? `make docs` asks."""

from __future__ import annotations

import re
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# What a browser fetches without being asked; `a` is a link that a person has to follow.
_FETCHED = {"src", "srcset", "poster", "data", "href", "action"}
_FOLLOWED = {("a", "href")}
_ELSEWHERE = re.compile(r"^\s*(?:[a-z]+:)?//", re.IGNORECASE)
_IN_STYLE = re.compile(r"(?:url\(\s*['\"]?|@import\s+['\"])((?:https?:)?//[^'\")]+)", re.IGNORECASE)


# The repository's pages are read by programs that see a list there, and mkdocs does not without an empty line.
_LIST_IN_PARAGRAPH = re.compile(r"<p>(?:(?!</p>).)*?\n((?:-|\d\.) [^\n<]*)", re.DOTALL)


class _Fetches(HTMLParser):
    """Collects the addresses elsewhere that a page would fetch from."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in _FETCHED and (tag, name) not in _FOLLOWED and value and _ELSEWHERE.match(value):
                self.found.append(value)
            if name == "style" and value:
                self.found += _IN_STYLE.findall(value)


def fetched_from_elsewhere(text: str) -> list[str]:
    """The addresses in a page or a style sheet that a browser would ask by itself."""
    page = _Fetches()
    page.feed(text)
    return page.found + _IN_STYLE.findall(text)


def lists_in_paragraphs(text: str) -> list[str]:
    """The first line of each list that has become a part of the paragraph before it."""
    return _LIST_IN_PARAGRAPH.findall(text)


def complaints(site: Path) -> Iterator[str]:
    """One line for each thing that is wrong; none for a site that is fine."""
    for path in sorted(site.rglob("*")):
        if path.suffix not in {".html", ".css", ".svg"}:
            continue
        text = path.read_text()
        for address in fetched_from_elsewhere(text):
            yield f"{path}: fetches {address}; keep a copy below docs/assets"
        if 'class="mermaid"' in text:
            yield f"{path}: a mermaid diagram loads its program from elsewhere; use text or an image"
        for line in lists_in_paragraphs(text) if path.suffix == ".html" else ():
            yield f"{path}: {line!r} is a part of the paragraph before; put an empty line between"


def main() -> int:
    """Returns the exit code."""
    site = Path(sys.argv[1])
    if not (site / "index.html").exists():
        sys.stderr.write(f"{site}: there is no index.html; build the site first\n")
        return 1
    found = list(complaints(site))
    sys.stderr.writelines(f"{line}\n" for line in found)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
