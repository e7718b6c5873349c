"""Labels: what each value means, whose count, which win."""

from __future__ import annotations

from typing import Any

import pytest

from updater.policy.labels import LABELS, BadLabel, read_labels

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
        ({"updater.rollback": "false"}, {"rollback": False}),
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
        ({"updater.enabled": "true"}, ["updater.enabled", "updater.enable"]),
        ({"updater.grace-period": "15"}, ["updater.grace-period", "'15'", "90s"]),
        ({"updater.grace-period": "-5s"}, ["'-5s'"]),
        ({"updater.grace-period": "٣s"}, ["'٣s'"]),
        ({"updater.window": "22:00-02:00"}, ["updater.window", "not known to this version"]),
        ({WATCHTOWER + "lifecycle.pre-update": "/dump.sh"}, ["lifecycle.pre-update"]),
        ({WATCHTOWER + "enable": "maybe"}, [WATCHTOWER + "enable", "'maybe'"]),
    ],
)
def test_bad_labels_name_key_value_and_good_ones(labels: dict[str, str], must_name: list[str]) -> None:
    with pytest.raises(BadLabel) as caught:
        read_labels(labels)
    for part in must_name:
        assert part in str(caught.value)


def test_every_label_is_explained_and_distinct() -> None:
    assert len({label.key for label in LABELS}) == len(LABELS)
    assert all(label.help.endswith(".") for label in LABELS)
