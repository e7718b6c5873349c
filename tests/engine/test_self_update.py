"""An updater in a container updates itself: afterwards exactly one runs, on the right image, and goes on working."""

from __future__ import annotations

import pytest

from rig import ImageSpec, commands
from tests.engine.self_update import NAME, ON, STATE, Home

pytestmark = pytest.mark.timeout(300)


def test_it_comes_last_and_no_two_run_cycles(home: Home) -> None:
    home.host.push("web:latest", ImageSpec(marker="1"))
    home.host.run_container("web", "web:latest", labels=ON)
    home.host.push("web:latest", ImageSpec(marker="2"))
    home.beside = frozenset({home.host.name("web")})
    hooks = {
        "updater.hook.pre-update": f"echo before $UPDATER_CONTAINER >>{STATE}/hooks",
        "updater.hook.post-update": f"echo after $UPDATER_CONTAINER >>{STATE}/hooks; echo done; exit 3",
    }
    old_id = home.create("old-probed", labels=hooks, environment={"UPDATER_CLEANUP": "true"})
    home.publish("good-probed")
    home.host.client.start(old_id)
    home.replaced(old_id)
    assert home.variant_now() == "good-probed"
    assert home.host.execute("web", "cat /etc/marker").strip() == "2"
    everything = [(entry["name"], entry["outcome"]) for entry in home.updater("history")["entries"]]
    assert everything == [(home.name, "updated"), (home.host.name("web"), "updated")]  # the latest first
    assert "our own container is being updated; no cycle begins" in home.log()
    assert home.log().count("a cycle begins") == 1
    assert home.codes() == ["up-to-date"]
    assert home.host.execute(NAME, f"cat {STATE}/hooks").split() == ["before", home.name, "after", home.name]
    (entry,) = home.updater("history", home.name)["entries"]
    assert entry["notes"] == ["Its hook after the update failed: it ended with exit code 3: done. The update stays."]


def test_whoever_depends_on_it_comes_along(home: Home) -> None:
    old_id = home.start("old")
    home.host.push("side:latest", ImageSpec(marker="1"))
    side_id = home.host.run_container("side", "side:latest", host_config={"VolumesFrom": [home.name]})
    home.beside = frozenset({home.host.name("side")})
    home.settle()
    home.publish("good")
    assert home.updater("run")["results"][0]["reason"]["code"] == "itself"
    home.replaced(old_id)
    assert home.variant_now() == "good"
    assert home.history() == [("update", "updated")]
    side = home.host.inspect("side")
    assert (side["Id"] != side_id, side["State"]["Running"]) == (True, True)
    assert home.host.execute("side", f"ls {STATE}/updater.db")


def test_two_with_a_scope_each(home: Home) -> None:
    first = home.create("old", environment={"UPDATER_SCOPE": "one"}, labels={"updater.scope": "one"})
    other = home.create(
        "old",
        environment={"UPDATER_SCOPE": "two"},
        labels={"updater.scope": "two"},
        short="other",
        host_config={"Binds": [f"{home.socket.path}:/run/engine.sock"]},
    )
    home.publish("good")
    home.beside = frozenset({home.host.name("other")})
    home.host.client.start(first)
    home.host.client.start(other)
    home.replaced(first)
    home.host.wait_until(lambda: home.host.inspect("other")["Id"] != other, 60)
    home.settle()
    for short in (NAME, "other"):
        assert home.host.inspect(short)["State"]["Running"]
        assert home.host.inspect(short)["Config"]["Labels"]["updater.operation.name"] == home.host.name(short)


@pytest.mark.endurance
def test_an_engine_that_is_stopped_in_the_middle_waits_for_nobody(home: Home) -> None:
    """It tells its containers to end and answers nobody any more, as when it is upgraded, or the host goes down.

    Whoever is at work on another container then gives up soon, and its next life finishes or undoes that.
    """
    host, labels = home.host, ON | {"updater.health-timeout": "20s"}
    always = {"RestartPolicy": {"Name": "always"}}
    host.push("web:latest", ImageSpec(marker="1"))
    old_id = host.run_container("web", "web:latest", labels=labels, host_config=always)
    host.push("web:latest", ImageSpec(marker="2", healthcheck=commands.health_check("exit 1", retries=1000)))
    home.start("old", StopTimeout=300)
    host.wait_until(lambda: "until the verdict" in home.log(), 60)
    host.rig.engine.restart()  # an error where that takes more than 30 s
    both = sorted((home.name, host.name("web")))
    host.wait_until(lambda: host.container_names() == both and host.inspect("web")["Id"] == old_id, 90)
    assert host.inspect("web")["State"]["Running"]
