"""What does a test need besides its own file: a clean environment and, where it asks for one, a real engine."""

from __future__ import annotations

import itertools
import os
from typing import TYPE_CHECKING

import pytest

from rig import Rig, open_rig
from rig.host import Host

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_NUMBERS = itertools.count(1)

SURPRISES = ("UPDATER_", "DOCKER_", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting, login or certificate bundle of the machine decides about a test."""
    for name in list(os.environ):
        if name.upper().startswith(SURPRISES):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """One engine and one registry for the whole run, started by the first test that asks.

    A machine that cannot start them fails the tests: a skipped engine test would look like a passed one.
    """
    with pytest.MonkeyPatch.context() as patch:
        # The SDK reads logins from this folder whenever a client is made.
        patch.setenv("DOCKER_CONFIG", str(tmp_path_factory.mktemp("no-logins")))
        with open_rig() as opened:
            yield opened


@pytest.fixture
def prefix() -> str:
    """A name no other test uses. The `t` keeps it from turning up in the middle of a digest."""
    return f"t{next(_NUMBERS):04x}"


@pytest.fixture
def host(rig: Rig, prefix: str, tmp_path: Path) -> Iterator[Host]:
    """A machine of the test's own. The test runs in the rig's network: registry and ports are on 127.0.0.1."""
    rig.registry.recording.clear()
    with rig.network(), Host(rig, prefix, tmp_path) as machine:
        yield machine
