"""Whose hooks run where several containers are updated together, and whom does one hold up?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rig import ImageSpec
from tests.engine.contract import ran
from tests.engine.hooked import ON, POST, PRE, QUICK
from updater.engine.rights import Use

if TYPE_CHECKING:
    from rig.host import Host

pytestmark = pytest.mark.least_rights(Use.UPDATE, Use.HOOKS)


def start_pair(host: Host, hooks: dict[str, str]) -> dict[str, str]:
    """`web`, opted in, and `side`, which lives in its network and has these hooks."""
    host.push("web:latest", ImageSpec(marker="1"))
    host.push("side:latest", ImageSpec(marker="side"))
    web = host.run_container("web", "web:latest", labels=ON | {PRE: "echo web", POST: "echo web"})
    side = host.run_container("side", "side:latest", labels=hooks, host_config={"NetworkMode": f"container:{web}"})
    host.push("web:latest", ImageSpec(marker="2"))
    return {"web": web, "side": side}


@pytest.mark.parametrize(
    ("hooks", "notes"),
    [
        ({}, []),
        (
            {PRE: "echo side", POST: "echo $UPDATER_CONTAINER"},
            ["Its hook before the update wrote:\nside", "Its hook after the update wrote:\nNAME"],
        ),
    ],
    ids=["none of its own", "its own"],
)
def test_a_companion_runs_its_own(host: Host, hooks: dict[str, str], notes: list[str]) -> None:
    start_pair(host, hooks)
    results = ran(host.updater("run", *QUICK).json)
    assert {one["outcome"] for one in results.values()} == {"updated"}
    assert len(results[host.name("web")]["notes"]) == 2
    assert results[host.name("side")]["notes"] == [note.replace("NAME", host.name("side")) for note in notes]


@pytest.mark.parametrize(
    ("code", "expected"), [(75, ("skipped", "hook-postponed")), (1, ("failed", "dependency-failed"))]
)
def test_a_companion_holds_all_of_them_up(host: Host, code: int, expected: tuple[str, str]) -> None:
    ids = start_pair(host, {PRE: f"echo one; echo two; exit {code}"})
    result = host.updater("run", *QUICK)
    outcome = ran(result.json)[host.name("web")]
    assert (outcome["outcome"], outcome["reason"]["code"]) == expected
    assert host.name("side") in outcome["reason"]["message"]
    assert f"{host.name('side')}: Its hook before the update wrote:\none\ntwo" in outcome["notes"]
    assert {short: host.inspect(short)["Id"] for short in ids} == ids
    assert len(host.container_names()) == 2
