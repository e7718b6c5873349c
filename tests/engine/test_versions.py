"""Which newer version is taken where versions are followed, and which is only told of?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rig import ImageSpec
from rig.commands import EXIT_AT_ONCE
from rig.images import Platform, build, build_index
from rig.recording import Reply
from tests.engine.contract import checked, codes
from tests.engine.decisions import ON, QUICK, answer, outcome, outdated

if TYPE_CHECKING:
    from rig.host import Host


def start(host: Host, level: str, **labels: str) -> None:
    host.push("web:1.25.1-alpine", ImageSpec(marker="1.25.1"))
    host.run_container("web", "web:1.25.1-alpine", labels=ON | {"updater.tags": level} | labels)
    for tag in (
        "1.25.2-alpine",
        "1.26.0-alpine",
        "2.0.0-alpine",
        "1.27.0",
        "1.28.0-rc1-alpine",
        "20240101",
        "latest",
    ):
        host.push(f"web:{tag}", ImageSpec(marker=tag))


@pytest.mark.parametrize(
    ("level", "chosen", "beyond"),
    [
        ("patch", "1.25.2-alpine", ["2.0.0-alpine"]),
        ("minor", "1.26.0-alpine", ["2.0.0-alpine"]),
        ("major", "2.0.0-alpine", []),
    ],
)
def test_the_newest_of_the_level_is_taken(host: Host, level: str, chosen: str, beyond: list[str]) -> None:
    start(host, level)
    container = checked(host.updater("check", "-o", "json").json)[host.name("web")]
    assert (container["decision"], container["published"]["tag"]) == ("update", chosen)
    assert chosen in container["reasons"][0]["message"]
    assert [reason["message"].partition(" ")[0] for reason in container["reasons"][1:]] == beyond
    assert outcome(host) == ("updated", "updated")
    assert host.execute("web", "cat /etc/marker") == chosen
    assert host.inspect("web")["Config"]["Image"] == host.reference(f"web:{chosen}")
    assert answer(host)[1] == "up-to-date"


def test_a_dry_run_names_the_version_as_the_run_does(host: Host) -> None:
    start(host, "minor")
    (announced,) = host.updater("run", "--dry-run", "-o", "json").json["results"]
    (done,) = host.updater("run", "-o", "json", *QUICK).json["results"]
    for what in ("image", "from", "to"):
        assert announced[what] == done[what]
    assert announced["image"] == host.reference("web:1.26.0-alpine")


def test_a_version_that_does_not_prove_itself(host: Host) -> None:
    start(host, "patch")
    host.push("web:1.25.2-alpine", ImageSpec(marker="bad", command=EXIT_AT_ONCE))
    before = host.inspect("web")["Id"]
    assert outcome(host)[0] == "rolled-back"
    assert host.inspect("web")["Id"] == before
    assert answer(host)[1] == "rejected-before"
    # Each tag names what it should.
    assert host.image_id(host.reference("web:1.25.1-alpine")) == host.inspect("web")["Image"]
    assert host.image_id(host.reference("web:1.25.2-alpine")) != host.inspect("web")["Image"]


def test_an_image_that_was_turned_down_is_so_under_whatever_tag(host: Host) -> None:
    start(host, "patch")
    bad = ImageSpec(marker="bad", command=EXIT_AT_ONCE)
    host.push("web:1.25.2-alpine", bad)
    assert outcome(host)[0] == "rolled-back"
    host.push("web:1.25.3-alpine", bad)
    assert answer(host)[:2] == ("leave", "rejected-before")
    assert outcome(host) == ("skipped", "rejected-before")
    host.push("web:1.25.1-alpine", bad)
    assert outcome(host) == ("skipped", "rejected-before")
    host.updater("retry", host.name("web"))
    assert answer(host)[0] == "update"


def test_a_rollback_is_not_undone_by_another_tag_of_the_same_image(host: Host) -> None:
    start(host, "patch")
    for tag in ("1.25.2-alpine", "1.25.3-alpine"):
        host.push(f"web:{tag}", ImageSpec(marker="new"))
    assert outcome(host) == ("updated", "updated")
    assert host.updater("rollback", host.name("web"), *QUICK).exit_code == 0
    assert answer(host)[:2] == ("leave", "rejected-before")
    assert outcome(host) == ("skipped", "rejected-before")
    assert host.execute("web", "cat /etc/marker") == "1.25.1"


def test_an_image_that_was_turned_down_stays_so_when_its_user_changes_the_tag(host: Host) -> None:
    outdated(host)
    bad = ImageSpec(marker="bad", command=EXIT_AT_ONCE)
    host.push("web:latest", bad)
    assert outcome(host)[0] == "rolled-back"
    host.client.remove_container(host.name("web"), force=True)
    host.push("web:stable", ImageSpec(marker="stable"))
    host.run_container("web", "web:stable", labels=ON)
    host.push("web:stable", bad)
    assert outcome(host) == ("skipped", "rejected-before")


def test_an_image_that_was_left_out_is_so_under_whatever_tag(host: Host) -> None:
    start(host, "patch")
    host.updater("skip", host.name("web"))
    host.push("web:1.25.3-alpine", ImageSpec(marker="1.25.2-alpine"))
    assert answer(host)[:2] == ("leave", "skipped")


def test_a_rollback_goes_back_to_the_tag_before(host: Host) -> None:
    start(host, "minor")
    host.updater("run", *QUICK)
    result = host.updater("rollback", host.name("web"), *QUICK)
    assert result.exit_code == 0, result.stderr
    assert host.inspect("web")["Config"]["Image"] == host.reference("web:1.25.1-alpine")
    assert host.execute("web", "cat /etc/marker") == "1.25.1"
    # What was turned down is, and nothing else: the version in between may come.
    container = checked(host.updater("check", "-o", "json").json)[host.name("web")]
    assert (container["decision"], container["published"]["tag"]) == ("update", "1.25.2-alpine")
    assert "rejected-before" in codes(container)


def test_a_rollback_of_who_changed_the_tag_as_told_goes_back_to_the_tag_before(host: Host) -> None:
    start(host, "minor")
    host.updater("run", *QUICK)
    host.client.remove_container(host.name("web"), force=True)
    host.run_container("web", "web:1.26.0-alpine", labels=ON | {"updater.tags": "minor"})
    assert host.updater("rollback", host.name("web"), *QUICK).exit_code == 0
    assert host.execute("web", "cat /etc/marker") == "1.25.1"
    assert host.inspect("web")["Config"]["Image"] == host.reference("web:1.25.1-alpine")
    # Each tag names what it should.
    assert host.image_id(host.reference("web:1.26.0-alpine")) != host.inspect("web")["Image"]


def test_the_digest_of_the_tag_is_watched_as_well(host: Host) -> None:
    start(host, "patch", **{"updater.tag-pattern": r"1\.25\.1-.*"})
    assert answer(host)[1] == "up-to-date"
    host.push("web:1.25.1-alpine", ImageSpec(marker="rebuilt"))
    assert outcome(host) == ("updated", "updated")
    assert host.execute("web", "cat /etc/marker") == "rebuilt"


def test_compose_users_are_told_which_line_to_change(host: Host) -> None:
    compose = {
        "com.docker.compose.project": "shop",
        "com.docker.compose.service": "front",
        "com.docker.compose.project.config_files": "/srv/shop/compose.yml",
    }
    start(host, "minor", **compose)
    (result,) = host.updater("run", "-o", "json", *QUICK).json["results"]
    note = " ".join(result["notes"])
    assert "/srv/shop/compose.yml" in note
    assert f"image: {host.reference('web:1.26.0-alpine')}" in note


def test_a_major_version_of_a_database_is_only_told_and_the_minor_one_is_taken(host: Host) -> None:
    start(host, "major")
    use = ("--warn-majors", f"{host.rig.registry.address}/{host.prefix}/*")
    container = checked(host.updater("check", "-o", "json", *use).json)[host.name("web")]
    assert (container["decision"], container["published"]["tag"]) == ("update", "1.26.0-alpine")
    assert "major-version" in codes(container)
    assert outcome(host, *use) == ("updated", "updated")
    assert answer(host, "web", *use)[:2] == ("leave", "major-version")
    assert answer(host, "web", "--warn-majors", "postgres")[0] == "update"


def test_what_speaks_against_one_version_does_not_against_the_one_before(host: Host) -> None:
    start(host, "minor")
    host.updater("skip", host.name("web"))
    container = checked(host.updater("check", "-o", "json").json)[host.name("web")]
    assert (container["decision"], container["published"]["tag"]) == ("update", "1.25.2-alpine")
    assert "skipped" in codes(container)
    assert container["reasons"][-1]["message"].startswith("Not 1.26.0-alpine: You left this image out")
    arm = build(ImageSpec(marker="arm", platform=Platform("arm64")))
    host.push("web:1.25.2-alpine", build_index([arm]))
    # Its own tag is all that is left, and that was not moved.
    assert answer(host)[:2] == ("leave", "skipped")
    host.push("web:1.25.1-alpine", ImageSpec(marker="rebuilt"))
    assert outcome(host) == ("updated", "updated")
    assert host.execute("web", "cat /etc/marker") == "rebuilt"


def test_a_version_for_other_machines_is_passed_over(host: Host) -> None:
    start(host, "patch")
    host.push("web:1.25.2-alpine", build_index([build(ImageSpec(marker="arm", platform=Platform("arm64")))]))
    result = host.updater("check", "-o", "json")
    container = checked(result.json)[host.name("web")]
    assert (result.exit_code, container["status"]) == (0, "current")
    assert codes(container)[0] == "up-to-date"
    assert "platform-missing" in codes(container)
    # One in between that is for this machine is no secret, though it is not its time.
    host.push("web:1.25.3-alpine", build_index([build(ImageSpec(marker="arm", platform=Platform("arm64")))]))
    host.push("web:1.25.2-alpine", ImageSpec(marker="1.25.2"))
    container = checked(host.updater("check", "-o", "json", "--monitor-only").json)[host.name("web")]
    assert (container["status"], container["published"]["tag"]) == ("outdated", "1.25.2-alpine")
    assert (codes(container)[0], codes(container)[-1]) == ("monitor-only", "platform-missing")


def test_versions_that_come_faster_than_the_minimum_age(host: Host) -> None:
    start(host, "minor", **{"updater.min-age": "3s"})
    assert answer(host)[1] == "too-new"
    host.wait_until(lambda: answer(host)[0] == "update", what="1.26.0 to be old enough")
    host.push("web:1.26.1-alpine", ImageSpec(marker="1.26.1"))
    container = checked(host.updater("check", "-o", "json").json)[host.name("web")]
    assert (container["decision"], container["published"]["tag"]) == ("update", "1.26.0-alpine")
    assert "too-new" in codes(container)


def test_tags_that_cannot_be_listed(host: Host) -> None:
    start(host, "minor")
    no_lists = lambda request: Reply(500) if "tags/list" in request.target else None  # noqa: E731
    host.rig.registry.recording.before = no_lists
    result = host.updater("check", "-o", "json")
    assert (result.exit_code, codes(checked(result.json)[host.name("web")])) == (1, ["registry-error"])
    host.rig.registry.recording.before = None
    host.push("web:1.25.1-alpine", ImageSpec(marker="rebuilt"))
    host.rig.registry.recording.before = no_lists
    assert answer(host)[0] == "update"


def test_a_tag_that_is_no_version(host: Host) -> None:
    outdated(host, **{"updater.tags": "minor"})
    container = checked(host.updater("check", "-o", "json").json)[host.name("web")]
    assert container["decision"] == "update"
    assert "names no version" in str(container["reasons"])


def test_a_major_version_under_the_same_tag(host: Host) -> None:
    host.push("db:latest", ImageSpec(marker="1", env={"PG_MAJOR": "16"}))
    host.run_container("db", "db:latest", labels=ON)
    host.push("db:latest", ImageSpec(marker="2", env={"PG_MAJOR": "17"}))
    use = ("--warn-majors", f"{host.rig.registry.address}/{host.prefix}/db")
    assert answer(host, "db", *use)[:2] == ("leave", "major-version")
    assert answer(host, "db")[0] == "update"
