"""What do `updater hold`, `skip` and `release` say, what does the state keep of it, and what do they hold back?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from rig import ImageSpec
from tests.engine.contract import checked, codes
from tests.engine.decisions import ON, answer, outcome, outdated
from updater.model.digest import short
from updater.model.zone import show_until
from updater.state.store import open_store

if TYPE_CHECKING:
    from rig.host import Host, Result
    from updater.model.hold import Hold, Skip

IN_UTC = {"TZ": "UTC"}


def remembered(host: Host, short_name: str = "web") -> tuple[Hold | None, tuple[Skip, ...]]:
    """What the state folder keeps for this container."""
    with open_store(Path(host.environment()["UPDATER_STATE_DIR"]), writable=False) as store:
        name = host.name(short_name)
        return store.holds_of(name, datetime.now(UTC)), store.skips_of(name)


def assert_failed(result: Result, exit_code: int, *must_name: str) -> None:
    assert (result.exit_code, result.stdout) == (exit_code, ""), result.stderr
    assert "Traceback" not in result.stderr
    for part in must_name:
        assert part in result.stderr


@pytest.fixture
def web(host: Host) -> Host:
    """An opted-in container for which something newer is published."""
    host.push("web:latest", ImageSpec(marker="1"))
    host.run_container("web", "web:latest", labels=ON)
    host.push("web:latest", ImageSpec(marker="2"))
    return host


def test_a_hold_lasts_until_it_is_released(web: Host) -> None:
    told = web.updater("hold", web.name("web"))
    assert (told.exit_code, told.stderr) == (0, "")
    assert f"{web.name('web')} is held until `updater release {web.name('web')}`" in told.stdout
    held, _ = remembered(web)
    assert held is not None
    assert held.until is None


def test_a_hold_for_a_time_says_when_it_ends_and_replaces_the_one_before(web: Host) -> None:
    web.updater("hold", web.name("web"))
    told = web.updater("hold", web.inspect("web")["Id"][:12], "--for", "1d12h", "--timezone", "Asia/Kathmandu")
    held, _ = remembered(web)
    assert held is not None
    assert held.until == held.at + timedelta(hours=36)
    assert (told.exit_code, told.stderr) == (0, "")
    shown = show_until(held.until, ZoneInfo("Asia/Kathmandu"))
    assert shown.endswith(" +0545")
    assert f"{web.name('web')} is held until {shown};" in told.stdout


@pytest.mark.parametrize("length", ["soon", "0", "0s", "-1d", ""])
def test_a_length_that_is_none(web: Host, length: str) -> None:
    assert_failed(web.updater("hold", web.name("web"), f"--for={length}"), 2, "--for", repr(length), "90s")
    assert remembered(web) == (None, ())


def test_skip_leaves_out_what_is_published_now_and_pulls_nothing(web: Host) -> None:
    digest = web.push("web:latest", ImageSpec(marker="3"))
    before = (web.inspect("web"), web.image_id("web:latest"))
    told = web.updater("skip", web.name("web"))
    assert (told.exit_code, told.stderr) == (0, "")
    assert f"{web.reference('web:latest')} {short(digest)} is left out" in told.stdout
    held, (skipped,) = remembered(web)
    assert held is None
    assert (skipped.reference, skipped.digest, skipped.tag) == (web.reference("web:latest"), digest, None)
    assert (web.inspect("web"), web.image_id("web:latest")) == before


def test_skip_again_later_leaves_out_both(web: Host) -> None:
    web.updater("skip", web.name("web"))
    web.push("web:latest", ImageSpec(marker="3"))
    assert web.updater("skip", f"/{web.name('web')}").exit_code == 0
    assert web.updater("skip", web.inspect("web")["Id"]).exit_code == 0
    _, skipped = remembered(web)
    assert len(skipped) == 2


def test_skip_for_a_container_that_is_neither_opted_in_nor_running(host: Host) -> None:
    host.push("web:latest", ImageSpec(marker="1"))
    host.create_container("web", "web:latest")
    digest = host.push("web:latest", ImageSpec(marker="2"))
    assert host.updater("skip", host.name("web")).exit_code == 0
    assert [one.digest for one in remembered(host)[1]] == [digest]


def test_nothing_to_skip(host: Host) -> None:
    digest = host.push("web:latest", ImageSpec(marker="1"))
    host.run_container("web", "web:latest")
    assert_failed(host.updater("skip", host.name("web")), 2, "nothing newer", short(digest))
    host.run_container("pinned", host.reference(f"web@{digest}"))
    assert_failed(host.updater("skip", host.name("pinned")), 2, "pinned to a digest")
    host.push("off:latest", ImageSpec(marker="1"))
    host.run_container("off", "off:latest", labels={"updater.enable": "false"})
    host.push("off:latest", ImageSpec(marker="2"))
    assert_failed(host.updater("skip", host.name("off")), 2, "enable=false")
    assert remembered(host) == remembered(host, "pinned") == remembered(host, "off") == (None, ())


def test_the_registry_cannot_say_what_to_skip(web: Host) -> None:
    web.rig.registry.stop()
    assert_failed(web.updater("skip", web.name("web")), 1, web.name("web"), "is not known", web.rig.registry.address)
    assert remembered(web) == (None, ())


def test_release_ends_both_and_tells_them(web: Host) -> None:
    name = web.name("web")
    web.updater("hold", name, "--for", "14d")
    web.updater("skip", name)
    held, (skipped,) = remembered(web)
    assert held is not None
    told = web.updater("release", web.inspect("web")["Id"][:12], environment=IN_UTC)
    assert (told.exit_code, told.stderr) == (0, "")
    first, second = told.stdout.splitlines()
    assert held.until is not None
    assert first.startswith(f"{name}: the hold until {show_until(held.until, ZoneInfo('UTC'))} is over")
    assert second == f"{name}: {skipped.reference} {short(skipped.digest)} is no longer left out."
    assert remembered(web) == (None, ())
    again = web.updater("release", name)
    assert (again.exit_code, again.stdout) == (0, f"Nothing was held back for {name}.\n")


@pytest.mark.parametrize("what", ["label updater.hold", "config entry"])
def test_a_hold_that_a_release_does_not_end_is_told(host: Host, what: str) -> None:
    config, name = host.directory / "updater.yml", host.name("web")
    config.write_text(f"containers:\n  {name}:\n    hold: {'true' if what == 'config entry' else 'false'}\n")
    host.push("web:latest", ImageSpec(marker="1"))
    labels = {"updater.hold": "true"} if what.startswith("label") else {}
    host.run_container("web", "web:latest", labels=ON | labels)
    host.push("web:latest", ImageSpec(marker="2"))
    stays = f"{name}: your {what} holds it still; that ends when you take it away."
    use = ("--config", str(config))
    assert host.updater("release", name, *use).stdout.splitlines() == [stays]
    host.updater("hold", name)
    first, second = host.updater("release", name, *use).stdout.splitlines()
    assert first.startswith(f"{name}: the hold is over")
    assert second == stays
    host.updater("hold", name)
    without_an_engine = host.updater("release", name, *use, docker_host="unix:///nowhere.sock").stdout
    assert (stays in without_an_engine) is (what == "config entry")


def test_a_label_that_takes_an_entry_back_is_no_hold_that_stays(host: Host) -> None:
    config, name = host.directory / "updater.yml", host.name("web")
    config.write_text("containers:\n  '*':\n    hold: true\n")
    host.push("web:latest", ImageSpec(marker="1"))
    host.run_container("web", "web:latest", labels=ON | {"updater.hold": "false"})
    assert host.updater("release", name, "--config", str(config)).stdout == f"Nothing was held back for {name}.\n"


def test_a_container_that_is_gone_is_released_by_its_name(web: Host) -> None:
    name = web.name("web")
    web.updater("hold", name)
    web.client.remove_container(name, force=True)
    assert_failed(web.updater("hold", name), 2, "no container is named")
    assert "the hold is over" in web.updater("release", name).stdout
    assert remembered(web) == (None, ())
    assert_failed(web.updater("release", name), 2, "no container is named")


def test_a_name_needs_no_engine_to_be_released(web: Host) -> None:
    web.updater("hold", web.name("web"))
    away = "unix:///nowhere.sock"
    assert web.updater("release", web.name("web"), docker_host=away).exit_code == 0
    assert_failed(web.updater("release", web.name("web"), docker_host=away), 3, "no engine answers")
    assert_failed(web.updater("hold", web.name("web"), docker_host=away), 3, "no engine answers")


@pytest.mark.parametrize("command", ["hold", "skip", "release"])
def test_an_unknown_name_lists_what_is_there(web: Host, command: str) -> None:
    assert_failed(web.updater(command, "nobody"), 2, "'nobody'", web.name("web"))


@pytest.mark.parametrize("command", ["hold", "skip", "release"])
def test_a_state_folder_that_cannot_be_written_is_an_error(web: Host, command: str) -> None:
    nowhere = {"UPDATER_STATE_DIR": "/proc/nothing"}
    result = web.updater(command, web.name("web"), environment=nowhere)
    assert_failed(result, 1, "could not be kept", "/proc/nothing", "state_dir")


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


def test_a_hold_is_told_before_there_is_anything_to_hold_back(host: Host) -> None:
    host.push("web:latest", ImageSpec(marker="1"))
    host.run_container("web", "web:latest", labels=ON)
    assert host.updater("hold", host.name("web")).exit_code == 0
    container = checked(host.updater("check", "-o", "json").json)[host.name("web")]
    assert (container["decision"], codes(container)) == ("leave", ["up-to-date", "held"])
    assert "You hold it since" in host.updater("explain", host.name("web")).stdout


def test_a_skip_leaves_out_what_would_have_come(host: Host) -> None:
    outdated(host, **{"updater.min-age": "3s"})
    answer(host)
    host.wait_until(lambda: answer(host)[0] == "update", what="the image to be old enough")
    host.push("web:latest", ImageSpec(marker="3"))
    assert answer(host)[0] == "update"  # the second, since the third is too new
    assert host.updater("skip", host.name("web")).exit_code == 0
    assert answer(host)[1] == "too-new"
