"""What is remembered: a bad image makes one outage and not one a night; going back by hand; cleaning up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from rig import ImageSpec, commands
from tests.engine.contract import checked, codes, ran

if TYPE_CHECKING:
    from rig.host import Host

ON = {"updater.enable": "true"}
QUICK = ("--grace-period", "1s", "-o", "json")
BAD = ImageSpec(marker="bad", command=commands.shell("exit 7"))


def run(host: Host, *arguments: str) -> dict[str, Any]:
    return ran(host.updater("run", *QUICK, *arguments).json)[host.name("web")]


def marker(host: Host) -> str:
    return host.execute("web", "cat /etc/marker").strip()


@pytest.fixture
def web(host: Host) -> Host:
    host.push("web:latest", ImageSpec(marker="1"))
    host.run_container("web", "web:latest", labels=ON)
    return host


def test_five_cycles_with_one_bad_digest_make_one_outage(web: Host) -> None:
    web.push("web:latest", BAD)
    assert run(web)["outcome"] == "rolled-back"
    started = web.inspect("web")["State"]["StartedAt"]
    for _ in range(4):
        result = web.updater("run", *QUICK)
        outcome = ran(result.json)[web.name("web")]
        assert (result.exit_code, outcome["outcome"], outcome["reason"]["code"]) == (0, "skipped", "rejected-before")
    assert web.inspect("web")["State"]["StartedAt"] == started
    (container,) = checked(web.updater("check", "-o", "json").json).values()
    assert (container["status"], container["decision"]) == ("outdated", "leave")
    assert codes(container) == ["rejected-before", "update-available"]
    assert "exited with code 7" in container["reasons"][0]["message"]


def test_a_new_digest_is_tried(web: Host) -> None:
    web.push("web:latest", BAD)
    run(web)
    web.push("web:latest", ImageSpec(marker="3"))
    assert run(web)["outcome"] == "updated"
    assert marker(web) == "3"


def test_retry_forgets(web: Host) -> None:
    web.push("web:latest", BAD)
    run(web)
    told = web.updater("retry", web.inspect("web")["Id"][:12])
    assert (told.exit_code, "may be tried again" in told.stdout) == (0, True)
    assert run(web)["outcome"] == "rolled-back"
    unknown = web.updater("retry", "nobody")
    assert (unknown.exit_code, unknown.stdout, "no container is named" in unknown.stderr) == (2, "", True)


def test_without_a_state_folder_everything_works_with_one_warning(web: Host) -> None:
    web.push("web:latest", ImageSpec(marker="2"))
    result = web.updater("run", *QUICK, environment={"UPDATER_STATE_DIR": "/proc/nothing"})
    assert ran(result.json)[web.name("web")]["outcome"] == "updated"
    assert len([line for line in result.stderr.splitlines() if " warning " in line]) == 1


def test_history_tells_what_was_done(web: Host) -> None:
    assert "Nothing has been done" in web.updater("history").stdout
    web.push("web:latest", ImageSpec(marker="2"))
    run(web)
    web.push("web:latest", BAD)
    run(web)
    entries = web.updater("history", "-o", "json").json["entries"]
    assert [entry["outcome"] for entry in entries] == ["rolled-back", "updated"]
    assert entries[0]["from"]["digest"] == entries[1]["to"]["digest"]
    assert entries[0]["reason"]["code"] == "crashed"
    assert entries[1]["steps"][0]["name"] == "inspect"
    assert len(web.updater("history", web.name("web"), "--limit", "1", "-o", "json").json["entries"]) == 1
    assert "rolled-back" in web.updater("history").stdout


@pytest.mark.parametrize("history", ["kept", "lost"])
def test_rollback_by_hand(web: Host, history: str) -> None:
    """The container itself says what it ran before, should the history be lost."""
    first_image = web.inspect("web")["Image"]
    web.push("web:latest", ImageSpec(marker="2"))
    assert run(web)["outcome"] == "updated"
    environment = {} if history == "kept" else {"UPDATER_STATE_DIR": str(web.directory / "other")}
    result = web.updater("rollback", web.name("web"), *QUICK, environment=environment)
    (outcome,) = result.json["results"]
    assert (result.exit_code, outcome["outcome"]) == (0, "rolled-back")
    assert marker(web) == "1"
    assert web.inspect("web")["Image"] == first_image == web.image_id(web.reference("web:latest"))
    assert web.container_names() == [web.name("web")]
    again = web.updater("run", *QUICK, environment=environment)
    assert ran(again.json)[web.name("web")]["reason"]["code"] == "rejected-before"
    second = web.updater("rollback", web.name("web"), environment=environment)
    assert (second.exit_code, second.stdout) == (2, "")


def make_anew(host: Host) -> None:
    host.client.remove_container(host.name("web"), force=True)
    host.pull("web:latest")
    host.run_container("web", "web:latest", labels=ON)


def test_rollback_of_one_that_its_user_made_anew(web: Host) -> None:
    """The history says what the name ran before, where the container cannot."""
    web.push("web:latest", ImageSpec(marker="2"))
    run(web)
    make_anew(web)
    assert web.updater("rollback", web.name("web"), *QUICK).exit_code == 0
    assert marker(web) == "1"


def test_rollback_leads_to_what_it_ran_before_also_where_the_history_tells_of_an_earlier_update(web: Host) -> None:
    web.push("web:latest", ImageSpec(marker="2"))
    run(web)
    web.push("web:latest", ImageSpec(marker="its user's"))
    make_anew(web)
    web.push("web:latest", ImageSpec(marker="2"))
    web.updater("run", *QUICK, environment={"UPDATER_STATE_DIR": "/proc/nothing"})
    assert marker(web) == "2"
    assert web.updater("rollback", web.name("web"), *QUICK).exit_code == 0
    assert marker(web) == "its user's"


def test_rollbacks_of_two_that_run_one_image_are_both_remembered(web: Host) -> None:
    """The first one's moves the tag away from what the second one runs."""
    web.run_container("twin", "web:latest", labels=ON)
    web.push("web:latest", ImageSpec(marker="2"))
    run(web)
    for short in ("web", "twin"):
        assert web.updater("rollback", web.name(short), *QUICK).exit_code == 0
    containers = checked(web.updater("check", "-o", "json").json)
    assert [codes(one)[0] for one in containers.values()] == ["rejected-before", "rejected-before"]
    assert {one["reason"]["code"] for one in ran(web.updater("run", *QUICK).json).values()} == {"rejected-before"}
    assert f"{web.reference('web:latest')} " in web.updater("retry", web.name("twin")).stdout


