"""What does one test (or one scene of the demo) do with the engine, under names of its own?"""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from docker.errors import APIError, ImageNotFound, NotFound

from rig.errors import RigError
from rig.images import BuiltImage, BuiltIndex, ImageSpec, load, push
from rig.machine import SEARCH_PATH

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Mapping, Sequence
    from types import TracebackType

    from rig.whole import Rig

PROJECT = Path(__file__).parent.parent
POLL_SECONDS = 0.02


@dataclass(frozen=True)
class Result:
    """What a run of the updater gave."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def json(self) -> Any:
        """Standard output as one JSON document."""
        return json.loads(self.stdout)


class Host:
    """A machine with containers, as an updater sees it. All names are prefixed; all of it is removed at the end.

    Methods take short names: `web` is the container `<prefix>-web`, and the image `web:latest` that was pushed
    here is `127.0.0.1:5000/<prefix>/web:latest`. Any other image name is taken as it is.
    """

    def __init__(self, rig: Rig, prefix: str, directory: Path) -> None:
        self.rig = rig
        self.prefix = prefix
        self.directory = directory
        self.client = rig.engine.client()
        self._pushed: set[str] = set()
        self._home = directory / "home"
        self._home.mkdir()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.remove_everything()
        self.client.close()

    # Names

    def name(self, short: str) -> str:
        """The full name of a container, network or volume."""
        return f"{self.prefix}-{short}"

    def repository(self, short: str) -> str:
        """The path of a repository within the registry; a tag is left out."""
        return f"{self.prefix}/{short.partition(':')[0]}"

    def reference(self, short: str) -> str:
        """What to write where an image is named."""
        return f"{self.rig.registry.address}/{self.prefix}/{short}"

    # Images

    def push(self, short: str, content: ImageSpec | BuiltImage | BuiltIndex | Sequence[BuiltImage]) -> str:
        """Make a tag in the registry name this content; give the digest."""
        self._pushed.add(short)
        return push(self.rig.registry, f"{self.prefix}/{short}", content)

    def load(self, short: str, image: ImageSpec | BuiltImage) -> str:
        """Put an image into the engine only, as `<prefix>-<short>`, as if built there; give its id."""
        return load(self.client, self.name(short), image)

    def pull(self, short: str) -> str:
        """Pull a pushed image now; give its id."""
        reference = self.reference(short)
        for event in self.client.pull(reference, stream=True, decode=True):
            if "error" in event:
                raise RigError(f"pull of {reference}: {event['error']}")
        return self.image_id(reference)

    def image_id(self, image: str) -> str:
        return str(self.client.inspect_image(self._resolve(image))["Id"])

    # Containers

    def create_container(
        self,
        short: str,
        image: str,
        *,
        host_config: Mapping[str, Any] | None = None,
        networks: Mapping[str, Mapping[str, Any]] | None = None,
        labels: Mapping[str, str] | None = None,
        **body: Any,
    ) -> str:
        """Create a container and give its id. `body` is in the words of the API: Cmd=[…], Env=[…], User=…

        `networks` maps full names to endpoint settings. Engines of this age take one at creation, so the others
        are connected afterwards.
        """
        reference = self._present(image)
        body |= {"Image": reference, "Labels": dict(labels or {}), "HostConfig": dict(host_config or {})}
        endpoints = list((networks or {}).items())
        for network, endpoint in endpoints[:1]:
            body["NetworkingConfig"] = {"EndpointsConfig": {network: dict(endpoint)}}
            body["HostConfig"].setdefault("NetworkMode", network)
        identifier = str(self.client.create_container_from_config(body, self.name(short))["Id"])
        for network, endpoint in endpoints[1:]:
            self._connect(identifier, network, endpoint)
        return identifier

    def run_container(self, short: str, image: str, **settings: Any) -> str:
        """`create_container` with the same arguments, and start it."""
        identifier = self.create_container(short, image, **settings)
        self.client.start(identifier)
        return identifier

    def inspect(self, short: str) -> dict[str, Any]:
        """The inspect JSON of a container by short name, full name or id."""
        try:
            return dict(self.client.inspect_container(self.name(short)))
        except NotFound:
            return dict(self.client.inspect_container(short))

    def exists(self, short: str) -> bool:
        return self.name(short) in self.container_names()

    def container_names(self) -> list[str]:
        """Full names of this host's containers, running or not, sorted."""
        return sorted(name.lstrip("/") for entry in self._containers() for name in entry["Names"][:1])

    def logs(self, short: str) -> str:
        return str(self.client.logs(self.inspect(short)["Id"]).decode(errors="replace"))

    def execute(self, short: str, script: str) -> str:
        """Run a line of shell in a container; give what it wrote."""
        command = ["/bin/sh", "-c", script]
        identifier = self.client.exec_create(self.inspect(short)["Id"], command)["Id"]
        return str(self.client.exec_start(identifier).decode(errors="replace"))

    def wait_for_health(self, short: str, status: str = "healthy", seconds: float = 15.0) -> None:
        def reached() -> bool:
            return bool(self.inspect(short)["State"]["Health"]["Status"] == status)

        self.wait_until(reached, seconds, f"{short} to be {status}")

    def wait_until(self, condition: Callable[[], bool], seconds: float = 15.0, what: str = "it") -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                raise RigError(f"waited {seconds:g} s in vain for {what}")
            time.sleep(POLL_SECONDS)

    # Networks and volumes

    def create_network(self, short: str, **settings: Any) -> str:
        """Settings as `docker.APIClient.create_network` takes them; gives the full name."""
        self.client.create_network(self.name(short), **settings)
        return self.name(short)

    def create_volume(self, short: str, **settings: Any) -> str:
        self.client.create_volume(self.name(short), **settings)
        return self.name(short)

    # The program under test

    def updater(
        self,
        *arguments: str,
        docker_host: str | None = None,
        environment: Mapping[str, str] | None = None,
        timeout: float = 90.0,
    ) -> Result:
        """Run `updater ARGUMENTS` to its end, as a process of its own in the rig's network."""
        command = [sys.executable, "-m", "updater", *arguments]
        ended = self.rig.run(command, self.environment(docker_host, environment), self._home, timeout)
        return Result(ended.returncode, ended.stdout, ended.stderr)

    def start_updater(
        self, *arguments: str, docker_host: str | None = None, environment: Mapping[str, str] | None = None
    ) -> subprocess.Popen[str]:
        """Start it and leave it running; the caller ends it (`with` waits for it) or kills it."""
        command = [sys.executable, "-m", "updater", *arguments]
        return self.rig.popen(command, self.environment(docker_host, environment), self._home)

    def environment(self, docker_host: str | None = None, more: Mapping[str, str] | None = None) -> dict[str, str]:
        """All the program under test gets to see: nothing of the machine's settings, logins or certificates."""
        return {
            "PATH": f"{Path(sys.executable).parent}:{SEARCH_PATH}",
            "PYTHONPATH": str(PROJECT),
            "LANG": "C.UTF-8",
            "HOME": str(self._home),
            "DOCKER_HOST": docker_host or f"unix://{self.rig.engine_socket}",
            "DOCKER_CONFIG": str(self._home / "docker"),
            "UPDATER_STATE_DIR": str(self._home / "state"),
            **_coverage(),
            **(more or {}),
        }

    # The end

    def remove_everything(self) -> None:
        """Remove all that bears the prefix, and wake what a test stopped."""
        for stopped in (self.rig.engine, self.rig.registry):
            if not stopped.running:
                stopped.start()
        for entry in self._containers():
            self._remove(self.client.remove_container, entry["Id"], force=True, v=True)
        for network in self.client.networks():
            if network["Name"].startswith(self.prefix):
                self._remove(self.client.remove_network, network["Id"])
        for volume in self.client.volumes()["Volumes"] or ():
            if volume["Name"].startswith(self.prefix):
                self._remove(self.client.remove_volume, volume["Name"], force=True)
        # Two tests with the same content would share one image, and with it each other's tags and digests.
        for image in self.client.images():
            if self.prefix in json.dumps(image) or not image["RepoTags"]:
                self._remove(self.client.remove_image, image["Id"], force=True)

    def _containers(self) -> list[dict[str, Any]]:
        # The prefix may be in the name, the image or a label, whatever an updater has made of the container.
        return [entry for entry in self.client.containers(all=True) if self.prefix in json.dumps(entry)]

    def _remove(self, remove: Callable[..., object], identifier: str, **how: bool) -> None:
        try:
            remove(identifier, **how)
        except NotFound:
            return
        except APIError as error:
            # A container with AutoRemove may be on its way out already.
            if "is already in progress" not in str(error):
                raise

    def _connect(self, container: str, network: str, endpoint: Mapping[str, Any]) -> None:
        address = endpoint.get("IPAMConfig") or {}
        self.client.connect_container_to_network(
            container, network, aliases=endpoint.get("Aliases"), ipv4_address=address.get("IPv4Address")
        )

    def _resolve(self, image: str) -> str:
        return self.reference(image) if image in self._pushed else image

    def _present(self, image: str) -> str:
        reference = self._resolve(image)
        try:
            self.client.inspect_image(reference)
        except ImageNotFound:
            if image in self._pushed:
                self.pull(image)
        return reference


def _coverage() -> dict[str, str]:
    """A measurement of coverage follows into the processes under test; it needs `patch = _exit`."""
    return {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")}
