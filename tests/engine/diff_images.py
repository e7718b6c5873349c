"""Which images and options does the suite of `updater diff` set against each other? Written by hand, and by chance."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from rig import ImageSpec, commands
from rig.images import BuiltImage, build
from rig.layers import digest_of
from tests.engine import fidelity_images

if TYPE_CHECKING:
    from random import Random

Json = dict[str, Any]
SECOND = 1_000_000_000
SECRET = "hunter2-of-the-user"
OLD = fidelity_images.OLD


@dataclass(frozen=True)
class Made:
    """How a container is made: Config and HostConfig in the words of the API."""

    config: Json = field(default_factory=dict)
    host: Json = field(default_factory=dict)


def raw(spec: ImageSpec, **fields: Any) -> BuiltImage:
    """An image with fields in its configuration that no ordinary builder writes."""
    built = build(spec)
    document = json.loads(built.config)
    document["config"] |= fields
    config = json.dumps(document).encode()
    manifest = json.loads(built.manifest)
    manifest["config"] |= {"digest": digest_of(config), "size": len(config)}
    return replace(built, config=config, manifest=json.dumps(manifest).encode())


def new_images() -> dict[str, ImageSpec | BuiltImage]:
    """What the old image is updated to."""
    check = dict(OLD.healthcheck or {})
    return {
        "everything": fidelity_images.NEW,
        "layers-only": replace(OLD, marker="2"),
        "bare": ImageSpec(marker="bare", command=commands.SERVE),
        "no-command": replace(OLD, marker="nc", command=None),
        "no-entrypoint": replace(OLD, marker="ne", entrypoint=None, command=commands.SERVE),
        "env": replace(OLD, env={"MODE": "a=b c ü", "EMPTY": "", "SAME": "1"}),
        "user": replace(OLD, user=""),
        "workdir": replace(OLD, workdir="/"),
        "stop-signal": replace(OLD, stop_signal=""),
        "ports": replace(OLD, exposed=("90/tcp", "53/udp")),
        "volumes": replace(OLD, volumes=("/cache", "/fresh", "/taken")),
        "labels": replace(OLD, labels={"version": "1", "updater.operation.name": "image's", "same": "2"}),
        "timeout": replace(OLD, healthcheck=check | {"Timeout": 7 * SECOND}),
        "start-interval": replace(OLD, healthcheck=check | {"StartInterval": 2 * SECOND, "Retries": 0}),
        "no-healthcheck": replace(OLD, healthcheck=None),
        "healthcheck-off": replace(OLD, healthcheck={"Test": ["NONE"]}),
        "not-for-containers": raw(
            replace(OLD, shell=("/bin/new",), on_build=("RUN x",)),
            StopTimeout=99,
            Tty=True,
            OpenStdin=True,
            Hostname="image",
            Domainname="image",
            MacAddress="02:42:ac:11:00:99",
            Image="sha256:1234",
            ArgsEscaped=True,
            Invented2030={"a": 1},
        ),
    }


OPTIONS = {
    "plain": Made(),
    "all-mine": Made(
        {
            "Env": [f"MODE={SECRET}", "MINE=1", f"PASSWORD={SECRET}"],
            "Labels": {"version": SECRET, "mine": SECRET},
            "Cmd": ["-c", f"sleep 1 # {SECRET}"],
            "User": "0",
            "WorkingDir": "/mine",
            "StopSignal": "SIGUSR1",
            "ExposedPorts": {"80/tcp": {}, "99/udp": {}},
            "Volumes": {"/mine": {}, "/data": {}},
            "Healthcheck": {"Test": ["CMD-SHELL", f"true {SECRET}"], "Interval": 5 * SECOND},
            "StopTimeout": 3,
            "Hostname": "mine",
        },
    ),
    "entrypoint": Made({"Entrypoint": ["/bin/sh", "-x"]}),
    "entrypoint-of-old": Made({"Entrypoint": ["/bin/sh"]}),
    "cleared": Made({"Entrypoint": [""], "Cmd": ["/bin/sh"]}),
    "emptied": Made({"Entrypoint": []}),
    "healthcheck-off": Made({"Healthcheck": {"Test": ["NONE"]}}),
    "as-the-image": Made(
        {"Env": ["MODE=old", "SAME=1"], "User": "1001", "WorkingDir": "/srv", "Labels": {"version": "1"}}
    ),
    "env-removed": Made({"Env": ["MODE", "SAME=", "ADDED=mine"]}),
    "published": Made({}, {"PortBindings": {"80/tcp": [{"HostPort": ""}]}, "PublishAllPorts": True}),
    "mounted": Made({}, {"Binds": ["/tmp:/taken", "/tmp:/data2:ro"], "Tmpfs": {"/fresh": ""}}),
    "host-network": Made({}, {"NetworkMode": "host"}),
    "shell": Made({"Shell": ["/bin/mine"]}),
    "compose": Made(
        {
            "Labels": {
                "com.docker.compose.image": "sha256:" + "7" * 64,
                "com.docker.compose.project": "p",
                "updater.operation.id": "earlier",
            }
        }
    ),
}

_WORDS = ("one", "two", "three")


def chance_image(random: Random, marker: str) -> ImageSpec:
    """Any image; few words, so that defaults often agree and often do not."""
    return ImageSpec(
        marker=marker,
        env={name: random.choice(_WORDS) for name in _some(random, ("A", "B", "C"))},
        labels={name: random.choice(_WORDS) for name in _some(random, ("a", "b", "c"))},
        command=commands.SERVE if random.random() < 0.5 else tuple(_some(random, _WORDS)) or ("x",),
        entrypoint=random.choice((None, ("/bin/sh",), ("/bin/sh", "-x"))),
        user=random.choice(("", "1", "2")),
        workdir=random.choice(("", "/a", "/b")),
        stop_signal=random.choice(("", "SIGINT", "SIGTERM")),
        exposed=_some(random, ("1/tcp", "2/tcp", "3/udp")),
        volumes=_some(random, ("/v1", "/v2")),
        healthcheck=_chance_healthcheck(random),
    )


def chance_options(random: Random) -> Made:
    """Any options, from the same few words."""
    fields: Json = {
        "Env": [f"{name}={random.choice(_WORDS)}" for name in _some(random, ("A", "B", "D"))],
        "Labels": {name: random.choice(_WORDS) for name in _some(random, ("a", "b", "d"))},
        "Cmd": list(_some(random, _WORDS)) or None,
        "Entrypoint": random.choice((None, ["/bin/sh"], ["/bin/sh", "-e"], [""])),
        "User": random.choice(("1", "3")),
        "WorkingDir": random.choice(("/a", "/c")),
        "StopSignal": random.choice(("SIGINT", "SIGUSR1")),
        "ExposedPorts": {port: {} for port in _some(random, ("1/tcp", "4/tcp"))},
        "Volumes": {path: {} for path in _some(random, ("/v1", "/v3"))},
        "Healthcheck": _chance_healthcheck(random),
    }
    chosen = {name: value for name, value in fields.items() if value and random.random() < 0.4}
    if chosen.get("Entrypoint") == [""] and "Cmd" not in chosen:
        chosen["Cmd"] = ["/bin/sh"]
    return Made(chosen)


def _chance_healthcheck(random: Random) -> Json | None:
    if random.random() < 0.3:
        return None
    found: Json = {"Test": random.choice((["CMD", "true"], ["CMD-SHELL", "true"], ["NONE"]))}
    for name in _some(random, ("Interval", "Timeout", "StartPeriod")):
        found[name] = random.choice((1, 2)) * SECOND
    return found | ({"Retries": random.choice((1, 2))} if random.random() < 0.5 else {})


def _some(random: Random, values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(value for value in values if random.random() < 0.5)
