"""What may update, when, and why not: by label, by config file, by time, by hand; on a real engine and registry."""

from __future__ import annotations

import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from rig import ImageSpec
from rig.commands import EXIT_AT_ONCE, health_check
from rig.images import Platform, build, build_index
from rig.recording import Reply
from tests.engine.contract import checked, codes, ran
from updater.state.store import open_store

if TYPE_CHECKING:
    from rig.host import Host

ON = {"updater.enable": "true"}
QUICK = ("--grace-period", "1s")


def outdated(host: Host, short: str = "web", image: str = "web:latest", **labels: str) -> None:
    """A container whose tag has moved on; label names with `_` for `.` and `-`."""
    host.push(image, ImageSpec(marker="1"))
    host.run_container(short, image, labels=ON | labels)
    host.push(image, ImageSpec(marker="2"))


def answer(host: Host, short: str = "web", *arguments: str, **how: Any) -> tuple[str, str, str | None]:
    """Decision, first reason's code, and until when, as `check` says."""
    container = checked(host.updater("check", "-o", "json", *arguments, **how).json)[host.name(short)]
    return container["decision"], codes(container)[0], container["reasons"][0]["until"]


def outcome(host: Host, *arguments: str, short: str = "web", **how: Any) -> tuple[str, str]:
    """Outcome and reason's code, as `run` says."""
    result = ran(host.updater("run", "-o", "json", *QUICK, *arguments, **how).json)[host.name(short)]
    return result["outcome"], result["reason"]["code"]


def hours(start: int, end: int) -> str:
    """A window by UTC's clock, so many hours from now."""
    now = datetime.now(UTC)
    return "-".join(f"{(now + timedelta(hours=hour)):%H}:00" for hour in (start, end))


def test_a_window_that_is_closed_opens(host: Host) -> None:
    outdated(host, **{"updater.window": hours(2, 4)})
    decision, code, until = answer(host, "web", "--timezone", "UTC")
    assert (decision, code) == ("wait", "outside-window")
    assert until is not None
    assert datetime.fromisoformat(until) > datetime.now(UTC)
    assert outcome(host, "--timezone", "UTC") == ("skipped", "outside-window")
    # Where the clock shows three hours more it is open.
    assert answer(host, "web", "--timezone", "Etc/GMT-3")[0] == "update"
    assert outcome(host, "--timezone", "Etc/GMT-3") == ("updated", "updated")


def test_precedence_of_label_entry_and_global_value(host: Host, tmp_path: Path) -> None:
    outdated(host, "labelled", "one:latest", **{"updater.window": hours(-1, 2)})
    outdated(host, "entered", "two:latest")
    outdated(host, "other", "three:latest")
    config = tmp_path / "updater.yml"
    config.write_text(
        f"timezone: UTC\nwindow: '{hours(2, 4)}'\n"
        f"containers:\n  {host.name('entered')}:\n    window: ['{hours(-1, 2)}']\n"
        f"  {host.name('labelled')}:\n    window: '{hours(3, 5)}'\n"
    )
    use = ("--config", str(config))
    assert answer(host, "labelled", *use)[0] == "update"
    assert answer(host, "entered", *use)[0] == "update"
    assert answer(host, "other", *use)[1] == "outside-window"
    assert answer(host, "other", *use, environment={"UPDATER_WINDOW": hours(-1, 2)})[0] == "update"


def test_an_images_own_labels_decide_nothing_and_new_ones_are_told(host: Host) -> None:
    host.push("web:latest", ImageSpec(marker="1", labels={"updater.hold": "true"}))
    host.run_container("web", "web:latest", labels=ON)
    host.push(
        "web:latest", ImageSpec(marker="2", labels={"updater.hold": "true", "updater.hook.pre-update": "rm -rf /"})
    )
    container = checked(host.updater("check", "-o", "json").json)[host.name("web")]
    assert container["decision"] == "update"
    assert codes(container) == ["update-available", "image-labels"]
    told = container["reasons"][1]["message"]
    assert "Its image brings labels, which are ignored: updater.hold. The new image" in told
    assert "brings or changes labels: updater.hook.pre-update. A label counts" in told
    assert outcome(host) == ("updated", "updated")


