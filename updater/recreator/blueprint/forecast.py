"""What do the notes of a blueprint mean to the container's owner: what changes, what is kept, what is worth knowing?

A value that the user set may be a secret wherever text is free; only what an image says is shown there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from updater.model.control_labels import OPERATION_PREFIX
from updater.model.forecast import YOURS, Change, Forecast, Kept
from updater.recreator.blueprint.image_defaults import COMPOSE_IMAGE_LABEL
from updater.recreator.blueprint.notes import FOLLOWS, KEPT, flatten
from updater.recreator.blueprint.volumes import is_mounted_at

if TYPE_CHECKING:
    from updater.recreator.blueprint.value import Blueprint, Json, Note

_OF_UPDATES = f"Labels.{OPERATION_PREFIX}"
_FREE_TEXT = ("Env.", "Labels.", "Cmd", "Entrypoint", "Healthcheck.Test")
_NOTHING_TO_RUN = "No command is left to run: the engine will refuse to make the new container."
# Bookkeeping, generated, for builds only, or said in another place: the container notices nothing.
_UNFELT = frozenset(
    {
        f"Labels.{COMPOSE_IMAGE_LABEL}",
        "ArgsEscaped",
        "Hostname",
        "HostConfig.Links",
        "HostConfig.MaskedPaths",
        "HostConfig.ReadonlyPaths",
        "HostConfig.Sysctls",
        "MacAddress",
        "OnBuild",
    }
)


def forecast(old: Json, old_image: Json | None, new_image: Json, blueprint: Blueprint) -> Forecast:
    """The blueprint's meaning; the arguments are those it was drawn from."""
    before, after = flatten((old_image or {}).get("Config") or {}), flatten(new_image.get("Config") or {})
    told = [note for note in blueprint.notes if note.field not in _UNFELT and not note.field.startswith(_OF_UPDATES)]
    notes = tuple(f"{note.field}: {note.why}." for note in told if note.why not in (FOLLOWS, KEPT))
    config = blueprint.expected.config
    return Forecast(
        changes=tuple(_change(note, before, after, old) for note in told if note.why == FOLLOWS),
        kept=tuple(_kept(note, before, after) for note in told if note.why == KEPT),
        notes=notes if config.get("Entrypoint") or config.get("Cmd") else (*notes, _NOTHING_TO_RUN),
        image_id=new_image["Id"],
    )


def _change(note: Note, before: Json, after: Json, old: Json) -> Change:
    return Change(
        note.field, _shown(note.field, note.old, before), note.new, _why_changed(note.field, after, note, old)
    )


def _why_changed(field: str, after: Json, note: Note, old: Json) -> str:
    if field.startswith("Volumes."):
        return _why_volume(field.removeprefix("Volumes."), after, old)
    if field == "Shell":
        return "it counts as the old image's, and is for builds only"
    if field not in after:
        return "the new image no longer sets it"
    return "the new image sets it" if note.old is None else "the image's default changed"


def _why_volume(path: str, after: Json, old: Json) -> str:
    mounted = is_mounted_at(path, old)
    if f"Volumes.{path}" not in after:
        return "the new image no longer declares it; what it holds stays mounted"
    return f"the new image declares it; {'what is mounted there stays' if mounted else 'it gets an empty volume'}"


def _kept(note: Note, before: Json, after: Json) -> Kept:
    value = _shown(note.field, note.old, before)
    return Kept(note.field, value, after.get(note.field), _why_kept(note, before))


def _why_kept(note: Note, before: Json) -> str:
    if note.old is None:
        return "you took it away" if note.field.startswith("Env.") else "your own command goes without it"
    if before.get(note.field) == note.old:
        return "it goes with what you set"
    return "you set it"


def _shown(field: str, value: Any, before: Json) -> Any:
    """What the old image gave as its default is no secret."""
    is_the_users = value is not None and before.get(field) != value
    return YOURS if is_the_users and field.startswith(_FREE_TEXT) else value
