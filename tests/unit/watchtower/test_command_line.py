"""Command lines of Watchtower's in our words, and those that are none."""

from __future__ import annotations

import shlex

import pytest

from updater.cli.app import COMMANDS
from updater.errors import InvalidSetting
from updater.watchtower.command_line import in_our_words


@pytest.mark.parametrize(
    ("line", "environment", "words", "variables"),
    [
        ("--interval 300", {}, "watch", {"WATCHTOWER_POLL_INTERVAL": "300"}),
        ("-i 30 -c", {}, "watch", {"WATCHTOWER_POLL_INTERVAL": "30", "WATCHTOWER_CLEANUP": "true"}),
        ("--cleanup=false", {}, "watch", {"WATCHTOWER_CLEANUP": "false"}),
        (
            "--schedule '0 0 4 * * *' --label-enable",
            {},
            "watch",
            {"WATCHTOWER_SCHEDULE": "0 0 4 * * *", "WATCHTOWER_LABEL_ENABLE": "true"},
        ),
        ("--run-once", {}, "run", {"WATCHTOWER_RUN_ONCE": "true"}),
        ("--run-once=false", {"WATCHTOWER_RUN_ONCE": "true"}, "watch", {"WATCHTOWER_RUN_ONCE": "false"}),
        ("--monitor-only --scope prod", {}, "watch", {"WATCHTOWER_MONITOR_ONLY": "true", "WATCHTOWER_SCOPE": "prod"}),
        ("--run-once nginx redis", {}, "run --include nginx,redis --all", {"WATCHTOWER_RUN_ONCE": "true"}),
        ("nginx --cleanup", {"UPDATER_ALL": "false"}, "watch --include nginx", {"WATCHTOWER_CLEANUP": "true"}),
        ("nginx -e", {}, "watch --include nginx", {"WATCHTOWER_LABEL_ENABLE": "true"}),
        ("nginx -c", {"WATCHTOWER_LABEL_ENABLE": "true"}, "watch --include nginx", {"WATCHTOWER_CLEANUP": "true"}),
        ("--cleanup", {"WATCHTOWER_RUN_ONCE": "1"}, "run", {"WATCHTOWER_CLEANUP": "true"}),
        ("--host tcp://proxy:2375", {}, "watch --host tcp://proxy:2375", {}),
        ("--health-check", {}, "healthcheck", {}),
        ("watch", {"WATCHTOWER_RUN_ONCE": "true"}, "run", {}),
    ],
)
def test_one_of_watchtowers(line: str, environment: dict[str, str], words: str, variables: dict[str, str]) -> None:
    found = in_our_words(shlex.split(line), environment, COMMANDS, begins_container=False)
    assert found is not None
    assert (" ".join(found.words), found.variables) == (words, variables)


@pytest.mark.parametrize(
    ("line", "environment"),
    [
        ("", {}),
        ("chekc", {}),
        ("nginx redis", {}),
        ("--windw x", {}),
        ("--schedule @daily watch", {}),
        ("--cleanup run", {}),
        ("watch", {}),
        ("watch", {"WATCHTOWER_RUN_ONCE": "false"}),
        ("watch", {"WATCHTOWER_RUN_ONCE": ""}),
    ],
)
def test_none_of_watchtowers(line: str, environment: dict[str, str]) -> None:
    assert in_our_words(shlex.split(line), environment, COMMANDS, begins_container=False) is None


def test_names_alone_are_its_where_a_container_starts_with_them() -> None:
    found = in_our_words(["nginx", "redis"], {}, COMMANDS, begins_container=True)
    assert found is not None
    assert found.words == ("watch", "--include", "nginx,redis", "--all")


@pytest.mark.parametrize("word", ["chekc", "histroy", "watchh", "Check", "roll-back"])
def test_a_command_that_is_mistyped_is_no_name(word: str) -> None:
    assert in_our_words([word], {}, COMMANDS, begins_container=True) is None


@pytest.mark.parametrize(
    ("words", "environment"),
    [(["healthchecks"], {"WATCHTOWER_DROP_IN": "true"}), (["checkmk", "web"], {}), (["runner"], {})],
)
def test_a_name_that_is_like_a_command(words: list[str], environment: dict[str, str]) -> None:
    found = in_our_words(words, environment, COMMANDS, begins_container=True)
    assert found is not None
    assert found.words == ("watch", "--include", ",".join(words), "--all")


def test_who_asks_for_help_gets_it() -> None:
    found = in_our_words(["--interval", "30", "-h"], {}, COMMANDS, begins_container=True)
    assert found is not None
    assert (found.words, dict(found.variables)) == (("--help",), {})
    assert in_our_words(["chekc", "--help"], {}, COMMANDS, begins_container=False) is None


def test_a_flag_that_nobody_knows_is_named_without_its_value() -> None:
    with pytest.raises(InvalidSetting, match="--api-secret") as caught:
        in_our_words(["--cleanup", "--api-secret", "hush"], {}, COMMANDS, begins_container=True)
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize("environment", [{"WATCHTOWER_RUN_ONCE": "perhaps"}])
def test_a_switch_that_is_neither_on_nor_off(environment: dict[str, str]) -> None:
    with pytest.raises(InvalidSetting, match="WATCHTOWER_RUN_ONCE"):
        in_our_words(["watch"], environment, COMMANDS, begins_container=True)


def test_a_value_that_makes_no_sense_is_told_by_its_flag() -> None:
    with pytest.raises(InvalidSetting, match=r"^--interval: 'soon'"):
        in_our_words(["--interval", "soon"], {}, COMMANDS, begins_container=True)
