"""What becomes of each field, in words for a person, and why?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from updater.recreator.blueprint.canonical import same
from updater.recreator.blueprint.image_defaults import COMPOSE_IMAGE_LABEL
from updater.recreator.blueprint.merge import INHERITED
from updater.recreator.blueprint.table import CONFIG_RULES, HOST_RULES
from updater.recreator.blueprint.value import Note

if TYPE_CHECKING:
    from collections.abc import Iterator

    from updater.recreator.blueprint.inputs import Inputs
    from updater.recreator.blueprint.value import Json

FOLLOWS = "follows the image"
KEPT = "kept: not the old image's default"
IMAGE_GONE = "the image it ran is gone: all its settings count as yours and are kept"
_STRIPPED = "dropped: written by an earlier update"
_REPLACED = "says which image it runs, for compose"
_BY_NAME = "kept: the volume that the engine made for this place goes along, by its name"
_NO_LONGER_ELSEWHERE = "kept: asked for here, since the container it came from is gone or its options do not fit"
# Told mount by mount; the image's id has a note of its own.
_TOLD_APART = frozenset({"Image", "Binds", "Mounts"})
_OF_OPERATION = "says which update made the container"


def write_notes(inputs: Inputs, config: Json, host: Json, expected: Json) -> tuple[Note, ...]:
    """All notes: the image's gone, fields the images have a say in, and the others that are not copied."""
    notes: list[Note] = []
    if inputs.old_image is None:
        notes.append(Note("Image", inputs.old.get("Image"), inputs.new_image["Id"], IMAGE_GONE))
    notes.extend(_inherited(inputs, config, expected))
    notes.extend(_rewritten(inputs, config, host))
    notes.extend(_mounted(inputs, host))
    return tuple(notes)


def _inherited(inputs: Inputs, config: Json, expected: Json) -> Iterator[Note]:
    before, after, own = flatten(inputs.config), flatten(expected), flatten(config)
    image = flatten(inputs.new_defaults)
    for field in sorted({**before, **after}):
        old, new = before.get(field), after.get(field)
        if field in own and field in before:
            if field.startswith("Labels.") and old != new:
                why = _REPLACED if field == f"Labels.{COMPOSE_IMAGE_LABEL}" else _OF_OPERATION
                yield Note(field, old, new, why)
            elif field in image and image[field] != new:
                yield Note(field, old, new, KEPT)
        elif old != new:
            why = FOLLOWS if field in image or field not in own else _OF_OPERATION
            stripped = field.startswith("Labels.") and inputs.was_ours(field.removeprefix("Labels."))
            yield Note(field, old, new, _STRIPPED if stripped else why)
    for field in ("Entrypoint", "Cmd"):
        # Cleared by the user, or not inherited beside an entrypoint of the user's.
        if field in image and field not in before and field not in after:
            yield Note(field, None, None, KEPT)


def _rewritten(inputs: Inputs, config: Json, host: Json) -> Iterator[Note]:
    for prefix, rules, old, new in (
        ("", CONFIG_RULES, inputs.config, config),
        ("HostConfig.", HOST_RULES, inputs.host, host),
    ):
        for rule in rules:
            for field in rule.fields:
                told = field in _TOLD_APART or (prefix == "" and field in INHERITED)
                if not told and not same(old.get(field), new.get(field)):
                    yield Note(prefix + field, old.get(field), new.get(field), rule.why)


def _mounted(inputs: Inputs, host: Json) -> Iterator[Note]:
    asked = {mount.get("Target"): mount for mount in inputs.host.get("Mounts") or ()}
    for mount in host.get("Mounts") or ():
        before = asked.get(mount["Target"])
        if not same(before, mount):
            why = _BY_NAME if mount.get("Type") == "volume" else _NO_LONGER_ELSEWHERE
            yield Note(f"Mounts.{mount['Target']}", before, mount, why)


def flatten(config: Json) -> dict[str, Any]:
    """One entry for each thing that can change by itself: a variable, a label, a port, a field of the healthcheck."""
    flat: dict[str, Any] = {}
    for entry in config.get("Env") or ():
        name, equals, value = entry.partition("=")
        flat[f"Env.{name}"] = value if equals else None
    for field in ("Labels", "ExposedPorts", "Volumes", "Healthcheck"):
        for key, value in (config.get(field) or {}).items():
            if field != "Healthcheck" or value:
                flat[f"{field}.{key}"] = value
    for field in ("User", "WorkingDir", "StopSignal", "Entrypoint", "Cmd", "Shell"):
        if config.get(field):
            flat[field] = config[field]
    return flat
