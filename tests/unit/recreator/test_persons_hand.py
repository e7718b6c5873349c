"""Whose doing was it that a container ended? One line per story, in the engine's words."""

from __future__ import annotations

import pytest

from updater.model.happening import Happening
from updater.recreator.persons_hand import ended_by_a_person, was_started_again


def story(text: str) -> tuple[Happening, ...]:
    """`kill:15 die start` as happenings."""
    return tuple(
        Happening(what, int(number) if number else None)
        for what, _, number in (word.partition(":") for word in text.split())
    )


@pytest.mark.parametrize(
    ("told", "runs", "a_person"),
    [
        ("", False, False),
        ("die", False, False),
        ("kill:15 die stop", False, True),
        ("kill:15", False, True),  # its `die` is still on the way
        ("kill:9 die", False, True),
        ("kill:15 kill:9 die stop", False, True),
        ("kill:1 die", False, False),  # it was told to read its configuration again, and crashed later
        ("kill die", False, True),  # an engine that names no signal
        ("kill:15 die stop start restart", True, True),
        ("die start", True, False),
        ("die start die start", True, False),
        ("kill:15 die stop start restart die", False, False),  # restarted by a person, then it crashed by itself
        ("kill:15 die stop start restart die start", True, False),
        ("kill:15 die start kill:15", False, True),
    ],
)
def test_whose_doing(told: str, runs: bool, a_person: bool) -> None:
    assert ended_by_a_person(story(told), None, runs=runs) is a_person


def test_its_own_stop_signal_is_an_end() -> None:
    assert not ended_by_a_person(story("kill:28 die"), None, runs=False)
    assert ended_by_a_person(story("kill:28 die"), "SIGWINCH", runs=False)


@pytest.mark.parametrize(("told", "expected"), [("die start", True), ("start die", False), ("start", False)])
def test_started_again(told: str, expected: bool) -> None:
    assert was_started_again(story(told)) is expected
