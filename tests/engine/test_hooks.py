"""When does a hook run, as whom, and what is it told? And where is none run?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rig import ImageSpec
from tests.engine.hooked import ON, POST, PRE, QUICK, start, steps
from updater.engine.rights import Use

if TYPE_CHECKING:
    from rig.host import Host

pytestmark = pytest.mark.least_rights(Use.UPDATE, Use.HOOKS)


def test_both_run_each_in_its_container_and_are_told_what_happens(host: Host) -> None:
    line = 'echo "$(cat /etc/marker) $UPDATER_CONTAINER $UPDATER_IMAGE $UPDATER_OLD_DIGEST $UPDATER_NEW_DIGEST $MINE"'
    web = start(host, {PRE: line, POST: line + "; echo more >&2"}, Env=["MINE=yes"])
    outcome = web.update()
    assert (outcome["outcome"], outcome["exit_code"]) == ("updated", 0)
    told = (
        f"{host.name('web')} {host.reference('web:latest')} {outcome['from']['digest']} {outcome['to']['digest']} yes"
    )
    assert outcome["notes"] == [
        f"Its hook before the update wrote:\n1 {told}",
        f"Its hook after the update wrote:\n2 {told}\nmore",
    ]
    order = steps(outcome)
    assert order.index("compare") < order.index("pre-update") < order.index("confirm") < order.index("mark")
    assert order.index("verify") < order.index("post-update") < order.index("commit")
    (entry,) = host.updater("history", "-o", "json").json["entries"]
    assert entry["notes"] == outcome["notes"]


def test_without_hooks_there_are_no_such_steps(host: Host) -> None:
    outcome = start(host, {}).update()
    assert outcome["outcome"] == "updated"
    assert not {"pre-update", "post-update"} & set(steps(outcome))


def test_as_the_containers_own_user(host: Host) -> None:
    web = start(host, {PRE: "id -u", POST: "id -u"}, User="1000:1000")
    assert [note.rpartition("\n")[2] for note in web.update()["notes"]] == ["1000", "1000"]


def test_a_hook_from_the_config_file(host: Host) -> None:
    web = start(host, {})
    config = host.directory / "updater.yml"
    config.write_text(f"containers:\n  {host.name('web')}:\n    hook_pre_update: 'exit 75'\n")
    assert web.update("run", "--config", str(config))["reason"]["code"] == "hook-postponed"


def test_an_image_plants_no_hook(host: Host) -> None:
    """Neither the one that runs, nor the new one."""
    planted = {PRE: "touch /shared/planted", POST: "touch /shared/planted"}
    shared = host.directory / "shared"
    shared.mkdir()
    host.push("web:latest", ImageSpec(marker="1", labels=planted))
    host.run_container("web", "web:latest", labels=ON, host_config={"Binds": [f"{shared}:/shared"]})
    for marker in ("2", "3"):
        host.push("web:latest", ImageSpec(marker=marker, labels={**planted, "changed": marker}))
        with host.rig.recording_socket() as socket:
            host.updater("run", *QUICK, docker_host=socket.host)
            assert socket.recording.matching("POST", "/exec") == []
        assert host.execute("web", "cat /etc/marker") == marker
    assert list(shared.iterdir()) == []


@pytest.mark.parametrize("state", ["paused", "exited"])
def test_it_only_runs_where_the_container_does(host: Host, state: str) -> None:
    web = start(host, {PRE: "exit 1", POST: "exit 1"})
    host.client.pause(web.id) if state == "paused" else host.client.stop(web.id)
    outcome = web.update("run", "--include-stopped")
    assert outcome["outcome"] == "updated"
    assert [note.partition(":")[0] for note in outcome["notes"]] == [
        "Its hook before the update was not run",
        "Its hook after the update was not run",
    ]
    assert host.inspect("web")["State"]["Paused"] is (state == "paused")


def test_whoever_only_asks_runs_none(host: Host) -> None:
    web = start(host, {PRE: "exit 1", POST: "exit 1"})
    with host.rig.recording_socket() as socket:
        for command in (("run", "--dry-run"), ("diff", host.name("web")), ("check",)):
            assert host.updater(*command, docker_host=socket.host).exit_code == 0
        assert socket.recording.matching("POST", "/exec") == []
    assert web.is_as_it_was()


def test_going_back_by_hand_runs_none(host: Host) -> None:
    web = start(host, {PRE: "test $(cat /etc/marker) = 1", POST: "test $(cat /etc/marker) = 2"})
    assert web.update()["notes"] == []
    result = host.updater("rollback", host.name("web"), *QUICK)
    (outcome,) = result.json["results"]
    assert (outcome["outcome"], outcome["notes"]) == ("rolled-back", [])
