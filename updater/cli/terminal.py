"""What can the place that is written to show?"""

from __future__ import annotations

import codecs
import os
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import TextIO

# Without a terminal there is no edge to wrap at: whoever reads the text later has one of their own.
_NO_EDGE = 10_000


@dataclass(frozen=True, slots=True)
class Terminal:
    """Its width in characters, and whether it shows colours."""

    width: int = _NO_EDGE
    colours: bool = False


def terminal_of(stream: TextIO) -> Terminal:
    """A terminal's own width; NO_COLOR (no-color.org) and TERM=dumb are obeyed."""
    if not stream.isatty():
        return Terminal()
    colours = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return Terminal(max(shutil.get_terminal_size().columns, 40), colours)


def is_utf8(stream: TextIO) -> bool:
    """Whether JSON may be written to it as it is (RFC 8259); in any other encoding it has to be escaped."""
    try:
        return codecs.lookup(stream.encoding or "").name == "utf-8"
    except LookupError:
        return False