def test_labels_that_a_new_image_changes_are_told(host: Host) -> None:
    host.push("web:latest", ImageSpec(marker="1", labels={"updater.hold": "true", "updater.scope": "a"}))
    host.run_container("web", "web:latest", labels=ON)
    host.push("web:latest", ImageSpec(marker="2", labels={"updater.hold": "false", "updater.scope": "a"}))
    container = checked(host.updater("check", "-o", "json").json)[host.name("web")]
    assert codes(container) == ["update-available", "image-labels"]
    assert "changes labels: updater.hold (changed). A label counts" in container["reasons"][1]["message"]
    assert outcome(host) == ("updated", "updated")
    assert codes(checked(host.updater("check", "-o", "json").json)[host.name("web")]) == ["up-to-date", "image-labels"]


def test_an_image_that_repeats_its_users_labels_takes_nothing_from_them(host: Host) -> None:
    age = {"updater.min-age": "1d"}
    outdated(host, **age)
    for marker, labels in (("3", ON | age), ("4", {}), ("5", ON | age)):
        host.push("web:latest", ImageSpec(marker=marker, labels=labels))
        assert answer(host)[1] == "too-new"
        assert outcome(host, host.name("web"), "--now") == ("updated", "updated")
        assert answer(host)[1] == "up-to-date"
        assert host.inspect("web")["Config"]["Labels"].items() >= (ON | age).items()
    # Who makes the container anew says again what is theirs.
    host.client.remove_container(host.name("web"), force=True)
    host.run_container("web", "web:latest", labels=ON | age)
    assert answer(host, "web", "--all-containers")[1] == "not-enabled"


def test_a_hold_is_told_before_there_is_anything_to_hold_back(host: Host) -> None:
    host.push("web:latest", ImageSpec(marker="1"))
    host.run_container("web", "web:latest", labels=ON)
    assert host.updater("hold", host.name("web")).exit_code == 0
    container = checked(host.updater("check", "-o", "json").json)[host.name("web")]
    assert (container["decision"], codes(container)) == ("leave", ["up-to-date", "held"])
    assert "You hold it since" in host.updater("explain", host.name("web")).stdout


def test_minimum_age_counts_from_when_it_was_first_seen(host: Host) -> None:
    outdated(host, **{"updater.min-age": "1h"})
    decision, code, until = answer(host)
    assert (decision, code) == ("wait", "too-new")
    assert until is not None
    assert timedelta(minutes=50) < datetime.fromisoformat(until) - datetime.now(UTC) <= timedelta(hours=1, seconds=1)
    assert outcome(host) == ("skipped", "too-new")
    assert outcome(host, host.name("web")) == ("skipped", "too-new")
    assert outcome(host, host.name("web"), "--now") == ("updated", "updated")


def test_a_tag_that_moves_faster_than_the_minimum_age_does_not_starve(host: Host) -> None:
    outdated(host, **{"updater.min-age": "3s"})
    assert answer(host)[1] == "too-new"
    host.wait_until(lambda: answer(host)[0] == "update", what="the image to be old enough")
    host.push("web:latest", ImageSpec(marker="3"))
    container = checked(host.updater("check", "-o", "json").json)[host.name("web")]
    assert container["decision"] == "update"
    assert "old enough" in container["reasons"][0]["message"]
    assert outcome(host) == ("updated", "updated")
    assert host.execute("web", "cat /etc/marker") == "2"


def test_now_is_for_containers_that_are_named(host: Host) -> None:
    result = host.updater("run", "--now")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "named" in result.stderr


def test_a_schedule_of_its_own(host: Host) -> None:
    outdated(host, **{"updater.schedule": "@yearly"})
    outdated(host, "often", "often:latest", **{"updater.schedule": "* * * * *"})
    assert answer(host)[1] == "not-scheduled"
    assert answer(host, "often")[1] == "not-scheduled"  # nothing is known of a cycle before
    host.updater("run", *QUICK)
    minute = datetime.now(UTC).minute
    host.wait_until(lambda: datetime.now(UTC).minute != minute, 70, "the next minute")
    assert answer(host, "often")[0] == "update"
    results = ran(host.updater("run", "-o", "json", *QUICK).json)
    assert results[host.name("often")]["outcome"] == "updated"
    assert results[host.name("web")]["reason"]["code"] == "not-scheduled"
    assert outcome(host, host.name("web"), "--now") == ("updated", "updated")


