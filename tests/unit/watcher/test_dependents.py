"""Who needs whom? By inspections where there are some, else by what the list shows."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.given import container
from updater.model.container import ContainerSnapshot, ContainerState
from updater.watcher.dependents import dependents_of, ids_around


def one(name: str, *needs: str, **changes: Any) -> ContainerSnapshot:
    return container(id=name[0] * 64, name=name, needs=frozenset(needs), **changes)


VPN = one("vpn")
APP = one("app", "v" * 64)
BOT = one("bot", "app")
WEB = one("web")


def names(provider: ContainerSnapshot, fleet: list[ContainerSnapshot], inspected: dict[str, Any]) -> list[str]:
    return [dependent.name for dependent in dependents_of(provider, fleet, inspected)]


def test_by_the_list_alone() -> None:
    fleet = [BOT, APP, VPN, WEB]
    assert names(VPN, fleet, {}) == ["app", "bot"]
    assert names(WEB, fleet, {}) == []
    assert ids_around(VPN, fleet) == {"v" * 64, "a" * 64, "b" * 64}
    assert ids_around(WEB, fleet) == {"w" * 64}


def test_an_inspection_knows_more_than_the_list() -> None:
    shown = {WEB.id: {"HostConfig": {"PidMode": f"container:{VPN.id}", "AutoRemove": True}, "Config": {"Image": "web"}}}
    (dependent,) = dependents_of(VPN, [VPN, WEB], shown)
    assert (dependent.name, dependent.on, dependent.auto_remove) == ("web", "vpn", True)
    # What it shows counts, and not the list any more.
    assert names(VPN, [VPN, APP], {APP.id: {"HostConfig": {"NetworkMode": "bridge"}}}) == []


@pytest.mark.parametrize("state", [ContainerState.DEAD, ContainerState.REMOVING])
def test_who_is_beyond_help_needs_nobody(state: ContainerState) -> None:
    assert names(VPN, [VPN, one("app", VPN.id, state=state)], {}) == []


def test_a_circle_has_an_end() -> None:
    ring = [one("a1", "c" * 64), one("b1", "a" * 64), one("c1", "b" * 64)]
    assert set(names(ring[0], ring, {})) == {"b1", "c1"}
