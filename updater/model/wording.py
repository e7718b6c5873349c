"""How is text that came from elsewhere shown to a person, in one line, without harm?"""

from __future__ import annotations

import unicodedata

# Control, format (bidirectional overrides, zero width), private, surrogate and unassigned characters, and the
# two separators that break lines: none of them may reach a terminal, a log or a page.
_HIDDEN = frozenset({"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"})
LONGEST = 400


def printable(text: str, longest: int = LONGEST) -> str:
    """One line of at most `longest` characters; what cannot be shown safely becomes a space."""
    cut = text[: 4 * longest]
    shown = " ".join("".join(_shown(character) for character in cut).split())
    return shown if len(shown) <= longest and len(cut) == len(text) else shown[: longest - 1] + "…"


def _shown(character: str) -> str:
    return " " if unicodedata.category(character) in _HIDDEN else character