def looked_at(host: Host, *shorts: str, ago: timedelta = timedelta(minutes=5)) -> None:
    """As if a run had come to its end for these containers a while ago."""
    with open_store(Path(host.environment()["UPDATER_STATE_DIR"])) as store:
        store.note_looks(map(host.name, shorts), datetime.now(UTC) - ago)


EACH_MINUTE = {"updater.schedule": "* * * * *"}


def test_one_scope_takes_no_turn_of_another_ones(host: Host) -> None:
    outdated(host, "mine", "one:latest", **{"updater.scope": "mine"}, **EACH_MINUTE)
    outdated(host, "yours", "two:latest", **{"updater.scope": "yours"}, **EACH_MINUTE)
    looked_at(host, "mine", "yours")
    assert outcome(host, "--scope", "mine", short="mine") == ("updated", "updated")
    assert outcome(host, "--scope", "yours", short="yours") == ("updated", "updated")


def test_who_is_run_by_name_takes_no_turn_of_the_others_and_a_plan_takes_none(host: Host) -> None:
    outdated(host, "web", "one:latest", **EACH_MINUTE)
    outdated(host, "other", "two:latest", **EACH_MINUTE)
    looked_at(host, "web", "other")
    assert outcome(host, "--dry-run") == ("would-update", "update-available")
    assert outcome(host, host.name("web")) == ("updated", "updated")
    assert outcome(host, short="other") == ("updated", "updated")


def test_a_run_that_is_interrupted_takes_no_turn_of_whom_it_did_not_come_to(host: Host) -> None:
    looked_at(host, "a", "b", "c")
    outdated(host, "a", "one:latest", **EACH_MINUTE)
    outdated(host, "b", "two:latest", **EACH_MINUTE)
    outdated(host, "c", "three:latest", **EACH_MINUTE, **{"updater.hold": "true"})
    host.push("one:latest", ImageSpec(marker="3", healthcheck=health_check("exit 1", retries=1000)))
    with host.start_updater("run", *QUICK) as process:
        try:
            assert process.stderr is not None
            next(line for line in process.stderr if "prove itself" in line)
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == 130
    facts = {
        short: {
            fact["name"]: fact["value"]
            for fact in host.updater("explain", host.name(short), "-o", "json").json["facts"]
        }["last looked at"]
        for short in "abc"
    }
    assert facts["a"] == facts["b"] != facts["c"]
    assert outcome(host, host.name("b"), short="b") == ("updated", "updated")


def test_without_a_state_that_lasts_it_is_said_what_never_comes(host: Host, tmp_path: Path) -> None:
    outdated(host, "own", "one:latest", **EACH_MINUTE)
    outdated(host, "aged", "two:latest", **{"updater.min-age": "1h"})
    in_the_way = tmp_path / "file"
    in_the_way.write_text("mine")
    found = checked(host.updater("check", "-o", "json", "--state-dir", str(in_the_way)).json)
    for short, code, word in (("own", "not-scheduled", "earlier run"), ("aged", "too-new", "First seen ")):
        container = found[host.name(short)]
        reason = container["reasons"][0]
        assert (container["decision"], reason["code"], reason["until"]) == ("wait", code, None)
        assert word in reason["message"]
        assert "state_dir" in reason["message"]


def test_held_skipped_and_released(host: Host) -> None:
    outdated(host)
    assert host.updater("hold", host.name("web"), "--for", "14d").exit_code == 0
    decision, code, until = answer(host)
    assert (decision, code, until is None) == ("wait", "held", False)
    assert outcome(host, host.name("web"), "--now") == ("skipped", "held")
    assert host.updater("release", host.name("web")).exit_code == 0
    assert answer(host)[0] == "update"
    assert host.updater("skip", host.name("web")).exit_code == 0
    assert answer(host)[:2] == ("leave", "skipped")
    host.push("web:latest", ImageSpec(marker="3"))
    assert answer(host)[0] == "update"


