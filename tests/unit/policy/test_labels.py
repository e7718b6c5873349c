"""Labels: what each value means, whose count, which win."""

from __future__ import annotations

from typing import Any

import pytest

from updater.model.schedule import parse_schedule
from updater.model.terms import Level
from updater.model.window import parse_windows
from updater.policy.declarations import LABELS, WATCHTOWER_LABELS
from updater.policy.labels import BadLabel, read_labels

WATCHTOWER = "com.centurylinklabs.watchtower."


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ({}, {}),
        ({"updater.enable": "true"}, {"enable": True}),
        ({"updater.enable": "1"}, {"enable": True}),
        ({"updater.enable": "T"}, {"enable": True}),
        ({"updater.enable": "FALSE"}, {"enable": False}),
        ({"updater.enable": "0"}, {"enable": False}),
        ({WATCHTOWER + "enable": "true"}, {"enable": True}),
        ({WATCHTOWER + "enable": "true", "updater.enable": "false"}, {"enable": False}),
        ({"updater.enable": "true", WATCHTOWER + "enable": "false"}, {"enable": True}),
        ({WATCHTOWER + "monitor-only": "true"}, {"monitor_only": True}),
        ({"updater.grace-period": "1h30m"}, {"grace_period": 5400.0}),
        ({"updater.health-timeout": "90s"}, {"health_timeout": 90.0}),
        ({"updater.stop-timeout": "2m"}, {"stop_timeout": 120.0}),
        ({"updater.stop-timeout": "10"}, {"stop_timeout": 10.0}),
        ({"updater.rollback": "false"}, {"rollback": False}),
        ({"updater.hold": "true"}, {"hold": True}),
        ({"updater.min-age": "3d"}, {"min_age": 259200.0}),
        ({"updater.tags": "Minor"}, {"tags": Level.MINOR}),
        ({"updater.scope": "staging"}, {"scope": "staging"}),
        ({"updater.schedule": "@daily"}, {"schedule": parse_schedule("@daily")}),
        ({"updater.window": "Mon-Fri 02:00-05:00"}, {"window": parse_windows("Mon-Fri 02:00-05:00")}),
        ({"updater.hook.pre-update": "/dump.sh"}, {"hook_pre_update": "/dump.sh"}),
        ({"updater.hook.post-update-timeout": "5m"}, {"hook_post_update_timeout": 300.0}),
        ({WATCHTOWER + "lifecycle.pre-update": "/dump.sh"}, {"hook_pre_update": "/dump.sh"}),
        ({WATCHTOWER + "lifecycle.pre-update-timeout": "2"}, {"hook_pre_update_timeout": 120.0}),
        ({WATCHTOWER + "lifecycle.pre-update-timeout": "0"}, {"hook_pre_update_timeout": 86400.0}),
        ({WATCHTOWER + "lifecycle.post-update-timeout": "9999"}, {"hook_post_update_timeout": 86400.0}),
        ({"updater.hook.pre-update-timeout": "1d"}, {"hook_pre_update_timeout": 86400.0}),
        ({"updater.stop-signal": "hup"}, {"stop_signal": "SIGHUP"}),
        ({WATCHTOWER + "stop-signal": "SIGUSR1"}, {"stop_signal": "SIGUSR1"}),
        ({WATCHTOWER + "stop-signal": "SIGUSR1", "updater.stop-signal": "2"}, {"stop_signal": "2"}),
        ({WATCHTOWER + "lifecycle.pre-check": "/x.sh"}, {}),
        ({WATCHTOWER + "scope": "staging"}, {"scope": "staging"}),
        ({WATCHTOWER + "no-pull": "true"}, {"monitor_only": True}),
        ({WATCHTOWER + "no-pull": "false"}, {}),
        ({"com.docker.compose.project": "x", "updaterish": "y", "maintainer": "z"}, {}),
        ({"com.centurylinklabs.watchtower": "true"}, {}),
        ({"updater.operation.old-id": "abc"}, {}),
    ],
)
def test_what_labels_say(labels: dict[str, str], expected: dict[str, Any]) -> None:
    assert read_labels(labels) == expected


