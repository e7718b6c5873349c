"""Yes or no, and lengths of time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from updater.model.values import parse_boolean, parse_duration, parse_patience, show_duration, show_in_full


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90s", 90),
        ("5m", 300),
        ("12h", 43_200),
        ("3d", 259_200),
        ("2w", 1_209_600),
        ("1h30m", 5400),
        ("0", 0),
        (" 5M ", 300),
    ],
)
def test_durations(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "s", "5", "-5s", "5 s", "1.5h", "5y", "1h30", "\uff15s", "9" * 40 + "s", "500w500w"]
)
def test_no_durations(text: str) -> None:
    with pytest.raises(ValueError, match=r"duration|longer"):
        parse_duration(text)


def test_no_time_at_all_is_no_patience() -> None:
    assert parse_patience("1s") == 1
    with pytest.raises(ValueError, match="leaves no time"):
        parse_patience("0s")


@given(st.integers(min_value=10, max_value=10_000_000))
def test_what_is_shown_can_be_read_and_is_close(seconds: int) -> None:
    assert abs(parse_duration(show_duration(seconds)) - seconds) <= seconds / 8


@pytest.mark.parametrize(("seconds", "text"), [(0.04, "0s"), (0.4, "0.4s"), (9, "9s"), (90, "1m30s"), (3600, "1h")])
def test_shown(seconds: float, text: str) -> None:
    assert show_duration(seconds) == text


@given(st.integers(min_value=0, max_value=10_000_000))
def test_what_somebody_set_is_shown_in_full(seconds: int) -> None:
    assert parse_duration(show_in_full(seconds)) == seconds


@given(st.text())
def test_booleans_are_read_or_refused(text: str) -> None:
    try:
        value = parse_boolean(text)
    except ValueError:
        return
    assert value is (text.strip().lower() in {"1", "t", "true"})
