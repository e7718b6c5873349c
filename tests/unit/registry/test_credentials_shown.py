"""Does what a credential helper keeps reach the registry it is for, and nobody else? Real programs, real servers."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

import pytest

from rig.fake_registry import Bearer, FakeRegistry, basic_header
from tests.unit.registry.conftest import at
from tests.unit.registry.helper_programs import CANARY, Helpers
from updater.errors import RegistryDenied
from updater.registry.docker_config import docker_config

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from updater.registry.client import RegistryClient
    from updater.registry.credentials import CredentialSource


def private() -> Bearer:
    return Bearer({"user": CANARY}, anonymous=False)


@pytest.fixture
def helpers(tmp_path: Path) -> Helpers:
    return Helpers(tmp_path / "bin")


def source_of(helpers: Helpers, config: dict[str, Any]) -> CredentialSource:
    path = helpers.folder / "config.json"
    path.write_text(json.dumps(config))
    return docker_config(path, helpers.environment)


def test_a_helper_opens_a_private_registry(
    helpers: Helpers, new_client: Callable[..., RegistryClient], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with FakeRegistry(bearer=private()) as registry:
        digest = registry.push("app", "1")
        helpers.answers("good", "user", CANARY, only_for=registry.host)
        client = new_client(source_of(helpers, {"credHelpers": {registry.host: "good"}}))
        assert client.published(at(registry, "app:1")).digest == digest
        assert basic_header("user", CANARY) in registry.authorizations
        assert helpers.asked() == [registry.host]
    assert CANARY not in caplog.text


def test_no_other_registry_sees_it(helpers: Helpers, new_client: Callable[..., RegistryClient]) -> None:
    with FakeRegistry(bearer=private()) as registry, FakeRegistry(bearer=private()) as other:
        other.push("app", "1")
        helpers.answers("good", "user", CANARY, only_for=registry.host)
        client = new_client(source_of(helpers, {"credsStore": "good"}))
        with pytest.raises(RegistryDenied, match="none were found"):
            client.published(at(other, "app:1"))
        assert not any(header.startswith("Basic") for header in other.authorizations)
        assert helpers.asked() == [other.host]


def test_a_broken_helper_does_not_stand_before_a_public_image(
    helpers: Helpers, new_client: Callable[..., RegistryClient]
) -> None:
    with FakeRegistry(bearer=Bearer()) as registry:
        digest = registry.push("app", "1")
        client = new_client(source_of(helpers, {"credsStore": "missing"}))
        assert client.published(at(registry, "app:1")).digest == digest


@pytest.mark.parametrize("script", [None, f"echo {CANARY}; echo {CANARY} >&2; exit 3", f"echo {CANARY}"])
def test_a_broken_helper_is_named_where_credentials_are_wanted(
    helpers: Helpers, new_client: Callable[..., RegistryClient], script: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    if script is not None:
        helpers.writes("broken", script)
    with FakeRegistry(bearer=private()) as registry:
        registry.push("app", "1")
        client = new_client(source_of(helpers, {"credsStore": "broken"}))
        with pytest.raises(RegistryDenied, match="docker-credential-broken") as caught:
            client.published(at(registry, "app:1"))
        assert CANARY not in str(caught.value) + caplog.text
        assert CANARY not in repr(registry.seen)
