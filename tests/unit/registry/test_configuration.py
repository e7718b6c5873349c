"""Is the moment an image claims to be made at read, and nonsense told from it?"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as some

from updater.errors import RegistryAnswerInvalid
from updater.model.platform import Platform
from updater.registry.configuration import parse_configuration, parse_moment

NOON = datetime(2024, 2, 29, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-02-29T12:00:00Z", NOON),
        ("2024-02-29t12:00:00z", NOON),
        ("2024-02-29 12:00:00Z", NOON),
        ("2024-02-29T13:00:00+01:00", NOON),
        ("2024-02-29T12:00:00-00:00", NOON),
        ("2024-02-29T12:00:00.5Z", NOON + timedelta(milliseconds=500)),
        ("2024-02-29T12:00:00.123456789Z", NOON + timedelta(microseconds=123456)),
        ("1970-01-01T00:00:00Z", datetime(1970, 1, 1, tzinfo=UTC)),
        ("0001-01-01T00:00:00Z", None),
        ("0001-01-01T00:00:00+05:00", None),
        ("2023-02-29T12:00:00Z", None),
        ("2024-02-29T12:00:00", None),
        ("2024-02-29", None),
        ("2024-W09-4T12:00:00Z", None),
        ("2024-02-29T12:00:60Z", None),
        ("2024-02-29T12:00:00+99:99", None),
        ("9999-12-31T23:59:59-23:59", None),
        ("٢٠٢٤-02-29T12:00:00Z", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_moments(text: str, expected: datetime | None) -> None:
    assert parse_moment(text) == expected


_zones = some.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(some.datetimes(min_value=datetime(2, 1, 2), max_value=datetime(9999, 12, 30)), _zones)
def test_every_moment_is_read_back(moment: datetime, zone: timezone) -> None:
    assert parse_moment(moment.replace(tzinfo=zone).isoformat()) == moment.replace(tzinfo=zone)


@given(some.text())
def test_nothing_is_raised(text: str) -> None:
    parse_moment(text)


def test_a_configuration() -> None:
    content = {"os": "linux", "architecture": "arm", "variant": "v7", "created": "2024-02-29T12:00:00Z"}
    found = parse_configuration(json.dumps(content).encode())
    assert (found.platform, found.created, found.config) == (Platform("linux", "arm", "v7"), NOON, {})


def test_the_defaults_of_containers_are_kept_as_they_stand() -> None:
    defaults = {"Env": ["A=1"], "Labels": None, "Invented2030": [1.5]}
    assert parse_configuration(json.dumps({"config": defaults}).encode()).config == defaults
    assert parse_configuration(b'{"config": null}').config == {}


@pytest.mark.parametrize("content", [{}, {"os": "linux"}, {"os": "", "architecture": "arm"}, {"os": 1, "created": 5}])
def test_what_is_no_image(content: object) -> None:
    found = parse_configuration(json.dumps(content).encode())
    assert (found.platform, found.created) == (None, None)


def test_what_is_no_json() -> None:
    with pytest.raises(RegistryAnswerInvalid, match="configuration"):
        parse_configuration(b"apiVersion: v2")


@pytest.mark.parametrize("config", [{"Labels": ["updater.enable"]}, {"Labels": 5}, {"Env": 5}, {"Env": "PG_MAJOR=1"}])
def test_what_no_engine_could_read_is_refused_here(config: object) -> None:
    """Whoever compares labels or versions later on must not fall over one image and take all the others along."""
    with pytest.raises(RegistryAnswerInvalid, match="malformed"):
        parse_configuration(json.dumps({"os": "linux", "architecture": "amd64", "config": config}).encode())


def test_nothing_given_is_nothing_odd() -> None:
    found = parse_configuration(b'{"os": "linux", "architecture": "amd64", "config": {"Labels": null, "Env": null}}')
    assert found.config == {"Labels": None, "Env": None}
