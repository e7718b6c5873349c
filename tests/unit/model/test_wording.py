"""Does text from elsewhere reach a person without harm?"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from updater.model.wording import LONGEST, printable


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain text, ü 漢字", "plain text, ü 漢字"),
        ("\x1b[31mred\x1b[0m", "[31mred [0m"),
        ("two\r\nlines\u2028more", "two lines more"),
        ("gnp\u202e.exe\u2066", "gnp .exe"),
        ("zero\u200bwidth\ufeff", "zero width"),
        ("nul\0tab\t", "nul tab"),
        ("", ""),
    ],
)
def test_hidden_characters_become_a_space(text: str, expected: str) -> None:
    assert printable(text) == expected


def test_long_text_is_cut() -> None:
    assert printable("x" * LONGEST) == "x" * LONGEST
    assert printable("x" * 10**6) == "x" * (LONGEST - 1) + "…"
    assert len(printable("\0" * 10**6)) == 1


@given(some.text())
def test_it_stays_one_line(text: str) -> None:
    shown = printable(text)
    assert len(shown) <= LONGEST
    assert len(shown.splitlines()) <= 1
