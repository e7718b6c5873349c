"""Whose word counts? The container's label, its entry in the config file, what is said for all; never an image's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rig import ImageSpec
from tests.engine.contract import checked, codes
from tests.engine.decisions import ON, answer, hours, outcome, outdated

if TYPE_CHECKING:
    from pathlib import Path

    from rig.host import Host


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