def test_scopes(host: Host) -> None:
    outdated(host, "mine", "one:latest", **{"updater.scope": "mine"})
    outdated(host, "other", "two:latest")
    assert answer(host, "other", "--scope", "mine")[1] == "out-of-scope"
    assert answer(host, "mine", "--scope", "mine")[0] == "update"
    assert answer(host, "mine", "--scope", "none")[1] == "out-of-scope"
    assert answer(host, "mine")[0] == answer(host, "other")[0] == "update"


def test_include_and_exclude(host: Host) -> None:
    outdated(host, "web", "one:latest", tier="front")
    outdated(host, "db", "two:latest")
    assert answer(host, "db", "--all", "--exclude", f"{host.prefix}-d*")[1] == "excluded"
    assert answer(host, "web", "--all", "--exclude", f"{host.prefix}-d*")[0] == "update"
    assert answer(host, "db", "--include", "label:tier=front")[1] == "excluded"
    assert answer(host, "web", "--include", "label:tier=front")[0] == "update"
    assert outcome(host, host.name("db"), "--exclude", "*", short="db") == ("updated", "updated")


class TestVersions:
    def start(self, host: Host, level: str, **labels: str) -> None:
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
        [("patch", "1.25.2-alpine", "2.0.0"), ("minor", "1.26.0-alpine", "2.0.0"), ("major", "2.0.0-alpine", "")],
    )
    def test_the_newest_of_the_level_is_taken(self, host: Host, level: str, chosen: str, beyond: str) -> None:
        self.start(host, level)
        container = checked(host.updater("check", "-o", "json").json)[host.name("web")]
        assert (container["decision"], container["published"]["tag"]) == ("update", chosen)
        assert chosen in container["reasons"][0]["message"]
        assert beyond in str(container["reasons"][1:])
        assert outcome(host) == ("updated", "updated")
        assert host.execute("web", "cat /etc/marker") == chosen
        assert host.inspect("web")["Config"]["Image"] == host.reference(f"web:{chosen}")
        assert answer(host)[1] == "up-to-date"

    def test_a_version_that_does_not_prove_itself(self, host: Host) -> None:
        self.start(host, "patch")
        host.push("web:1.25.2-alpine", ImageSpec(marker="bad", command=EXIT_AT_ONCE))
        before = host.inspect("web")["Id"]
        assert outcome(host)[0] == "rolled-back"
        assert host.inspect("web")["Id"] == before
        assert answer(host)[1] == "rejected-before"
        # Each tag names what it should.
        assert host.image_id(host.reference("web:1.25.1-alpine")) == host.inspect("web")["Image"]
        assert host.image_id(host.reference("web:1.25.2-alpine")) != host.inspect("web")["Image"]

    def test_a_rollback_goes_back_to_the_tag_before(self, host: Host) -> None:
        self.start(host, "minor")
        host.updater("run", *QUICK)
        result = host.updater("rollback", host.name("web"), *QUICK)
        assert result.exit_code == 0, result.stderr
        assert host.inspect("web")["Config"]["Image"] == host.reference("web:1.25.1-alpine")
        assert host.execute("web", "cat /etc/marker") == "1.25.1"
        # What was turned down is, and nothing else: the version in between may come.
        container = checked(host.updater("check", "-o", "json").json)[host.name("web")]
        assert (container["decision"], container["published"]["tag"]) == ("update", "1.25.2-alpine")
        assert "rejected-before" in codes(container)

    def test_the_digest_of_the_tag_is_watched_as_well(self, host: Host) -> None:
        self.start(host, "patch", **{"updater.tag-pattern": r"1\.25\.1-.*"})
        assert answer(host)[1] == "up-to-date"
        host.push("web:1.25.1-alpine", ImageSpec(marker="rebuilt"))
        assert outcome(host) == ("updated", "updated")
        assert host.execute("web", "cat /etc/marker") == "rebuilt"

    def test_compose_users_are_told_which_line_to_change(self, host: Host) -> None:
        compose = {
            "com.docker.compose.project": "shop",
            "com.docker.compose.service": "front",
            "com.docker.compose.project.config_files": "/srv/shop/compose.yml",
        }
        self.start(host, "minor", **compose)
        (result,) = host.updater("run", "-o", "json", *QUICK).json["results"]
        note = " ".join(result["notes"])
        assert "/srv/shop/compose.yml" in note
        assert f"image: {host.reference('web:1.26.0-alpine')}" in note

    def test_a_major_version_of_a_database_is_only_told_and_the_minor_one_is_taken(self, host: Host) -> None:
        self.start(host, "major")
        use = ("--warn-majors", f"{host.rig.registry.address}/{host.prefix}/*")
        container = checked(host.updater("check", "-o", "json", *use).json)[host.name("web")]
        assert (container["decision"], container["published"]["tag"]) == ("update", "1.26.0-alpine")
        assert "major-version" in codes(container)
        assert outcome(host, *use) == ("updated", "updated")
        assert answer(host, "web", *use)[:2] == ("leave", "major-version")
        assert answer(host, "web", "--warn-majors", "postgres")[0] == "update"

    def test_what_speaks_against_one_version_does_not_against_the_one_before(self, host: Host) -> None:
        self.start(host, "minor")
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

    def test_a_version_for_other_machines_is_passed_over(self, host: Host) -> None:
        self.start(host, "patch")
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

    def test_versions_that_come_faster_than_the_minimum_age(self, host: Host) -> None:
        self.start(host, "minor", **{"updater.min-age": "3s"})
        assert answer(host)[1] == "too-new"
        host.wait_until(lambda: answer(host)[0] == "update", what="1.26.0 to be old enough")
        host.push("web:1.26.1-alpine", ImageSpec(marker="1.26.1"))
        container = checked(host.updater("check", "-o", "json").json)[host.name("web")]
        assert (container["decision"], container["published"]["tag"]) == ("update", "1.26.0-alpine")
        assert "too-new" in codes(container)

    def test_tags_that_cannot_be_listed(self, host: Host) -> None:
        self.start(host, "minor")
        no_lists = lambda request: Reply(500) if "tags/list" in request.target else None  # noqa: E731
        host.rig.registry.recording.before = no_lists
        result = host.updater("check", "-o", "json")
        assert (result.exit_code, codes(checked(result.json)[host.name("web")])) == (1, ["registry-error"])
        host.rig.registry.recording.before = None
        host.push("web:1.25.1-alpine", ImageSpec(marker="rebuilt"))
        host.rig.registry.recording.before = no_lists
        assert answer(host)[0] == "update"

    def test_a_tag_that_is_no_version(self, host: Host) -> None:
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


