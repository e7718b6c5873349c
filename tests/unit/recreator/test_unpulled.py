"""A published configuration is read as the engine will read it, or refused where no engine can."""

from __future__ import annotations

from typing import Any

import pytest

from updater.recreator.blueprint import as_inspected

Json = dict[str, Any]


def read(config: Json, api: str = "1.44") -> Json:
    return dict(as_inspected("sha256:1", config, api)["Config"])


def test_it_is_an_inspect() -> None:
    assert as_inspected("sha256:1", {"User": "1"}, "1.41") == {"Id": "sha256:1", "Config": {"User": "1"}}


@pytest.mark.parametrize(
    ("config", "api", "expected"),
    [
        ({"Healthcheck": {"Test": ["CMD", "x"], "StartInterval": 5}}, "1.43", {"Healthcheck": {"Test": ["CMD", "x"]}}),
        ({"Healthcheck": {"StartInterval": 5}}, "1.44", {"Healthcheck": {"StartInterval": 5}}),
        ({"Cmd": "one", "Entrypoint": "two"}, "1.44", {"Cmd": ["one"], "Entrypoint": ["two"]}),
        (
            {"Env": None, "Labels": None, "Healthcheck": None},
            "1.41",
            {"Env": None, "Labels": None, "Healthcheck": None},
        ),
        (
            {"Labels": {"\ud800": "\udfff"}, "Env": ["A=\ud83d"]},
            "1.44",
            {"Labels": {"\ufffd": "\ufffd"}, "Env": ["A=\ufffd"]},
        ),
        ({"Invented2030": 1.5}, "1.44", {"Invented2030": 1.5}),
        (
            {"Healthcheck": {"Invented2030": "x", "Timeout": None, "Retries": 2}},
            "1.44",
            {"Healthcheck": {"Retries": 2}},
        ),
        (
            {"ExposedPorts": {"80/tcp": None}, "Volumes": {"/v": {}}},
            "1.44",
            {"ExposedPorts": {"80/tcp": {}}, "Volumes": {"/v": {}}},
        ),
        ({"Labels": {"a": None}}, "1.44", {"Labels": {"a": ""}}),
    ],
)
def test_as_the_engine_reads_it(config: Json, api: str, expected: Json) -> None:
    assert read(config, api) == expected


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("Env", "A=1"),
        ("Env", [1]),
        ("Cmd", [None]),
        ("User", 0),
        ("Labels", {"a": 1}),
        ("Labels", ["a=1"]),
        ("ExposedPorts", ["80/tcp"]),
        ("Volumes", "/data"),
        ("Healthcheck", []),
        ("Healthcheck", {"Test": "true"}),
        ("Healthcheck", {"Interval": "5s"}),
        ("Healthcheck", {"Retries": True}),
        ("Healthcheck", {"Interval": 2**63}),
    ],
)
def test_what_no_engine_reads_is_named(field: str, value: Any) -> None:
    with pytest.raises(ValueError, match=f"^{field}$"):
        read({field: value})
