"""How are namespaces, engine and registry opened and closed as one?"""

from __future__ import annotations

from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rig.engine import DEFAULT_ARGUMENTS, PrivateEngine
from rig.namespaces import Namespaces
from rig.recording_socket import HeldSocket, RecordingPort, RecordingSocket
from rig.registry import PrivateRegistry

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path


@dataclass(frozen=True)
class Rig:
    """One engine and one registry that know only each other."""

    namespaces: Namespaces
    engine: PrivateEngine
    registry: PrivateRegistry
    entrance: Path | None = None
    """The socket by which programs under test reach the engine, where it is not the engine's own."""

    @property
    def engine_socket(self) -> Path:
        """What programs under test are to use."""
        return self.entrance or self.engine.socket

    @property
    def directory(self) -> Path:
        """The data folder; it is removed when the rig is closed."""
        return self.namespaces.directory

    def network(self) -> AbstractContextManager[None]:
        """Move the calling thread into the rig's network: registry and published ports are on 127.0.0.1 there."""
        return self.namespaces.network()

    def run(
        self,
        argv: Sequence[str],
        environment: Mapping[str, str] | None = None,
        directory: Path | None = None,
        timeout: float = 60.0,
    ) -> subprocess.CompletedProcess[str]:
        """Run a process of the machine in the rig's network to its end."""
        return self.namespaces.run(argv, environment, directory, timeout)

    def popen(
        self, argv: Sequence[str], environment: Mapping[str, str] | None = None, directory: Path | None = None
    ) -> subprocess.Popen[str]:
        """Start a process of the machine in the rig's network."""
        return self.namespaces.popen(argv, environment, directory)

    def recording_socket(self) -> RecordingSocket:
        """A second socket for the engine that writes down (and can disturb) every request."""
        return RecordingSocket(self.engine_socket, self.directory / "recording.sock")

    def held_socket(self) -> HeldSocket:
        """The same as systemd holds it for most engines: it is there while the engine is not."""
        return HeldSocket(self.engine_socket, self.directory / "held.sock")

    def recording_port(self) -> RecordingPort:
        """The same as a port, as socket proxies are reached."""
        return RecordingPort(self.engine_socket, self.directory / "no.sock")

    def another_registry(self, port: int, users: Mapping[str, str] | None = None) -> PrivateRegistry:
        """A registry at another port, for instance one with a login."""
        return PrivateRegistry(self.namespaces, port, users)


@contextmanager
def open_rig(
    binaries: Path | None = None,
    config: Mapping[str, object] | None = None,
    arguments: Sequence[str] = DEFAULT_ARGUMENTS,
    environment: Mapping[str, str] | None = None,
) -> Iterator[Rig]:
    """Everything at once; all of it is gone when the block ends, or when this process does."""
    with (
        Namespaces() as namespaces,
        PrivateRegistry(namespaces) as registry,
        PrivateEngine(namespaces, binaries, config, arguments, environment) as engine,
    ):
        yield Rig(namespaces, engine, registry)
