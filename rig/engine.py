"""How is a Docker engine of our own started, killed and started again?"""

from __future__ import annotations

import json
import socket
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Self

import docker

from rig.errors import RigError
from rig.machine import SEARCH_PATH, find_program, require_programs
from rig.service import Service

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

    from rig.namespaces import Namespaces

START_SECONDS = 30.0
LONGEST_SOCKET_PATH = 100
"""The kernel's limit for the path of a unix socket is 107 bytes."""

DEFAULT_ARGUMENTS = ("--max-download-attempts", "1")
"""A broken blob then fails a pull after 5 seconds and not after 75."""


class PrivateEngine:
    """dockerd with its own data, its own containerd and its own iptables; a context manager.

    `binaries` is a folder with `usr/sbin` and `usr/bin` of an unpacked package, for another version than the
    machine's. `config` is the content of daemon.json.
    """

    def __init__(
        self,
        namespaces: Namespaces,
        binaries: Path | None = None,
        config: Mapping[str, object] | None = None,
        arguments: Sequence[str] = DEFAULT_ARGUMENTS,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._namespaces = namespaces
        self._path = SEARCH_PATH if binaries is None else f"{binaries}/usr/sbin:{binaries}/usr/bin:{SEARCH_PATH}"
        self.config: Mapping[str, object] = dict(config or {})
        """What daemon.json says; to change it, pass another one to `start` or `restart`."""
        self._arguments = list(arguments)
        self._environment = dict(environment or {})
        self._service: Service | None = None
        self._clients = ExitStack()
        self.socket = namespaces.directory / "docker.sock"
        require_programs(("dockerd", "containerd", "runc", "iptables"), self._path)
        if len(str(self.socket)) > LONGEST_SOCKET_PATH:
            raise RigError(f"the path of the engine's socket is too long, set a shorter TMPDIR: {self.socket}")

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def host(self) -> str:
        """The value for DOCKER_HOST."""
        return f"unix://{self.socket}"

    @property
    def log(self) -> Path:
        """What dockerd has said since the rig was opened."""
        return self._namespaces.directory / "dockerd.log"

    @property
    def running(self) -> bool:
        return self._service is not None and self._service.running

    def client(self, timeout: int = 60) -> Any:
        """A new `docker.APIClient`; it is closed with the engine at the latest.

        `Any`, because the published types of the SDK leave out half of its low-level methods.
        """
        client = docker.APIClient(base_url=self.host, version="auto", timeout=timeout)
        self._clients.callback(client.close)
        return client

    def start(self, config: Mapping[str, object] | None = None) -> None:
        """Start dockerd and return when it answers; `config` replaces daemon.json."""
        if self.running:
            raise RigError("the engine is running already")
        if config is not None:
            self.config = dict(config)
        configuration = self._namespaces.directory / "daemon.json"
        configuration.write_text(json.dumps(self.config))
        self._service = Service(
            self._namespaces, "dockerd", self._command(configuration), {"PATH": self._path, **self._environment}
        )
        self._service.wait_until(self._answers, START_SECONDS)

    def kill(self) -> None:
        """SIGKILL to dockerd: its containers run on, as after a crash of the engine."""
        self._running_service().kill()

    def stop(self) -> None:
        """SIGTERM to dockerd: it stops its containers first, unless live-restore is on."""
        self._running_service().stop()

    def restart(self, config: Mapping[str, object] | None = None) -> None:
        """Stop and start, as a package upgrade does; `config` replaces daemon.json."""
        self.stop()
        self.start(config)

    def close(self) -> None:
        """End dockerd the quick way: nothing in its data folder is needed any more."""
        self._clients.close()
        if self.running:
            self.kill()

    def _running_service(self) -> Service:
        if self._service is None or not self._service.running:
            raise RigError("the engine is not running")
        return self._service

    def _command(self, configuration: Path) -> list[str]:
        folder = self._namespaces.directory
        return [
            find_program("dockerd", self._path),
            *("--config-file", str(configuration)),
            *("--data-root", str(folder / "engine")),
            *("--exec-root", "/run/docker"),
            *("--pidfile", "/run/docker.pid"),
            *("--host", self.host),
            *("--cgroup-parent", f"/{self._namespaces.name}"),
            *self._arguments,
        ]

    def _answers(self) -> bool:
        try:
            with socket.socket(socket.AF_UNIX) as probe:
                probe.settimeout(1.0)
                probe.connect(str(self.socket))
                probe.sendall(b"GET /_ping HTTP/1.0\r\nHost: docker\r\n\r\n")
                return b" 200 " in probe.recv(64)
        except OSError:
            return False
