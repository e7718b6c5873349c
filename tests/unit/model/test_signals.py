"""Signals as people and engines write them."""

from __future__ import annotations

import pytest

from updater.model.signals import parse_signal, signal_number


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("SIGTERM", "SIGTERM"),
        ("TERM", "SIGTERM"),
        (" sigusr1 ", "SIGUSR1"),
        ("Hup", "SIGHUP"),
        ("KILL", "SIGKILL"),
        ("1", "1"),
        ("015", "15"),
        ("64", "64"),
        ("SIGRTMIN", "SIGRTMIN"),
        ("SIGRTMIN+3", "SIGRTMIN+3"),
        ("rtmax-14", "SIGRTMAX-14"),
    ],
)
def test_good_ones(text: str, sent: str) -> None:
    assert parse_signal(text) == sent
    assert parse_signal(sent) == sent


@pytest.mark.parametrize(
    "text",
    [
        "",
        "SIG",
        "0",
        "65",
        "-1",
        "1.5",
        "\u0661",
        "9" * 5000,
        "SIGNONSENSE",
        "TERM,HUP",
        "RTMIN+16",
        "RTMAX-15",
        "_DFL",
    ],
)
def test_bad_ones(text: str) -> None:
    with pytest.raises(ValueError, match="is no signal"):
        parse_signal(text)


@pytest.mark.parametrize(
    ("name", "number"),
    [
        (None, 15),
        ("", 15),
        ("SIGQUIT", 3),
        ("quit", 3),
        ("3", 3),
        ("SIGRTMIN", 34),
        ("SIGRTMIN+3", 37),
        ("RTMAX-1", 63),
        ("RTMAX", 64),
        ("SIGNONSENSE", 15),
    ],
)
def test_numbers(name: str | None, number: int) -> None:
    assert signal_number(name) == number
