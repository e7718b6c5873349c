"""Is an image what its spec says, and the same one every time?"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from rig import ImageSpec, Platform, build, commands
from rig.images import OCI_TYPES

if TYPE_CHECKING:
    from rig.host import Host

FULL = ImageSpec(
    command=["one", "two"],
    entrypoint=["/bin/echo"],
    env={"COLOUR": "blue"},
    labels={"org.example": "yes"},
    user="app",
    workdir="/tmp",
    healthcheck=commands.GOOD_HEALTH,
    exposed=["80/tcp"],
    volumes=["/data"],
    stop_signal="SIGINT",
    shell=["/bin/sh", "-ec"],
    on_build=["RUN true"],
    created="2023-04-05T06:07:08Z",
    platform=Platform("arm64", "linux", "v8"),
    files={"/opt/file": b"content", "/opt/bin/tool": b"#!/bin/sh\necho it runs\n"},
    marker="m",
)


def test_the_engine_sees_what_the_spec_says(host: Host) -> None:
    seen = host.client.inspect_image(host.load("full:1", FULL))
    expected: dict[str, Any] = {
        "Cmd": ["one", "two"],
        "Entrypoint": ["/bin/echo"],
        "Env": ["PATH=/bin:/usr/bin", "COLOUR=blue"],
        "ExposedPorts": {"80/tcp": {}},
        "Healthcheck": {"Test": ["CMD-SHELL", "true"], "Interval": 200000000, "Timeout": 2000000000, "Retries": 2},
        "Labels": {"org.example": "yes"},
        "OnBuild": ["RUN true"],
        "Shell": ["/bin/sh", "-ec"],
        "StopSignal": "SIGINT",
        "User": "app",
        "Volumes": {"/data": {}},
        "WorkingDir": "/tmp",
    }
    assert {name: seen["Config"][name] for name in expected} == expected
    assert (seen["Architecture"], seen["Os"], seen["Variant"]) == ("arm64", "linux", "v8")
    assert seen["Created"] == "2023-04-05T06:07:08Z"


def test_the_files_are_there(host: Host) -> None:
    files = {"/opt/file": b"content", "/opt/bin/tool": b"#!/bin/sh\necho it runs\n"}
    host.push("web:latest", ImageSpec(files=files, marker="m"))
    host.run_container("web", "web:latest", User="app")
    assert host.execute("web", "cat /opt/file; /opt/bin/tool; cat /etc/marker; id -un") == "contentit runs\nmapp\n"


def test_the_digests_are_those_the_engine_and_the_registry_find(host: Host) -> None:
    image = build(ImageSpec(marker="one"))
    assert host.push("web:latest", image) == image.digest
    assert host.pull("web:latest") == image.image_id


@pytest.mark.parametrize("types", [FULL.types, OCI_TYPES], ids=["docker", "oci"])
def test_the_same_spec_gives_the_same_bytes(types: Any) -> None:
    spec = ImageSpec(marker="one", types=types)
    assert build(spec).manifest == build(spec).manifest
    assert json.loads(build(spec).manifest)["mediaType"] == types.manifest


def test_images_share_their_base() -> None:
    one, two = build(ImageSpec(marker="one")), build(ImageSpec(marker="two"))
    assert one.layers[0] is two.layers[0]
    assert one.digest != two.digest


@pytest.mark.parametrize(
    ("command", "code"),
    [(commands.EXIT_AT_ONCE, 1), (commands.FINISH, 0), (commands.CRASH_LOOP, 1), (commands.exit_after(0.1, 7), 7)],
)
def test_commands_that_end(host: Host, command: commands.Command, code: int) -> None:
    host.push("web:latest", ImageSpec(command=command))
    host.run_container("web", "web:latest")
    assert host.client.wait(host.name("web"))["StatusCode"] == code


def test_a_deaf_container_has_to_be_killed(host: Host) -> None:
    host.push("web:latest", ImageSpec(command=commands.DEAF))
    host.run_container("web", "web:latest")
    host.client.stop(host.name("web"), timeout=1)
    assert host.inspect("web")["State"]["ExitCode"] == 137


def test_health_checks_tell_good_from_bad(host: Host) -> None:
    for name, check in {
        "good": commands.GOOD_HEALTH,
        "bad": commands.BAD_HEALTH,
        "file": commands.FILE_HEALTH,
    }.items():
        host.push(f"{name}:latest", ImageSpec(healthcheck=check))
        host.run_container(name, f"{name}:latest")
    host.wait_for_health("good", "healthy")
    host.wait_for_health("bad", "unhealthy")
    host.wait_for_health("file", "unhealthy")
    host.execute("file", f"touch {commands.HEALTH_FILE}")
    host.wait_for_health("file", "healthy")
