"""What does the engine make of a Config and an image? Foretold by its own rules (moby, daemon/commit.go: merge)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from updater.recreator.blueprint.value import Json

# Fields that an engine fills from the image. Shell is inherited by builds only, seen on 20.10.
INHERITED = (
    "User",
    "ExposedPorts",
    "Env",
    "Entrypoint",
    "Cmd",
    "WorkingDir",
    "Labels",
    "Volumes",
    "Healthcheck",
    "StopSignal",
)


def merge(config: Json, image: Json) -> dict[str, Any]:
    """Config as inspect will show it, for a create body's Config and the Config of the image."""
    merged = dict(config)
    for field in ("User", "WorkingDir", "StopSignal"):
        merged[field] = config.get(field) or image.get(field) or ""
    for field in ("ExposedPorts", "Volumes", "Labels"):
        merged[field] = {**(image.get(field) or {}), **(config.get(field) or {})}
    merged["Env"] = _environment(config.get("Env") or [], image.get("Env") or [])
    merged["Entrypoint"], merged["Cmd"] = _command(config, image)
    merged["Healthcheck"] = _healthcheck(config.get("Healthcheck"), image.get("Healthcheck"))
    return merged


def _environment(own: list[str], defaults: list[str]) -> list[str]:
    if not own:
        return list(defaults)
    merged = {entry.partition("=")[0]: entry for entry in reversed(defaults)}
    names = {entry.partition("=")[0] for entry in own}
    return [*own, *(entry for name, entry in reversed(merged.items()) if name not in names)]


def _command(config: Json, image: Json) -> tuple[list[str] | None, list[str] | None]:
    entrypoint, arguments = config.get("Entrypoint"), config.get("Cmd")
    if not entrypoint:
        arguments = arguments or image.get("Cmd")
        entrypoint = image.get("Entrypoint") if entrypoint is None else entrypoint
    return (None if entrypoint == [""] else entrypoint), arguments


def _healthcheck(own: Json | None, default: Json | None) -> dict[str, Any] | None:
    if not own or not default:
        return dict(own or default or {}) or None
    return {name: own.get(name) or default.get(name) for name in {**default, **own}}