def test_nothing_to_roll_back_to(web: Host) -> None:
    old_id = web.inspect("web")["Id"]
    result = web.updater("rollback", web.name("web"))
    assert (result.exit_code, result.stdout) == (2, "")
    assert "no update of" in result.stderr
    assert web.updater("rollback", "nobody").exit_code == 2
    assert web.inspect("web")["Id"] == old_id


def test_cleanup_keeps_the_previous_image_and_removes_the_one_before(web: Host) -> None:
    images = [web.inspect("web")["Image"]]
    for version in ("2", "3"):
        web.push("web:latest", ImageSpec(marker=version))
        assert run(web, "--cleanup")["outcome"] == "updated"
        images.append(web.inspect("web")["Image"])
    there = {image["Id"] for image in web.client.images()}
    assert [image in there for image in images] == [False, True, True]


def test_cleanup_removes_a_rejected_image_and_never_a_used_one(web: Host) -> None:
    web.push("web:latest", BAD)
    result = run(web, "--cleanup")
    there = {image["Id"] for image in web.client.images()}
    assert result["to"]["image_id"] not in there
    assert web.inspect("web")["Image"] in there


def test_a_probe_that_quotes_a_secret(host: Host) -> None:
    host.push("web:latest", ImageSpec(marker="1"))
    host.run_container("web", "web:latest", labels=ON, Env=["DB_PASSWORD=hunter2-and-more"])
    health = commands.health_check("echo login $DB_PASSWORD failed; exit 1")
    host.push("web:latest", ImageSpec(marker="2", healthcheck=health))
    said = [host.updater("run", "-o", "json"), host.updater("check", "-o", "json"), host.updater("history")]
    assert "login *** failed" in said[0].stdout
    assert not any("hunter2" in one.stdout + one.stderr for one in said)


def test_secrets_of_the_environment_are_not_in_the_report(host: Host) -> None:
    host.push("web:latest", ImageSpec(marker="1"))
    host.run_container("web", "web:latest", labels=ON, Env=["DB_PASSWORD=hunter2-and-more"])
    host.push("web:latest", ImageSpec(marker="2", command=commands.shell("env; exit 1")))
    result = host.updater("run", *QUICK)
    assert "DB_PASSWORD=***" in ran(result.json)[host.name("web")]["log_tail"]
    assert "hunter2-and-more" not in result.stdout + result.stderr
