"""Watchtower's variables beside ours: which counts, what is told, and whose default applies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.given import container, image
from updater.configuration import resolve
from updater.errors import InvalidSetting
from updater.own_part import in_own_container
from updater.policy.terms import Request

if TYPE_CHECKING:
    from pathlib import Path

    from updater.settings import Settings

CLEANUP = {"WATCHTOWER_CLEANUP": "true"}


def told(settings: Settings, text: str) -> list[str]:
    return [line for line in settings.warnings if text in line]


def test_ours_count_before_them_and_they_before_the_file(tmp_path: Path) -> None:
    config = tmp_path / "updater.yml"
    config.write_text("cleanup: false\nstop_timeout: 5s\n")
    environment = {**CLEANUP, "WATCHTOWER_TIMEOUT": "20s", "UPDATER_STOP_TIMEOUT": "30s"}
    settings = resolve({"config": str(config)}, environment)
    assert settings["cleanup"] is True
    assert settings["stop_timeout"] == 30.0
    assert told(settings, "UPDATER_STOP_TIMEOUT, --stop-timeout is given, too, and counts")
    assert resolve({"cleanup": False}, CLEANUP)["cleanup"] is False


def test_the_most_telling_of_several_counts() -> None:
    both = {"WATCHTOWER_LOG_LEVEL": "warn", "WATCHTOWER_DEBUG": "true"}
    assert resolve({}, both)["log_level"] == "debug"
    pulls = {"WATCHTOWER_MONITOR_ONLY": "false", "WATCHTOWER_NO_PULL": "true"}
    assert resolve({}, pulls)["monitor_only"] is True
    left_out = {"WATCHTOWER_DISABLE_CONTAINERS": "db", "WATCHTOWER_DISABLE_CONTAINERS_BY_LABEL": "a=b"}
    assert str(resolve({}, left_out)["exclude"]) == "db,label:a=b"


def test_an_interval_and_a_schedule_contradict_each_other() -> None:
    with pytest.raises(InvalidSetting, match="only one of the two"):
        resolve({}, {"WATCHTOWER_POLL_INTERVAL": "300", "WATCHTOWER_SCHEDULE": "@daily"})


@pytest.mark.parametrize(
    ("environment", "flags", "expected", "said"),
    [
        ({}, {}, False, None),
        (CLEANUP, {}, True, "all containers are considered"),
        ({"WATCHTOWER_NOTIFICATIONS": "email"}, {}, True, "all containers are considered"),
        ({**CLEANUP, "UPDATER_ALL": "false"}, {}, False, None),
        (CLEANUP, {"all": False}, False, None),
        ({"WATCHTOWER_LABEL_ENABLE": "true"}, {}, False, None),
        ({"WATCHTOWER_LABEL_ENABLE": "false"}, {}, True, None),
        ({"WATCHTOWER_CLEANUP": ""}, {}, False, None),
        ({"WATCHTOWER_PORT_8080_TCP": "tcp://10.0.0.1:8080"}, {}, False, None),
        ({"REPO_USER": "me", "REPO_PASS": "x", "TZ": "UTC", "DOCKER_HOST": "unix:///x"}, {}, False, None),
        ({**CLEANUP, "WATCHTOWER_SKIP_IMAGE_NAMES": "postgres:.*"}, {}, False, "have to be opted in"),
        ({"WATCHTOWER_MONITOR_IMAGE_NAMES": "nginx:.*", "WATCHTOWER_LABEL_ENABLE": "false"}, {}, False, "opted in"),
        ({"WATCHTOWER_NO_RESTART": "true"}, {}, False, "have to be opted in"),
        ({"WATCHTOWER_NO_RESTART": "false"}, {}, True, "all containers are considered"),
        ({"WATCHTOWER_HTTP_API_UPDATE": "true"}, {}, False, "have to be opted in"),
        ({"WATCHTOWER_HTTP_API_ENDPOINTS": "metrics"}, {}, True, "all containers are considered"),
        ({"WATCHTOWER_HTTP_API_ENDPOINTS": "metrics,update"}, {}, False, "have to be opted in"),
        ({"WATCHTOWER_HTTP_API_UPDATE": "1", "WATCHTOWER_HTTP_API_PERIODIC_POLLS": "1"}, {}, True, "are considered"),
        ({"WATCHTOWER_SKIP_IMAGE_NAMES": "x", "UPDATER_ALL": "true"}, {}, True, None),
    ],
)
def test_whose_default_applies(
    environment: dict[str, str], flags: dict[str, bool], expected: bool, said: str | None
) -> None:
    settings = resolve(flags, environment)
    assert settings["all"] is expected
    lines = told(settings, "opted in")
    assert len(lines) == (said is not None)
    assert said is None or said in lines[0]


def test_the_config_file_may_say_that_containers_have_to_be_opted_in(tmp_path: Path) -> None:
    config = tmp_path / "updater.yml"
    config.write_text("all: false\n")
    assert resolve({"config": str(config)}, CLEANUP)["all"] is False


def test_unknown_ones_are_one_line_without_their_value() -> None:
    settings = resolve({}, {"WATCHTOWER_PASSWRD": "hush"})
    assert settings.warnings == (
        "WATCHTOWER_PASSWRD is no variable of Watchtower's that is known here; it changes nothing.",
    )


LOGIN = {"REPO_USER": "me", "REPO_PASS": "hush"}


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        (LOGIN, []),
        ({**LOGIN, **CLEANUP}, [("docker.io", "me", "hush")]),
        ({**LOGIN, "UPDATER_REGISTRY": "r.example"}, [("r.example", "me", "hush")]),
        ({**CLEANUP, "REPO_USER": "me"}, []),
        (
            {**LOGIN, **CLEANUP, "UPDATER_REGISTRY_USERNAME": "you", "UPDATER_REGISTRY_PASSWORD": "x"},
            [("docker.io", "you", "x")],
        ),
    ],
)
def test_the_login_is_for_one_registry(environment: dict[str, str], expected: list[tuple[str, str, str]]) -> None:
    settings = resolve({}, environment)
    assert [(entry.host, entry.username, entry.password) for entry in settings.registries] == expected
    assert not told(settings, "hush")
    assert bool(told(settings, "REPO_USER and REPO_PASS are understood")) == (bool(expected) and expected[0][1] == "me")


@pytest.mark.parametrize(
    ("labels", "from_image", "nobody_said_all", "expected"),
    [
        ({"com.centurylinklabs.watchtower": "true"}, {}, True, True),
        ({"com.centurylinklabs.watchtower": "true"}, {}, False, False),
        ({"com.centurylinklabs.watchtower": "false"}, {}, True, False),
        ({"com.centurylinklabs.watchtower": "?"}, {}, True, False),
        ({"com.centurylinklabs.watchtower.enable": "true"}, {}, True, False),
        ({"com.centurylinklabs.watchtower": "true"}, {"com.centurylinklabs.watchtower": "true"}, True, False),
        ({}, {}, True, False),
    ],
)
def test_the_label_by_which_watchtower_knows_itself(
    tmp_path: Path, labels: dict[str, str], from_image: dict[str, str], nobody_said_all: bool, expected: bool
) -> None:
    own = container(labels=labels, image=image(labels=from_image))
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/hostname").write_text(own.id[:12])
    request = Request(nobody_said_all=nobody_said_all)
    assert (
        in_own_container(request, [own], lambda _: None, tmp_path).all is False
    )  # nothing says that it runs in a container
    (tmp_path / ".dockerenv").touch()
    found = in_own_container(request, [own], lambda _: None, tmp_path)
    assert (found.own_id, found.all) == (own.id, expected)
