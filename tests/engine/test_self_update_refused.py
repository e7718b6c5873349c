"""A new updater that does not prove itself goes, and whoever must not replace itself leaves it; both say why."""

from __future__ import annotations

import pytest

from rig import ImageSpec
from tests.engine.self_update import NAME, ON, STATE, Home

pytestmark = pytest.mark.timeout(300)


@pytest.mark.parametrize(("variant", "code"), [("crashing", "crashed"), ("unhealthy", "unhealthy")])
def test_a_bad_image(home: Home, variant: str, code: str) -> None:
    old_id = home.start("old")
    home.settle()
    started_at = home.host.inspect(NAME)["State"]["StartedAt"]
    home.publish(variant)
    assert home.codes() == ["update-available", "itself"]
    assert home.updater("run")["results"][0]["reason"]["code"] == "itself"
    home.host.wait_until(lambda: home.host.inspect(NAME)["State"]["StartedAt"] != started_at, 60)
    home.settle()
    assert home.id_now() == old_id
    assert home.host.inspect(NAME)["HostConfig"]["RestartPolicy"]["Name"] == "unless-stopped"
    (entry,) = home.updater("history", home.name)["entries"]
    assert (entry["outcome"], entry["reason"]["code"]) == ("rolled-back", code)
    assert home.codes()[0] == "rejected-before"
    home.host.client.restart(home.name)
    home.settle()
    assert len(home.history()) == 1


def test_a_newer_one_that_fails_leaves_the_state_as_the_old_one_knows_it(home: Home) -> None:
    old_id = home.create("old")
    home.publish("unhealthy-newer")
    home.host.client.start(old_id)
    home.settle(90)
    assert home.id_now() == old_id
    assert home.history() == [("update", "rolled-back")]
    assert home.codes()[0] == "rejected-before"
    assert "set aside" not in home.log()


def test_rolled_back_by_a_person(home: Home) -> None:
    """First in vain: then the image that runs on was not turned down."""
    old_id = home.create("moody")
    home.publish("good")
    home.host.client.start(old_id)
    home.replaced(old_id)
    good_id = home.id_now()
    assert good_id is not None
    home.host.execute(NAME, f"touch {STATE}/moody")
    started_at = home.host.inspect(NAME)["State"]["StartedAt"]
    assert home.updater("rollback", home.name)["results"][0]["reason"]["code"] == "itself"
    home.host.wait_until(lambda: home.host.inspect(NAME)["State"]["StartedAt"] != started_at, 60)
    home.settle()
    assert (home.id_now(), home.history()[0]) == (good_id, ("rollback", "failed"))
    assert home.says("retry", home.name) == f"Nothing was rejected for {home.name}.\n"
    home.host.execute(NAME, f"rm {STATE}/moody")
    assert home.updater("rollback", home.name)["results"][0]["reason"]["code"] == "itself"
    home.replaced(good_id)
    assert home.variant_now() == "moody"
    assert home.history() == [("rollback", "rolled-back"), ("rollback", "failed"), ("update", "updated")]
    assert home.codes()[0] == "rejected-before"


def test_a_state_that_is_somebody_elses(home: Home) -> None:
    """The new one may not read what the old one keeps: it has not proven itself. Nor may the old one be so."""
    old_id = home.start("old")
    home.settle()
    started_at = home.host.inspect(NAME)["State"]["StartedAt"]
    home.publish("stranger")
    assert home.updater("run")["results"][0]["reason"]["code"] == "itself"
    home.host.wait_until(lambda: home.host.inspect(NAME)["State"]["StartedAt"] != started_at, 60)
    home.settle()
    assert home.id_now() == old_id
    (entry,) = home.updater("history", home.name)["entries"]
    assert entry["outcome"] == "rolled-back"
    assert f"cannot go on with the state of the old one: {STATE}: Permission denied" in entry["log_tail"]
    assert home.codes()[0] == "rejected-before"
    home.host.client.remove_container(home.name, force=True)
    home.start("old", user="20002:20002")
    home.settle()
    home.publish("good")
    assert home.codes() == ["itself"]


def test_others_leave_it_to_the_helper(home: Home) -> None:
    home.create("old")
    home.publish("unhealthy")
    home.host.client.start(home.name)
    home.host.wait_until(lambda: any(".old-" in name for name in home.names()), 60)
    found = home.host.updater("recover", "-o", "json").json["recovered"]
    assert [entry["reason"]["code"] for entry in found] == ["busy"]
    names = {entry["name"] for entry in home.host.updater("check", "--all", "-o", "json").json["containers"]}
    assert not any(".helper-" in name for name in names)
    home.settle()
    assert home.history() == [("update", "rolled-back")]


def test_one_that_does_not_stay_is_left(home: Home) -> None:
    home.create("old", Cmd=["run"])
    home.publish("good")
    home.host.client.start(home.name)
    home.host.client.wait(home.name)
    assert "nothing runs `updater watch` in it" in home.host.logs(NAME)
    assert home.names() == [home.name]


def test_a_state_that_would_be_lost(home: Home) -> None:
    home.start("old", environment={"UPDATER_STATE_DIR": "/tmp/state"})
    home.settle()
    home.publish("good")
    assert home.codes() == ["itself"]


def test_one_that_nothing_names(home: Home) -> None:
    """A host name of its own, no control group to be seen, and others' files over the engine's: it is left alone."""
    host, own = home.host, [f"/etc/{name}" for name in ("hostname", "hosts", "resolv.conf")]
    for place in own:
        (host.directory / place[5:].replace("/", "-")).write_text("127.0.0.1 localhost\n")
    for short, hostname in (("web", "web"), ("alike", "known")):
        host.push(f"{short}:latest", ImageSpec(marker="1"))
        host.run_container(short, f"{short}:latest", labels=ON, Hostname=hostname)
        host.push(f"{short}:latest", ImageSpec(marker="2"))
    old_id = home.create(
        "old",
        binds=[f"{host.directory / place[5:]}:{place}:ro" for place in own],
        host_config={"CgroupnsMode": "private"},
        Hostname="known",
    )
    home.publish("good")
    home.beside = frozenset({host.name("web"), host.name("alike")})
    host.client.start(old_id)
    home.settle()
    assert home.id_now() == old_id
    assert [host.execute(short, "cat /etc/marker").strip() for short in ("web", "alike")] == ["2", "1"]
    assert "start the updater without a host name of its own" in home.log()
    assert home.codes() == ["itself"]
    (found,) = [one for one in home.updater("doctor")["findings"] if one["subject"] == "itself"]
    assert found["health"] == "warning"
    assert f"which {host.name('alike')}, {home.name} bears" in found["message"]


def test_it_is_switched_off_by_the_ordinary_labels(home: Home) -> None:
    home.start("old", labels={"updater.monitor-only": "true"})
    home.settle()
    home.publish("good")
    assert home.codes()[0] == "monitor-only"
    assert home.updater("run")["results"][0]["reason"]["code"] == "monitor-only"
