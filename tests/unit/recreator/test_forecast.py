"""What the notes come to for the container's owner: what changes, what is kept; no bookkeeping, and no secret."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.recreator.inspects import (
    NEW_DEFAULTS,
    OLD_DEFAULTS,
    VOLUME,
    container,
    drawn,
    image,
    new_image,
    volume,
)
from updater.model.forecast import YOURS, Change, Forecast, Kept
from updater.recreator.blueprint import forecast

Json = dict[str, Any]


def foretold(old: Json, defaults: Json | None = None, old_defaults: Json | None = None) -> Forecast:
    """The forecast of the update to an image with these defaults."""
    old_image, new = image(old_defaults), new_image({**OLD_DEFAULTS, **(defaults or {})})
    return forecast(old, old_image, new, drawn(old, old_image, new))


def test_the_same_image_changes_nothing() -> None:
    assert foretold(container()) == Forecast(image_id=new_image()["Id"])


@pytest.mark.parametrize(
    ("defaults", "change"),
    [
        ({"User": "9"}, Change("User", "1", "9", "the image's default changed")),
        ({"User": ""}, Change("User", "1", None, "the new image no longer sets it")),
        ({"Labels": {**OLD_DEFAULTS["Labels"], "a": "b"}}, Change("Labels.a", None, "b", "the new image sets it")),
        (
            {"Env": ["PATH=/bin", "MODE=old"]},
            Change("Env.GONE", "1", None, "the new image no longer sets it"),
        ),
        (
            {"Volumes": {}},
            Change("Volumes./data", {}, None, "the new image no longer declares it; what it holds stays mounted"),
        ),
        (
            {"Volumes": {"/data": {}, "/x": {}}},
            Change("Volumes./x", None, {}, "the new image declares it; it gets an empty volume"),
        ),
        (
            {"Volumes": {"/data": {}, "/there/": {}}},
            Change("Volumes./there/", None, {}, "the new image declares it; what is mounted there stays"),
        ),
        (
            {"Healthcheck": {**OLD_DEFAULTS["Healthcheck"], "Retries": 4}},
            Change("Healthcheck.Retries", 3, 4, "the image's default changed"),
        ),
    ],
)
def test_one_change(defaults: Json, change: Change) -> None:
    told = foretold(container(mounts=[volume("/data"), volume("/there", "mine")]), defaults)
    assert (told.changes, told.kept) == ((change,), ())


@pytest.mark.parametrize(
    ("options", "defaults", "kept"),
    [
        ({"User": "me"}, {"User": "9"}, Kept("User", "me", "9", "you set it")),
        ({"Env": ["MODE=me"]}, {}, Kept("Env.MODE", YOURS, "old", "you set it")),
        ({"Env": ["MODE"]}, {}, Kept("Env.MODE", None, "old", "you took it away")),
        ({"Env": ["MODE="]}, {}, Kept("Env.MODE", YOURS, "old", "you set it")),
        ({"Labels": {"version": "me"}}, {}, Kept("Labels.version", YOURS, "1", "you set it")),
        ({"Cmd": ["me"]}, {}, Kept("Cmd", YOURS, ["serve"], "you set it")),
        (
            {"Entrypoint": [""], "Cmd": ["serve"]},
            {},
            Kept("Entrypoint", None, ["/old"], "your own command goes without it"),
        ),
        ({"WorkingDir": "/me"}, {}, Kept("WorkingDir", "/me", "/old", "you set it")),
    ],
)
def test_one_kept(options: Json, defaults: Json, kept: Kept) -> None:
    told = foretold(container(options), defaults)
    assert (told.changes, told.kept) == ((), (kept,))


def test_an_entrypoint_of_the_users_keeps_the_images_command_away() -> None:
    kept = {kept.field: (kept.value, kept.image_default) for kept in foretold(container({"Entrypoint": ["/me"]})).kept}
    assert kept == {"Entrypoint": (YOURS, ["/old"]), "Cmd": (None, ["serve"])}


def test_what_is_bookkeeping_is_not_told() -> None:
    labels = {"updater.operation.id": "1", "com.docker.compose.image": "sha256:x"}
    host = {"MaskedPaths": ["/proc/kcore", "/proc/timer_list", "/proc/scsi", "/sys/firmware"]}
    told = foretold(container({"Labels": labels}, host), {"Labels": {"updater.operation.id": "image's"}})
    assert [change.field for change in told.changes] == ["Labels.gone", "Labels.version"]
    assert (told.kept, told.notes) == ((), ())


def test_a_carried_volume_is_noted() -> None:
    (note,) = foretold(container(mounts=[volume("/data")])).notes
    assert note.startswith("Mounts./data: kept")
    assert VOLUME not in note


def test_that_nothing_is_left_to_run_is_noted() -> None:
    told = foretold(container(), {"Entrypoint": None, "Cmd": None})
    assert told.notes == ("No command is left to run: the engine will refuse to make the new container.",)


def test_no_secret_is_held_whatever_the_user_set() -> None:
    secret = "hunter2"
    options: Json = {
        "Env": [f"MODE={secret}", f"MINE={secret}"],
        "Labels": {"version": secret, "mine": secret},
        "Cmd": [secret],
        "Entrypoint": [secret],
        "Healthcheck": {"Test": ["CMD", secret]},
    }
    told = foretold(container(options), NEW_DEFAULTS)
    assert len(told.kept) == 5
    assert secret not in repr(told)
