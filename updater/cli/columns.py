"""How are rows laid out in columns, at any width?"""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from updater.cli.terminal import Terminal

_NARROWEST_TEXT = 36  # characters; with less, the last column goes on a line of its own
_GAP = "  "
_DISPENSABLE = ("PUBLISHED", "RUNS", "TO", "FROM", "TOOK", "STATUS", "IMAGE")
_COLOURS = {
    "update": "33",
    "outdated": "33",
    "would-update": "33",
    "unknown": "31",
    "failed": "31",
    "rolled-back": "31",
    "updated": "32",
    "current": "32",
}


def table(headings: Sequence[str], rows: Sequence[Sequence[str]], terminal: Terminal) -> str:
    """Columns as wide as their widest cell; the last one wraps, or gets a line of its own where there is no room.

    On a terminal too narrow for the rest, the columns that the last one repeats in words are left out.
    """
    if not rows:
        return ""
    headings, rows = _fitting(headings, rows, terminal)
    widths = [max(len(row[column]) for row in (headings, *rows)) for column in range(len(headings) - 1)]
    room = terminal.width - sum(width + len(_GAP) for width in widths)
    lines = []
    for row in (headings, *rows):
        cells = _GAP.join(_coloured(cell, width, terminal) for cell, width in zip(row[:-1], widths, strict=True))
        lines += _with_last(cells, row[-1], sum(widths) + len(_GAP) * len(widths), room, terminal)
    return "\n".join(lines) + "\n"


def _fitting(
    headings: Sequence[str], rows: Sequence[Sequence[str]], terminal: Terminal
) -> tuple[Sequence[str], Sequence[Sequence[str]]]:
    for heading in _DISPENSABLE:
        widths = [max(len(row[column]) for row in (headings, *rows)) for column in range(len(headings) - 1)]
        if sum(widths) + len(_GAP) * (len(widths) - 1) <= terminal.width:
            break
        if heading in headings:
            column = headings.index(heading)
            headings = [*headings[:column], *headings[column + 1 :]]
            rows = [[*row[:column], *row[column + 1 :]] for row in rows]
    return headings, rows


def _with_last(cells: str, last: str, indent: int, room: int, terminal: Terminal) -> list[str]:
    if room < _NARROWEST_TEXT:
        wrapped = textwrap.wrap(last, terminal.width - 4) if last != "WHY" else []
        return [cells.rstrip(), *("    " + line for line in wrapped)]
    first, *others = textwrap.wrap(last, room) or [""]
    return [cells + _GAP + first, *(" " * indent + line for line in others)]


def _coloured(cell: str, width: int, terminal: Terminal) -> str:
    padded = cell.ljust(width)
    colour = _COLOURS.get(cell) if terminal.colours else None
    return f"\x1b[{colour}m{padded}\x1b[0m" if colour else padded
