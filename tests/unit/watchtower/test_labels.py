"""Each of Watchtower's labels: what it becomes, what of it is shown, and that the policy reads it the same."""

from __future__ import annotations

import pytest

from tests.unit.given import container, image
from updater.model.control_labels import WATCHTOWER_PREFIX
from updater.policy.declarations import WATCHTOWER_LABELS
from updater.policy.labels import BadLabel, read_labels
from updater.policy.watchtower_labels import IGNORED, ITSELF, LEFT_ALONE, NO_PULL
from updater.watchtower.labels import LabelAnswer, label_answers, marks_watchtower

# Label, value, what it becomes, the value that is shown.
BECOMES = (
    ("enable", "T", "updater.enable", "true"),
    ("enable", "0", "updater.enable", "false"),
    ("monitor-only", "true", "updater.monitor-only", "true"),
    ("scope", "prod", "updater.scope", "prod"),
    ("depends-on", "db,cache", "updater.depends-on", "db,cache"),
    ("cooldown-delay", "1M", "updater.min-age", "30d"),
    ("lifecycle.pre-update", "/dump.sh", "updater.hook.pre-update", "…"),
    ("lifecycle.pre-update-timeout", "5", "updater.hook.pre-update-timeout", "5m"),
    ("lifecycle.post-update", "/restore.sh", "updater.hook.post-update", "…"),
    ("lifecycle.post-update-timeout", "0", "updater.hook.post-update-timeout", "1d"),
    ("stop-signal", "SIGHUP", "updater.stop-signal", "SIGHUP"),
    ("no-pull", "true", "updater.monitor-only", "true"),
)


def answer(key: str, value: str) -> LabelAnswer:
    (found,) = label_answers(container(labels={key: value}))
    return found


@pytest.mark.parametrize(("key", "value", "becomes", "text"), BECOMES)
def test_what_a_label_becomes(key: str, value: str, becomes: str, text: str) -> None:
    found = answer(WATCHTOWER_PREFIX + key, value)
    assert (found.becomes, found.text) == (becomes, text)
    if text != "…":
        assert read_labels({becomes: text}) == read_labels({WATCHTOWER_PREFIX + key: value})


def test_every_label_that_becomes_one_stands_in_the_table_above() -> None:
    assert {WATCHTOWER_PREFIX + key for key, *_ in BECOMES} == {*WATCHTOWER_LABELS, NO_PULL}


@pytest.mark.parametrize(("minutes", "told"), [("0", True), ("1440", False), ("1441", True), ("5", False)])
def test_a_hook_without_a_limit_is_told_that_it_has_one_here(minutes: str, told: bool) -> None:
    note = answer(WATCHTOWER_PREFIX + "lifecycle.pre-update-timeout", minutes).note
    assert ("a day is the longest here" in note) is told


@pytest.mark.parametrize("key", [key for key in IGNORED if key != ITSELF])
def test_what_is_ignored_is_explained_and_leaves_the_container_as_it_would_be(key: str) -> None:
    found = answer(key, "x")
    assert (found.becomes, found.note) == (None, IGNORED[key])
    assert read_labels({key: "x", "updater.enable": "true"}) == {"enable": True}


@pytest.mark.parametrize("key", LEFT_ALONE)
def test_what_cannot_be_done_leaves_the_container_alone(key: str) -> None:
    assert answer(key, "/x").note == f"the container is left alone: {LEFT_ALONE[key]}"
    with pytest.raises(BadLabel, match="files that are only inside"):
        read_labels({key: "/x"})


def test_whose_label_it_is() -> None:
    labels = {WATCHTOWER_PREFIX + "enable": "true", ITSELF: "true"}
    (of_the_image,) = label_answers(container(labels=labels, image=image(labels=labels)))
    (of_nobody,) = label_answers(container(labels=labels, image=None))
    assert "the image's own" in of_the_image.note
    assert "the image is gone" in of_nobody.note
    assert marks_watchtower(container(labels=labels, image=image(labels=labels)))
    assert not marks_watchtower(container(labels={ITSELF: "false"}))


def test_ours_wins_and_a_bad_value_is_explained() -> None:
    both = {WATCHTOWER_PREFIX + "scope": "a", "updater.scope": "b"}
    (found,) = label_answers(container(labels=both))
    assert (found.becomes, found.note) == (None, "updater.scope is set already, and wins")
    assert "a number of minutes" in answer(WATCHTOWER_PREFIX + "lifecycle.pre-update-timeout", "5m").note
    assert answer(NO_PULL, "false").becomes is None
    assert "not known here" in answer(WATCHTOWER_PREFIX + "made-up", "x").note


def test_the_lines_of_hooks_are_never_shown() -> None:
    for key in WATCHTOWER_LABELS:
        if "lifecycle." in key and not key.endswith("timeout"):
            assert "hush" not in repr(answer(key, "curl -H hush"))
    assert "hush" not in repr(answer(WATCHTOWER_PREFIX + "lifecycle.pre-check", "curl -H hush"))
