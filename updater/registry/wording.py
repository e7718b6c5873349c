"""How is text that came from elsewhere shown to a person, in one line, without harm?"""

from __future__ import annotations

import unicodedata

# Control, format (bidirectional overrides, zero width), private, surrogate and unassigned characters, and the
# two separators that break lines: none of them may reach a terminal, a log or a page.
_HIDDEN = frozenset({"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"})
LONGEST = 120


def printable(text: str, longest: int = LONGEST) -> str:
    """The text without control and bidirectional characters, at most `longest` characters long."""
    kept = "".join(character for character in text[: 4 * longest] if _is_shown(character))
    return kept if len(kept) <= longest and len(text) <= 4 * longest else kept[: longest - 1] + "…"


def _is_shown(character: str) -> bool:
    return unicodedata.category(character) not in _HIDDEN
