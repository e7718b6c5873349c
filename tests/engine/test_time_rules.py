"""When may a container be updated? In its window, on its schedule, when its image is old enough; or now, by name."""

from __future__ import annotations

import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from rig import ImageSpec
from rig.commands import health_check
from tests.engine.contract import checked, ran
from tests.engine.decisions import QUICK, answer, hours, outcome, outdated
from tests.engine.test_interruption import wait_for_line
from updater.state.store import open_store

if TYPE_CHECKING:
    from rig.host import Host

EACH_MINUTE = {"updater.schedule": "* * * * *"}


def test_a_window_that_is_closed_opens(host: Host) -> None:
    outdated(host, **{"updater.window": hours(2, 5)})
    decision, code, until = answer(host, "web", "--timezone", "UTC")
    assert (decision, code) == ("wait", "outside-window")
    assert until is not None
    assert datetime.fromisoformat(until) > datetime.now(UTC)
    assert outcome(host, "--timezone", "UTC") == ("skipped", "outside-window")
    # Where the clock shows three hours more it is open.
    assert answer(host, "web", "--timezone", "Etc/GMT-3")[0] == "update"
    assert outcome(host, "--timezone", "Etc/GMT-3") == ("updated", "updated")


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
            wait_for_line(process, "prove itself")
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
