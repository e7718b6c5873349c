"""What does a compose file become on an engine, without compose? Its keys as create bodies, networks and volumes.

Only what the shipped file uses is understood; any other key is an error, so that none of it goes untested.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml

from rig.errors import RigError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

Json = dict[str, Any]
_VARIABLE = re.compile(r"\$\{(\w+)(?::([-?])([^}]*))?\}")
_UNITS = {"k": 1 << 10, "m": 1 << 20, "g": 1 << 30}
_SECONDS = {"s": 1, "m": 60, "h": 3600}
# What concerns others than the engine: the image is built already, and there is an order in which to start.
_NOT_IN_A_BODY = {"build", "depends_on", "networks", "stop_grace_period"}


@dataclass(frozen=True)
class ComposeFile:
    """The parts, with the file's own names."""

    services: Mapping[str, Json] = field(repr=False)
    networks: Mapping[str, Json]
    volumes: tuple[str, ...]


def read_compose_file(path: Path, variables: Mapping[str, str]) -> ComposeFile:
    """The file with its variables filled in; raises RigError for what is not understood."""
    return parse_compose(path.read_text(), variables)


def parse_compose(text: str, variables: Mapping[str, str]) -> ComposeFile:
    """The same of a text."""
    document = yaml.safe_load(_VARIABLE.sub(lambda found: _value(found, variables), text))
    unknown = set(document) - {"services", "networks", "volumes", "version"}  # the version says nothing to anybody
    volumes = document.get("volumes", {})
    if unknown or any(volumes.values()):
        raise RigError(f"the compose file's {unknown or 'volumes'} is not understood")
    networks = {
        name: {"internal": bool((given or {}).get("internal"))} for name, given in document.get("networks", {}).items()
    }
    return ComposeFile(document["services"], networks, tuple(volumes))


def create_body(service: Mapping[str, Any], places: Mapping[str, str]) -> Json:
    """What to send to `/containers/create`; `places` says what stands for a volume, or a path of the host."""
    body: Json = {"HostConfig": {}}
    for key, value in service.items():
        if key in _NOT_IN_A_BODY:
            continue
        if key == "volumes":
            body["HostConfig"]["Binds"] = [_bind(one, places) for one in value]
        elif key in _BODY:
            name, translated = _BODY[key]
            body[name] = translated(value)
        elif key in _HOST_CONFIG:
            name, translated = _HOST_CONFIG[key]
            body["HostConfig"][name] = translated(value)
        else:
            raise RigError(f"the key {key!r} of a service is not understood")
    if "stop_grace_period" in service:
        body["StopTimeout"] = _duration(service["stop_grace_period"])
    return body


def _value(found: re.Match[str], variables: Mapping[str, str]) -> str:
    name, kind, rest = found.groups()
    if name in variables:
        return variables[name]
    if kind == "?":
        raise RigError(f"the variable {name} has to be set: {rest}")
    return rest or ""


def _bind(text: str, places: Mapping[str, str]) -> str:
    source, _, rest = text.partition(":")
    return f"{places[source]}:{rest}"


def _bytes(text: str) -> int:
    return int(text[:-1]) * _UNITS[text[-1]]


def _duration(text: str) -> int:
    return int(text[:-1]) * _SECONDS[text[-1]]


def _tmpfs(entries: list[str]) -> dict[str, str]:
    return {path: options for path, _, options in (entry.partition(":") for entry in entries)}


def _environment(given: Mapping[str, Any] | list[str]) -> list[str]:
    return given if isinstance(given, list) else [f"{name}={value}" for name, value in given.items()]


def _labels(given: Mapping[str, str] | list[str]) -> dict[str, str]:
    return dict(label.split("=", 1) for label in given) if isinstance(given, list) else dict(given)


def _words(given: str | list[str]) -> list[str]:
    return shlex.split(given) if isinstance(given, str) else list(given)


def _same(value: Any) -> Any:
    return value


_BODY: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "image": ("Image", _same),
    "command": ("Cmd", _words),
    "user": ("User", str),
    "labels": ("Labels", _labels),
    "environment": ("Env", _environment),
}
_HOST_CONFIG: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "restart": ("RestartPolicy", lambda name: {"Name": name}),
    "read_only": ("ReadonlyRootfs", bool),
    "tmpfs": ("Tmpfs", _tmpfs),
    "group_add": ("GroupAdd", list),
    "cap_drop": ("CapDrop", list),
    "security_opt": ("SecurityOpt", list),
    "mem_limit": ("Memory", _bytes),
    "cpus": ("NanoCpus", lambda number: int(float(number) * 1e9)),
    "pids_limit": ("PidsLimit", int),
    "logging": ("LogConfig", lambda given: {"Type": given["driver"], "Config": dict(given["options"])}),
}
