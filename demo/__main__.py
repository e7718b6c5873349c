"""Runs the main job for real: one container is current, one is updated, one has a broken new image and is put back.

1. open a private engine and registry
2. push three images, run a container of each, push newer images for two of them
3. updater check, updater run, updater check
4. check that everything is as promised, and take everything down
"""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

from rig import commands
from rig.errors import RigError
from rig.images import ImageSpec, push
from rig.whole import Rig, open_rig

if TYPE_CHECKING:
    from collections.abc import Mapping

    import docker

# Name → what the newer image runs; None where there is none.
NEWER: Mapping[str, ImageSpec | None] = {
    "blog": ImageSpec(marker="blog 2", env={"VERSION": "2"}, healthcheck=commands.GOOD_HEALTH),
    "cache": None,
    "shop": ImageSpec(
        marker="shop 2",
        env={"VERSION": "2"},
        command=commands.shell("echo 'shop: cannot read the database schema of version 1'; exit 1"),
    ),
}


def main() -> int:
    """Returns the exit code."""
    try:
        with open_rig() as rig:
            return _show(rig)
    except RigError as error:
        sys.stderr.write(f"The demo cannot run here: {error}\n")
        return 1
    except KeyboardInterrupt:
        return 130


def _show(rig: Rig) -> int:
    _say("A private engine and registry are up; your own containers are not touched.")
    client = rig.engine.client()
    before = {name: _run_container(rig, client, name) for name in NEWER}
    for name, spec in NEWER.items():
        if spec is not None:
            push(rig.registry, f"{name}:latest", spec)
    _say("Three containers run. Newer images of blog and shop were published; the one of shop is broken.")
    _updater(rig, "check")
    ended = _updater(rig, "run")
    _say(f"(exit code {ended}: one update was rolled back)")
    _updater(rig, "check")
    return _verdict(client, before, ended)


def _run_container(rig: Rig, client: docker.APIClient, name: str) -> str:
    image = f"{rig.registry.address}/{name}:latest"
    push(rig.registry, f"{name}:latest", ImageSpec(marker=f"{name} 1", env={"VERSION": "1"}))
    client.pull(image)
    settings = client.create_host_config(restart_policy={"Name": "unless-stopped"}, binds=[f"{name}-data:/data"])
    created = client.create_container(image, name=name, labels={"updater.enable": "true"}, host_config=settings)
    container = str(created["Id"])
    client.start(container)
    return container


def _updater(rig: Rig, *arguments: str) -> int:
    _say(f"\n$ updater {' '.join(arguments)}")
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("UPDATER_", "DOCKER_"))},
        "DOCKER_HOST": rig.engine.host,
        "DOCKER_CONFIG": str(rig.directory / "no-logins"),
        "UPDATER_STATE_DIR": str(rig.directory / "state"),
    }
    with rig.network():  # the registry's address is only known in there
        return subprocess.run([sys.executable, "-m", "updater", *arguments], env=environment, check=False).returncode


def _verdict(client: docker.APIClient, before: Mapping[str, str], ended: int) -> int:
    """Whether what the engine shows is what was promised."""
    now = {name: client.inspect_container(name) for name in NEWER}
    running = all(container["State"]["Running"] for container in now.values())
    updated = "VERSION=2" in now["blog"]["Config"]["Env"] and now["blog"]["Id"] != before["blog"]
    untouched = now["cache"]["Id"] == before["cache"]
    put_back = now["shop"]["Id"] == before["shop"]
    alone = len(client.containers(all=True)) == len(NEWER)
    if running and updated and untouched and put_back and alone and ended == 1:
        _say("\nblog runs its new image, cache was left alone, and shop is the very same container as before.")
        return 0
    _say("\nThis is not as promised; please report it.")
    return 1


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