@pytest.mark.parametrize(
    ("labels", "must_name"),
    [
        ({"updater.enable": "yes"}, ["updater.enable", "'yes'", "true or false"]),
        ({"updater.enable": ""}, ["updater.enable", "''"]),
        (
            {"updater.enabled": "true"},
            ["updater.enabled", "did you mean updater.enable? docs/labels.md of the project has all of them"],
        ),
        ({"Updater.enable": "true"}, ["label Updater.enable is not", "did you mean updater.enable?"]),
        ({"com.centurylinklabs.Watchtower.enable": "true"}, [f"did you mean {WATCHTOWER}enable?"]),
        ({"updater.hook-pre-update": "x"}, ["did you mean updater.hook.pre-update?"]),
        ({"updater.grace": "1s"}, ["did you mean updater.grace-period?"]),
        ({"updater.timezone": "UTC"}, ["of the whole program", "--timezone, UPDATER_TIMEZONE or `timezone:`"]),
        ({"updater.log-level": "debug"}, ["log_level is a setting of the whole program", "--log-level"]),
        ({"updater.qqq": "1"}, ["known after updater. are cleanup, depends-on, enable, "]),
        ({"updater.": "1"}, ["label updater. is not known", "known after updater. are"]),
        ({"updater.Monitor_Only": "true"}, ["updater.Monitor_Only", "did you mean updater.monitor-only?"]),
        ({WATCHTOWER + "enabel": "true"}, [f"did you mean {WATCHTOWER}enable?", "docs/labels.md"]),
        ({"updater.\x1b[31m\nx": "1"}, ["label updater. [31m x is not known", "known after updater. are"]),
        ({"updater.stop-timeout": "-1"}, ["updater.stop-timeout", "'-1'", "a number of seconds"]),
        ({"updater.grace-period": "15"}, ["updater.grace-period", "'15'", "90s"]),
        ({"updater.grace-period": "-5s"}, ["'-5s'"]),
        ({"updater.grace-period": "٣s"}, ["'٣s'"]),
        ({"updater.window": "22:00"}, ["updater.window", "'22:00'", "02:00-05:00"]),
        ({"updater.schedule": "0 0 4 * * *"}, ["updater.schedule", "five"]),
        ({"updater.tags": "latest"}, ["updater.tags", "'latest'", "digest, patch, minor or major"]),
        ({"updater.tag-pattern": "1.("}, ["updater.tag-pattern", "1.("]),
        ({"updater.hook.pre-update": " "}, ["updater.hook.pre-update"]),
        ({"updater.hook.pre-update-timeout": "0"}, ["pre-update-timeout", "'0'", "from 1s to 1d"]),
        ({"updater.hook.post-update-timeout": "0s"}, ["post-update-timeout", "'0s'", "from 1s to 1d"]),
        ({"updater.hook.post-update-timeout": "25h"}, ["post-update-timeout", "'25h'", "from 1s to 1d"]),
        ({"updater.stop-signal": "SIGNO"}, ["updater.stop-signal", "'SIGNO'", "SIGTERM", "1 to 64"]),
        ({WATCHTOWER + "stop-signal": "65"}, [WATCHTOWER + "stop-signal", "'65'", "1 to 64"]),
        ({WATCHTOWER + "lifecycle.pre-update-timeout": "1m"}, ["pre-update-timeout", "'1m'", "minutes"]),
        ({WATCHTOWER + "enable": "maybe"}, [WATCHTOWER + "enable", "'maybe'"]),
    ],
)
def test_bad_labels_name_key_value_and_good_ones(labels: dict[str, str], must_name: list[str]) -> None:
    with pytest.raises(BadLabel) as caught:
        read_labels(labels)
    for part in must_name:
        assert part in str(caught.value)


def test_every_label_is_explained_and_distinct() -> None:
    assert len({setting.name for setting in LABELS.values()}) == len(LABELS)
    assert all(setting.help.endswith(".") for setting in LABELS.values())
    assert all(setting.good for setting in (*LABELS.values(), *WATCHTOWER_LABELS.values()))
