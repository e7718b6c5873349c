"""The login at one registry that the environment gives: read, merged into the file's, and shown to nobody else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.unit.registry.helper_programs import Helpers
from updater.configuration import resolve
from updater.errors import InvalidSetting
from updater.model.reference import parse_reference
from updater.registry.access import RegistryAccess
from updater.registry.credentials import Credentials
from updater.wiring import credentials_for_pulls, known_credentials

if TYPE_CHECKING:
    from pathlib import Path

CANARY = "canary-password"
LOGIN = {"UPDATER_REGISTRY_USERNAME": "me", "UPDATER_REGISTRY_PASSWORD": CANARY}


@pytest.mark.parametrize(
    "host", ["registry.example", "registry.example:5000", "localhost:5000", "[::1]:5000", "docker.io"]
)
def test_for_the_registry_that_is_named(host: str) -> None:
    settings = resolve({}, {**LOGIN, "UPDATER_REGISTRY": host})
    assert settings.registries == (RegistryAccess(host, "me", CANARY),)
    assert CANARY not in repr(settings)


def test_for_docker_hub_where_none_is_named() -> None:
    assert resolve({}, LOGIN).registries == (RegistryAccess("docker.io", "me", CANARY),)
    assert resolve({}, {}).registries == ()


def test_from_files(tmp_path: Path) -> None:
    texts = {
        "UPDATER_REGISTRY": "r.example\n",
        "UPDATER_REGISTRY_USERNAME": "me\n",
        "UPDATER_REGISTRY_PASSWORD": CANARY,
    }
    environment = {}
    for variable, text in texts.items():
        (tmp_path / variable).write_text(text)
        environment[f"{variable}_FILE"] = str(tmp_path / variable)
    assert resolve({}, environment).registries == (RegistryAccess("r.example", "me", CANARY),)


def test_the_rest_of_the_file_s_entry_stays(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("")
    config = tmp_path / "updater.yml"
    config.write_text(
        "registries:\n"
        f"  r.example: {{username: old, password: old, ca_file: {tmp_path}/ca.pem, token_host: auth.test}}\n"
        "  lab.example: {insecure: true}\n"
    )
    settings = resolve({"config": str(config)}, {**LOGIN, "UPDATER_REGISTRY": "r.example"})
    assert sorted(settings.registries, key=lambda entry: entry.host) == [
        RegistryAccess("lab.example", insecure=True),
        RegistryAccess("r.example", "me", CANARY, tmp_path / "ca.pem", token_host="auth.test"),
    ]
    other = resolve({"config": str(config)}, {**LOGIN, "UPDATER_REGISTRY": "r.example:5000"})
    assert [(entry.host, entry.username) for entry in other.registries] == [
        ("r.example", "old"),
        ("lab.example", None),
        ("r.example:5000", "me"),
    ]


@pytest.mark.parametrize(
    ("environment", "must_name"),
    [
        ({"UPDATER_REGISTRY": "r.example"}, ["UPDATER_REGISTRY_PASSWORD", "both"]),
        ({"UPDATER_REGISTRY_USERNAME": "me"}, ["UPDATER_REGISTRY_PASSWORD", "together"]),
        ({"UPDATER_REGISTRY_PASSWORD": CANARY}, ["UPDATER_REGISTRY_USERNAME", "together"]),
        ({**LOGIN, "UPDATER_REGISTRY_USERNAME": ""}, ["UPDATER_REGISTRY_USERNAME", "empty"]),
        ({**LOGIN, "UPDATER_REGISTRY_PASSWORD": ""}, ["UPDATER_REGISTRY_PASSWORD", "empty"]),
        ({**LOGIN, "UPDATER_REGISTRY": ""}, ["UPDATER_REGISTRY", "before the first slash"]),
        ({**LOGIN, "UPDATER_REGISTRY": "https://r.example"}, ["UPDATER_REGISTRY", "before the first slash"]),
        ({**LOGIN, "UPDATER_REGISTRY": f"https://me:{CANARY}@r.example/"}, ["UPDATER_REGISTRY"]),
        ({**LOGIN, "UPDATER_REGISTRY": "team"}, ["UPDATER_REGISTRY", "before the first slash"]),
        ({**LOGIN, "UPDATER_REGISTRY_PASSWORD": CANARY + "\udcff"}, ["docker.io", "UTF-8"]),
        (
            {**LOGIN, "UPDATER_REGISTRY_PASSWORD_FILE": "/does/not/exist"},
            ["UPDATER_REGISTRY_PASSWORD_FILE", "/does/not/exist"],
        ),
        ({**LOGIN, "UPDATER_REGISTRY_PASSWORD_FILE": "/dev/null"}, ["UPDATER_REGISTRY_PASSWORD_FILE", "only one"]),
        ({**LOGIN, "UPDATER_REGISTRY_USER": "me"}, ["UPDATER_REGISTRY_USER", "did you mean registry_username?"]),
        ({"UPDATER_REGISTRIES": "{}"}, ["UPDATER_REGISTRIES", "registry_username"]),
    ],
)
def test_logins_that_make_no_sense(environment: dict[str, str], must_name: list[str]) -> None:
    with pytest.raises(InvalidSetting) as caught:
        resolve({}, environment)
    for part in must_name:
        assert part in str(caught.value)
    assert CANARY not in str(caught.value)
    assert str(caught.value).isprintable()


def test_half_a_character_in_the_file(tmp_path: Path) -> None:
    config = tmp_path / "updater.yml"
    config.write_text(f'registries: {{r.example: {{username: me, password: "{CANARY}\\uD800"}}}}\n')
    with pytest.raises(InvalidSetting, match=r"r\.example") as caught:
        resolve({"config": str(config)}, {})
    assert CANARY not in str(caught.value)


@pytest.mark.parametrize("text", ["registry: r.example\n", "registry_password: x\n"])
def test_it_is_no_key_of_the_file(tmp_path: Path, text: str) -> None:
    config = tmp_path / "updater.yml"
    config.write_text(text)
    with pytest.raises(InvalidSetting, match="is not a setting"):
        resolve({"config": str(config)}, {})


def test_who_is_asked_for_what_and_who_sees_the_environment_s_password(tmp_path: Path) -> None:
    helpers = Helpers(tmp_path / "bin")
    helpers.writes(
        "env", """echo "{\\"Username\\": \\"$OTHER\\", \\"Secret\\": \\"$(env | grep -c UPDATER_REG)\\"}" """
    )
    (tmp_path / "config.json").write_text(json.dumps({"credsStore": "env"}))
    environment = {**helpers.environment, **LOGIN, "OTHER": "passed on", "DOCKER_CONFIG": str(tmp_path)}
    environment |= {"UPDATER_REGISTRY": "r.example", "UPDATER_REGISTRY_PASSWORD_FILE": "/run/secrets/x"}
    source = known_credentials({"r.example": RegistryAccess("r.example", "me", CANARY)}, environment)
    assert source("r.example") == Credentials("me", CANARY)
    assert source("other.example") == Credentials("passed on", "0")
    assert helpers.asked() == ["other.example"]


def test_a_pull_goes_without_where_a_helper_is_broken(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"credsStore": "missing"}))
    access = {"r.example": RegistryAccess("r.example", "me", CANARY)}
    find = credentials_for_pulls(known_credentials(access, {"DOCKER_CONFIG": str(tmp_path)}))
    assert find(parse_reference("other.example/a")) == {}
    assert find(parse_reference("r.example/a")) == {"username": "me", "password": CANARY, "serveraddress": "r.example"}
