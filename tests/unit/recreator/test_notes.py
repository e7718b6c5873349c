"""The notes name exactly what an update changes, and why."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.recreator.inspects import NEW_DEFAULTS, OLD_DEFAULTS, VOLUME, container, drawn, new_image, volume
from updater.recreator.blueprint import FOLLOWS, KEPT, Note

Json = dict[str, Any]


def noted(blueprint: Any, prefix: str = "") -> dict[str, tuple[Any, Any, str]]:
    return {note.field: (note.old, note.new, note.why) for note in blueprint.notes if note.field.startswith(prefix)}


def test_every_change_of_the_image_is_named() -> None:
    fields = {note.field for note in drawn(container({"Hostname": "mine"})).notes}
    assert fields == {
        "Cmd",
        "Entrypoint",
        "Env.ADDED",
        "Env.GONE",
        "Env.MODE",
        "ExposedPorts.80/tcp",
        "ExposedPorts.81/tcp",
        "Healthcheck.Interval",
        "Healthcheck.Retries",
        "Healthcheck.Test",
        "Healthcheck.Timeout",
        "Labels.added",
        "Labels.gone",
        "Labels.version",
        "StopSignal",
        "User",
        "Volumes./data",
        "Volumes./data2",
        "WorkingDir",
    }


@pytest.mark.parametrize(
    ("options", "change", "note"),
    [
        ({}, {"User": "9"}, Note("User", "1", "9", FOLLOWS)),
        ({"User": "me"}, {"User": "9"}, Note("User", "me", "me", KEPT)),
        ({}, {"Env": ["PATH=/bin", "MODE=x", "GONE=1"]}, Note("Env.MODE", "old", "x", FOLLOWS)),
        ({"Env": ["MODE=me"]}, {"Env": ["MODE=x", "GONE=1", "PATH=/bin"]}, Note("Env.MODE", "me", "me", KEPT)),
        ({}, {"Labels": {"version": "1"}}, Note("Labels.gone", "x", None, FOLLOWS)),
        ({}, {"Cmd": ["x"]}, Note("Cmd", ["serve"], ["x"], FOLLOWS)),
    ],
)
def test_one_change_one_note(options: Json, change: Json, note: Note) -> None:
    old = container({"Hostname": "mine", **options})
    assert drawn(old, to=new_image({**OLD_DEFAULTS, **change})).notes == (note,)


def test_the_same_image_changes_nothing() -> None:
    assert drawn(container({"Hostname": "mine"}), to=new_image(OLD_DEFAULTS)).notes == ()


def test_labels_of_updates_and_compose() -> None:
    old = container(
        {"Labels": {"updater.operation.id": "1", "updater.operation.gone": "1", "com.docker.compose.image": "x"}}
    )
    notes = noted(drawn(old, operation_labels={"updater.operation.id": "2", "updater.operation.new": "1"}), "Labels.")
    assert "earlier update" in notes["Labels.updater.operation.gone"][2]
    assert "which update made" in notes["Labels.updater.operation.id"][2]
    assert "which update made" in notes["Labels.updater.operation.new"][2]
    assert "compose" in notes["Labels.com.docker.compose.image"][2]


def test_what_is_not_copied_is_said_with_its_reason() -> None:
    old = container({}, {"KernelMemory": 7, "MaskedPaths": []}, mounts=[volume("/data")])
    notes = noted(drawn(old, to=new_image(NEW_DEFAULTS), api_version="1.44"))
    assert notes["HostConfig.KernelMemory"] == (7, None, "gone from API 1.42")
    assert notes["Hostname"][:2] == (old["Config"]["Hostname"], None)
    assert notes["Mounts./data"][1]["Source"] == VOLUME
    assert "HostConfig.MaskedPaths" not in notes