def test_explain_tells_the_whole_chain(host: Host) -> None:
    outdated(host, **{"updater.window": hours(2, 4), "updater.min-age": "1h"})
    result = host.updater("explain", host.name("web"), "--timezone", "UTC", "-o", "json")
    assert result.exit_code == 0, result.stderr
    rules = result.json["rules"]
    objections = [rule["objection"]["code"] for rule in rules if rule["objection"]]
    assert objections == ["too-new", "outside-window"]
    assert len(rules) > 15
    facts = {fact["name"]: fact["value"] for fact in result.json["facts"]}
    assert facts["window"] == hours(2, 4)
    assert facts["minimum age"] == "1h"
    assert "opted in" in facts
    table = host.updater("explain", host.name("web")).stdout
    assert "QUESTION" in table
    assert "Has it been published for long enough?" in table


def test_a_skip_leaves_out_what_would_have_come(host: Host) -> None:
    outdated(host, **{"updater.min-age": "3s"})
    answer(host)
    host.wait_until(lambda: answer(host)[0] == "update", what="the image to be old enough")
    host.push("web:latest", ImageSpec(marker="3"))
    assert answer(host)[0] == "update"  # the second, since the third is too new
    assert host.updater("skip", host.name("web")).exit_code == 0
    assert answer(host)[1] == "too-new"


def test_explain_names_a_label_that_cannot_be_read(host: Host) -> None:
    host.push("web:latest", ImageSpec())
    host.run_container("web", "web:latest", labels={"updater.enable": "ja"})
    (rule,) = host.updater("explain", host.name("web"), "-o", "json").json["rules"]
    assert rule["objection"]["code"] == "invalid-label"


def test_explaining_does_not_opt_in(host: Host) -> None:
    host.push("web:latest", ImageSpec())
    host.run_container("web", "web:latest")
    host.rig.registry.recording.clear()
    rules = host.updater("explain", host.name("web"), "-o", "json").json["rules"]
    assert rules[-1]["objection"]["code"] == "not-enabled"
    assert host.rig.registry.recording.matching("HEAD") == []
