"""What stands there to be checked? An engine, a registry made for measuring, and containers that were never started."""

from __future__ import annotations

import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import urllib3

from benchmarks.many_images import repository
from rig import Rig, open_rig
from rig.host import PROJECT, Host
from rig.machine import SEARCH_PATH

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PORT = 5600
ADDRESS = f"127.0.0.1:{PORT}"
REALM = f"http://{ADDRESS}/token"
_PULLS_AT_ONCE = 4


class Scene:
    """The containers are named by numbers, as are the images; what is there is kept from case to case."""

    def __init__(self, rig: Rig, folder: Path) -> None:
        self.rig = rig
        self.folder = folder
        self._host = Host(rig, "bench", folder)
        self._pool = urllib3.PoolManager()
        self._images: list[str] = []
        self._containers: list[str] = []

    def environment(self, docker_host: str | None = None) -> dict[str, str]:
        """What the program under test gets to see."""
        return self._host.environment(docker_host)

    def order(self, order: str, value: int = 1) -> None:
        """Tell the registry something (see registry_server.py)."""
        self._pool.request("PUT", f"http://{ADDRESS}/control/{order}/{value}")

    def counts(self) -> Mapping[str, int]:
        """What the registry was asked since it was told to forget."""
        counts = self._pool.request("GET", f"http://{ADDRESS}/control/counts").json()
        assert isinstance(counts, dict)
        return counts

    def references(self, images: int) -> list[str]:
        """The URLs of the manifests behind the images' tags."""
        return [f"http://{ADDRESS}/v2/{repository(number)}/manifests/latest" for number in range(images)]

    def fill(self, images: int, containers: int) -> None:
        """Have that many containers, on so many images in turn; takes away what is there of another distribution."""
        client: Any = self._host.client
        missing = range(len(self._images), images)
        with ThreadPoolExecutor(_PULLS_AT_ONCE) as pool:
            self._images += pool.map(self._pull, missing)
            fitting = [self._images[number % images] for number in range(containers)]
            if fitting[: len(self._containers)] != self._containers:
                everything = [entry["Id"] for entry in client.containers(all=True)]
                list(pool.map(lambda identifier: client.remove_container(identifier, force=True), everything))
                self._containers = []
            wanted = enumerate(fitting[len(self._containers) :], start=len(self._containers))
            list(pool.map(lambda pair: self._create(*pair), wanted))
        self._containers = fitting

    def _pull(self, number: int) -> str:
        reference = f"{ADDRESS}/{repository(number)}:latest"
        for line in self._host.client.pull(reference, stream=True, decode=True):
            assert "error" not in line, line
        return reference

    def _create(self, number: int, reference: str) -> None:
        # As rich in labels as what docker compose makes, since the engine's list repeats them all.
        labels = {f"com.docker.compose.{what}": f"value-{number}" for what in _COMPOSE_LABELS}
        self._host.client.create_container_from_config({"Image": reference, "Labels": labels}, f"app-{number:04}")


_COMPOSE_LABELS = (
    "config-hash",
    "container-number",
    "image",
    "oneoff",
    "project",
    "project.config_files",
    "project.working_dir",
    "service",
    "version",
)


@contextmanager
def scene(images: int) -> Iterator[Scene]:
    """The rig with a registry of that many images; all of it is gone at the end."""
    with open_rig() as rig, rig.network(), tempfile.TemporaryDirectory() as folder, _registry_server(rig, images):
        yield Scene(rig, Path(folder))


@contextmanager
def _registry_server(rig: Rig, images: int) -> Iterator[None]:
    command = [sys.executable, "-m", "benchmarks.registry_server", str(PORT), str(images)]
    with rig.popen(command, {"PATH": SEARCH_PATH, "PYTHONPATH": str(PROJECT)}) as server:
        assert server.stdout is not None
        if server.stdout.readline() != "ready\n":
            raise RuntimeError(f"the registry did not start: {server.communicate()[1]}")
        try:
            yield
        finally:
            server.kill()
