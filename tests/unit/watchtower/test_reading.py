"""Watchtower's command line: flags with their values, names of containers, and what is not known."""

from __future__ import annotations

import pytest

from updater.watchtower.reading import read
from updater.watchtower.translation import translate


@pytest.mark.parametrize(
    ("arguments", "settings"),
    [
        ("--cleanup --interval 300", {"cleanup": "true", "schedule": "@every 5m"}),
        ("--interval=300 --cleanup=false", {"schedule": "@every 5m", "cleanup": "false"}),
        ("-i 300 -c", {"schedule": "@every 5m", "cleanup": "true"}),
        ("-i300", {"schedule": "@every 5m"}),
        ("-ci=300", {"cleanup": "true", "schedule": "@every 5m"}),
        ("-cd nginx redis", {"cleanup": "true", "log_level": "debug", "include": "nginx,redis"}),
        ("nginx --cleanup db-.*", {"cleanup": "true", "include": "nginx,db-*"}),
        ("--cleanup -- nginx", {"cleanup": "true", "include": "nginx"}),
        ("-x a -x b,c", {"exclude": "a,b,c"}),
        ("--interval 60 --interval 120", {"schedule": "@every 2m"}),
        ("--label-enable --scope prod", {"all": "false", "scope": "prod"}),
        ("-e -S -m -t 30s", {"all": "false", "include_stopped": "true", "monitor_only": "true", "stop_timeout": "30s"}),
        ("--host tcp://docker:2375", {"host": "tcp://docker:2375"}),
        ("--run-once", {}),
        ("(a|b)c", {"include": "(a|b)c"}),
    ],
)
def test_a_command_line(arguments: str, settings: dict[str, str]) -> None:
    assert translate(read({}, arguments.split())).settings == settings


def test_a_schedule_with_blanks() -> None:
    found = read({}, ["--schedule", "0 30 3 * * *", "web"])
    assert translate(found).settings == {"schedule": "30 3 * * *", "include": "web"}


def test_a_flag_counts_before_the_variable() -> None:
    found = read({"WATCHTOWER_POLL_INTERVAL": "60", "WATCHTOWER_CLEANUP": "true"}, ["--interval", "600"])
    assert translate(found).settings == {"cleanup": "true", "schedule": "@every 10m"}


def test_an_unknown_flag_takes_its_value_along() -> None:
    found = read({}, ["--api-secret", "hush", "-Z", "--other=hush", "web", "--interval"])
    assert found.unknown == ("--api-secret", "-Z", "--other")
    assert found.names == ("web",)
    assert "hush" not in repr(found)
    (answer,) = translate(found).answers
    assert "not a number of seconds" in answer.problem


@pytest.mark.parametrize(
    ("environment", "shown"),
    [
        ({"WATCHTOWER_NOTIFICATION_URL": "slack://hush@x"}, "WATCHTOWER_NOTIFICATION_URL=…"),
        ({"WATCHTOWER_HTTP_API_TOKEN": "hush"}, "WATCHTOWER_HTTP_API_TOKEN=…"),
        ({"REPO_PASS": "hush"}, "REPO_PASS=…"),
        ({"DOCKER_HOST": "tcp://me:hush@docker:2375"}, "DOCKER_HOST=…"),
        ({"WATCHTOWER_SCOPE": "http://hush"}, "WATCHTOWER_SCOPE=…"),
        ({"WATCHTOWER_CLEANUP": "true"}, "WATCHTOWER_CLEANUP=true"),
    ],
)
def test_secrets_and_addresses_are_not_shown(environment: dict[str, str], shown: str) -> None:
    (answer,) = translate(read(environment)).answers
    assert answer.given.as_written == shown
    assert "hush" not in f"{answer.given.as_written} {answer.becomes} {answer.note} {answer.problem}"
