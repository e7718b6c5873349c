"""What does a test need besides its own file: a clean environment and, where it asks for one, a real engine."""

from __future__ import annotations

import itertools
import json
import os
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings

from rig import Rig, open_rig
from rig.host import Host
from rig.least_rights import with_least_rights
from rig.updater_image import UpdaterImage, build_updater_image, fetch_wheels

if TYPE_CHECKING:
    from collections.abc import Iterator

# The same examples each time: a run that fails fails again. `HYPOTHESIS_PROFILE=explore` looks for other ones.
# How long an example takes says how busy the machine is, and nothing of the program.
UNTIMED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("repeatable", UNTIMED, derandomize=True)
settings.register_profile("explore", UNTIMED, max_examples=2_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))

_NUMBERS = itertools.count(1)

SURPRISES = (
    "UPDATER_",
    "WATCHTOWER_",
    "REPO_",
    "DOCKER_",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
)


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting, login or certificate bundle of the machine decides about a test."""
    for name in list(os.environ):
        if name.upper().startswith(SURPRISES):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def rig() -> Iterator[Rig]:
    """One engine and one registry for the whole run, started by the first test that asks.

    A machine that cannot start them fails the tests: a skipped engine test would look like a passed one.
    """
    with open_rig(**_other_engine()) as opened:
        yield opened


def _other_engine() -> dict[str, Any]:
    """The suite can run against another engine, and with another image store, than the machine's default."""
    binaries = os.environ.get("RIG_BINARIES")
    config = os.environ.get("RIG_DAEMON_JSON", "{}")
    return {"binaries": Path(binaries) if binaries else None, "config": json.loads(config)}


@pytest.fixture(scope="session")
def updater_image(rig: Rig) -> UpdaterImage:
    """The image that the project ships, built from its Dockerfile once for the whole run."""
    client = rig.engine.client(timeout=300)
    return build_updater_image(client, fetch_wheels())


@pytest.fixture
def prefix() -> str:
    """A name no other test uses. The `t` keeps it from turning up in the middle of a digest."""
    return f"t{next(_NUMBERS):04x}"


@pytest.fixture
def host(
    rig: Rig, prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[Host]:
    """A machine of the test's own. The test runs in the rig's network: registry and ports are on 127.0.0.1.

    Marked with `least_rights`, the updater reaches the engine through a proxy that lets only the documented calls pass.
    """
    # The SDK reads logins from this folder whenever a client is made.
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "no-logins"))
    rig.registry.recording.clear()
    marker = request.node.get_closest_marker("least_rights")
    entered = with_least_rights(rig, marker.args) if marker is not None else nullcontext(rig)
    with rig.network(), entered as reached, Host(reached, prefix, tmp_path) as machine:
        yield machine
