"""Through a proxy that lets only the documented calls pass (docs/security.md), everything works as without it.

The tests that are imported run here once more, with a `host` whose updater reaches the engine through that proxy.
`make rights` runs the whole suites of check, update, rollback and hooks that way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rig import ImageSpec, commands
from rig.host import Host
from rig.least_rights import FORBIDDEN, LeastRightsSocket, with_least_rights
from tests.engine.contract import checked, ran
from tests.engine.test_check import (
    fleet,
    test_every_kind_has_its_own_answer,
    test_ids_are_names_too,
    test_the_table_names_every_reason,
)
from tests.engine.test_hooks import test_both_run_each_in_its_container_and_are_told_what_happens
from tests.engine.test_rollback import test_cannot_be_started
from tests.engine.test_update import (
    test_a_paused_container_ends_paused,
    test_what_the_user_set_stays_and_what_the_image_gave_follows,
)
from updater.engine.rights import CALLS, Use, call_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rig import Rig

__all__ = [
    "fleet",
    "test_a_paused_container_ends_paused",
    "test_both_run_each_in_its_container_and_are_told_what_happens",
    "test_cannot_be_started",
    "test_every_kind_has_its_own_answer",
    "test_ids_are_names_too",
    "test_the_table_names_every_reason",
    "test_what_the_user_set_stays_and_what_the_image_gave_follows",
]

ON = {"updater.enable": "true"}
CHECK_ONLY = {test_every_kind_has_its_own_answer, test_ids_are_names_too, test_the_table_names_every_reason}
WITH_HOOKS = {test_both_run_each_in_its_container_and_are_told_what_happens}
ONE_NETWORK_AT_CREATION = (1, 44)  # the first API version that takes several


@pytest.fixture
def host(
    rig: Rig, prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[Host]:
    """As everywhere, but for the updater's way to the engine."""
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "no-logins"))
    rig.registry.recording.clear()
    uses = [] if request.function in CHECK_ONLY else [Use.UPDATE]
    uses += [Use.HOOKS] if request.function in WITH_HOOKS else []
    with rig.network(), with_least_rights(rig, uses) as restricted, Host(restricted, prefix, tmp_path) as machine:
        yield machine


@pytest.fixture
def free(rig: Rig, prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    """Without a proxy, for a test that brings its own."""
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "no-logins"))
    with rig.network(), Host(rig, prefix, tmp_path) as machine:
        yield machine


def test_no_documented_call_is_superfluous(free: Host) -> None:
    """Everything that an update can have to do, and each row of the list is used."""
    one, two = free.create_network("one"), free.create_network("two")
    project = {"com.docker.compose.project": free.prefix}
    own = {"updater.hook.pre-update": "true", "updater.stop-signal": "TERM"}
    names = ("web", "off", "frozen", "bad", "hosted")
    for name in names:
        free.push(f"{name}:latest", ImageSpec(marker="1"))
    free.run_container(
        "web",
        "web:latest",
        labels=ON | own | project | {"com.docker.compose.service": "web"},
        networks={one: {}, two: {}},
        host_config={"RestartPolicy": {"Name": "always"}},
    )
    after = {"com.docker.compose.service": "after", "com.docker.compose.depends_on": "web:service_started:true"}
    free.run_container("after", "web:latest", labels=project | after)
    free.run_container("off", "off:latest", labels=ON, networks={one: {}})
    free.client.disconnect_container_from_network(free.name("off"), one)
    free.run_container("frozen", "frozen:latest", labels=ON)
    free.client.pause(free.name("frozen"))
    free.run_container("bad", "bad:latest", labels=ON)
    free.run_container("hosted", "hosted:latest", labels=ON, host_config={"NetworkMode": "host"})
    with LeastRightsSocket(free.rig.engine.socket, free.directory / "proxy.sock", Use) as proxy:
        for marker in ("2", "3"):
            for name in names:
                command = commands.EXIT_AT_ONCE if name == "bad" else commands.SERVE
                free.push(f"{name}:latest", ImageSpec(marker=marker, command=command))
            how = ("--grace-period", "1s", "--parallel-updates", "4", "--cleanup", "-o", "json")
            result = free.updater("run", *how, docker_host=proxy.host)
            outcomes = {name: result["outcome"] for name, result in ran(result.json).items()}
            assert outcomes.pop(free.name("bad")) == "rolled-back"
            assert outcomes.pop(free.name("after")) == "current"
            assert set(outcomes.values()) == {"updated"}, result.stderr
        assert proxy.denied == []
        used = {call_of(request.method, request.path) for request in proxy.recording.requests}
    expected = set(CALLS)
    version = tuple(map(int, free.client.version()["ApiVersion"].split(".")))
    if version >= ONE_NETWORK_AT_CREATION:
        expected = {call for call in CALLS if not call.path.startswith("/networks/")}
    assert used == expected


def test_a_denied_call_names_the_flags(free: Host) -> None:
    free.push("web:latest", ImageSpec(marker="1"))
    old_id = free.run_container("web", "web:latest", labels=ON)
    free.push("web:latest", ImageSpec(marker="2"))
    with LeastRightsSocket(free.rig.engine.socket, free.directory / "proxy.sock", []) as proxy:
        look = free.updater("check", "-o", "json", docker_host=proxy.host)
        assert checked(look.json)[free.name("web")]["decision"] == "update"
        result = free.updater("run", "-o", "json", docker_host=proxy.host)
    (outcome,) = ran(result.json).values()
    assert outcome["outcome"] == "failed"
    assert "a socket proxy lets POST /images/{id}/tag pass with IMAGES=1 POST=1" in outcome["reason"]["message"]
    assert free.container_names() == [free.name("web")]
    assert free.inspect("web")["Id"] == old_id


def test_nothing_at_all_is_allowed(free: Host) -> None:
    with LeastRightsSocket(free.rig.engine.socket, free.directory / "proxy.sock", []) as proxy:
        proxy.recording.before = lambda request: FORBIDDEN
        result = free.updater("check", docker_host=proxy.host)
    assert result.exit_code == 3
    assert "a socket proxy lets GET /version pass with VERSION=1" in result.stderr
    assert "Traceback" not in result.stderr
