"""An updater in a container, as a user would start it: what the tests of self-updates share."""

from __future__ import annotations

import io
import json
import tarfile
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from docker.errors import APIError, NotFound

from rig.registry import MANIFEST_TYPES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rig.host import Host
    from rig.recording_socket import RecordingSocket
    from rig.registry import PrivateRegistry
    from rig.updater_image import UpdaterImage

NAME = "updater"
ON = {"updater.enable": "true"}
STATE = "/var/lib/updater"
IN_HALF_A_YEAR = f"0 4 1 {(datetime.now(UTC).month + 5) % 12 + 1} *"
ENVIRONMENT = {
    "UPDATER_SCHEDULE": IN_HALF_A_YEAR,
    "UPDATER_CHECK_AT_START": "true",
    "UPDATER_GRACE_PERIOD": "1s",
    "DOCKER_HOST": "unix:///run/engine.sock",
}
# What comes on top of the shipped image; the engine's probes are made quick.
NOT_PROBED = "HEALTHCHECK NONE"
PROBED = 'HEALTHCHECK --interval=1s --start-period=1s --retries=9 CMD ["updater", "healthcheck"]'
IMPATIENTLY = """RUN python3 -c "import compileall, pathlib; from updater import handing_over; \\
    path = pathlib.Path(handing_over.__file__); path.write_text(path.read_text().replace('= 600.0', '= 6.0')); \\
    compileall.compile_file(path, force=True, quiet=1)"
"""
OF_THE_FUTURE = r"""RUN python3 -c "import compileall, pathlib; from updater.state import schema; \
    path = pathlib.Path(schema.__file__); \
    path.write_text(path.read_text() + 'MIGRATIONS = (*MIGRATIONS, (\'CREATE TABLE later (id INTEGER)\',))\n'); \
    compileall.compile_file(path, force=True, quiet=1)"
"""
VARIANTS: Mapping[str, tuple[str, ...]] = {
    "old": (NOT_PROBED, "LABEL variant=old"),
    "older": (NOT_PROBED, "LABEL variant=older"),
    "good": (NOT_PROBED, "LABEL variant=good"),
    "old-probed": (PROBED, "LABEL variant=old"),
    "good-probed": (PROBED, "LABEL variant=good"),
    # The old one, but with less time to wait for its helper.
    "impatient": (
        NOT_PROBED,
        "USER 0",
        IMPATIENTLY,
        "USER 10001:10001",
    ),
    # It would bring the state to a form that the old one does not know.
    "unhealthy-newer": (
        'HEALTHCHECK --interval=1s --start-period=1s --retries=5 CMD ["sh", "-c", "exit 1"]',
        "USER 0",
        OF_THE_FUTURE,
        "USER 10001:10001",
    ),
    # It runs, until a file says otherwise.
    "moody": (
        NOT_PROBED,
        f'ENTRYPOINT ["sh", "-c", "test ! -e {STATE}/moody && exec updater \\"$@\\"", "updater"]',
        'CMD ["watch"]',
    ),
    # It runs as somebody else, who may not read what the old one keeps.
    "stranger": (PROBED, "USER 20002:20002"),
    "crashing": (NOT_PROBED, 'ENTRYPOINT ["python3", "-c", "raise SystemExit(3)"]'),
    "unhealthy": ('HEALTHCHECK --interval=1s --start-period=1s --retries=2 CMD ["sh", "-c", "exit 1"]',),
}
_BUILT: set[tuple[int, str]] = set()


def build_variant(client: Any, image: UpdaterImage, variant: str) -> str:
    """The shipped image and a little more, made once per engine; gives its name."""
    name = f"updater-variant:{variant}"
    if (id(client), variant) not in _BUILT:
        text = "\n".join((f"FROM {image.reference}", *VARIANTS[variant])).encode()
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w") as archive:
            entry = tarfile.TarInfo("Dockerfile")
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text))
        buffer.seek(0)
        for line in client.build(fileobj=buffer, custom_context=True, tag=name, rm=True, decode=True):
            assert "error" not in line, line
        _BUILT.add((id(client), variant))
    return name


@dataclass
class Home:
    """One updater, its image's tag in the registry, and the socket through which it reaches the engine."""

    host: Host
    image: UpdaterImage
    socket: RecordingSocket
    pushed: dict[str, str] = field(default_factory=dict)
    """The manifest's digest by variant."""
    volumes_before: frozenset[str] = frozenset()
    beside: frozenset[str] = frozenset()
    """Other containers that are there, and stay."""
    policy: str = "always"
    """Its restart policy, where it is killed."""
    registry: PrivateRegistry = field(init=False)

    def __post_init__(self) -> None:
        self.registry = self.host.rig.registry

    @property
    def name(self) -> str:
        return self.host.name(NAME)

    @property
    def repository(self) -> str:
        return f"{self.registry.address}/{self.host.prefix}/{NAME}"

    def publish(self, variant: str) -> None:
        """Make the tag name this variant."""
        client, repository = self.host.client, self.repository
        if variant not in self.pushed:
            built = build_variant(client, self.image, variant)
            client.tag(built, repository, variant)
            for line in client.push(repository, tag=variant, stream=True, decode=True):
                assert "error" not in line, line
                if "Digest" in (line.get("aux") or {}):
                    self.pushed[variant] = line["aux"]["Digest"]
            # Pulled anew by whoever wants it; the layers stay.
            client.remove_image(f"{repository}:{variant}")
        path, kind = f"{self.host.prefix}/{NAME}", MANIFEST_TYPES[-1]
        place = f"/v2/{path}/manifests/{self.pushed[variant]}"
        content = self.registry.ask("GET", place, headers={"Accept": kind}).content
        self.registry.put_manifest(path, "latest", kind, content)

    def start(self, variant: str = "old", **settings: Any) -> str:
        """Make and start the updater from this variant; gives its id."""
        identifier = self.create(variant, **settings)
        self.host.client.start(identifier)
        return identifier

    def create(self, variant: str = "old", *, environment: Mapping[str, str] | None = None, **settings: Any) -> str:
        """Make it; it is not started. `binds` come on top of socket and state."""
        self.publish(variant)
        reference = f"{self.repository}:latest"
        for line in self.host.client.pull(reference, stream=True, decode=True):
            assert "error" not in line, line
        host_config = {
            "NetworkMode": "host",  # the registry is on the loopback
            "RestartPolicy": {"Name": "unless-stopped"},
            "Binds": [
                f"{self.socket.path}:/run/engine.sock",
                f"{self.host.name('state')}:{STATE}",
                *settings.pop("binds", ()),
            ],
            "ReadonlyRootfs": True,
            "Tmpfs": {"/tmp": ""},
            "CapDrop": ["ALL"],
            "SecurityOpt": ["no-new-privileges"],
            **settings.pop("host_config", {}),
        }
        variables = {**ENVIRONMENT, **(environment or {})}
        return self.host.create_container(
            settings.pop("short", NAME),
            reference,
            labels={**ON, **settings.pop("labels", {})},
            host_config=host_config,
            Env=[f"{key}={value}" for key, value in variables.items()],
            **settings,
        )

    # What is there

    def names(self) -> list[str]:
        return self.host.container_names()

    def volumes(self) -> frozenset[str]:
        return frozenset(volume["Name"] for volume in self.host.client.volumes()["Volumes"] or ())

    def id_now(self) -> str | None:
        try:
            return str(self.host.client.inspect_container(self.name)["Id"])
        except NotFound:
            return None

    def variant_now(self, short: str = NAME) -> str:
        """Which digest the container of the name runs."""
        labels = self.host.inspect(short)
        image = self.host.client.inspect_image(labels["Image"])
        digests = {entry.partition("@")[2] for entry in image["RepoDigests"] or ()}
        return next((variant for variant, digest in self.pushed.items() if digest in digests), "unknown")

    def log(self) -> str:
        """What the container of the name has said since it was started last."""
        try:
            now = self.host.client.inspect_container(self.name)
            since = datetime.fromisoformat(now["State"]["StartedAt"][:19] + "+00:00").timestamp()
            return str(self.host.client.logs(now["Id"], since=int(since)).decode(errors="replace"))
        except (NotFound, APIError, ValueError):
            return ""

    def is_settled(self) -> bool:
        """One updater, alone, that has run a cycle since it began."""
        if set(self.names()) != {self.name} | self.beside:
            return False
        try:
            state = self.host.client.inspect_container(self.name)["State"]
        except NotFound:
            return False
        return bool(state["Running"]) and "the cycle is done" in self.log()

    def settle(self, seconds: float = 60.0) -> None:
        self.host.wait_until(self.is_settled, seconds, f"one updater; there are {self.names()}")

    def updater(self, *arguments: str) -> Any:
        """What `updater ARGUMENTS -o json` in the container says."""
        return json.loads(self.says(*arguments, "-o", "json"))

    def says(self, *arguments: str) -> str:
        """What `updater ARGUMENTS` in the container says."""
        identifier = self.host.client.exec_create(self.name, ["updater", *arguments])["Id"]
        output = self.host.client.exec_start(identifier, demux=True)
        assert output[0], output
        return str(output[0].decode())

    def codes(self, *arguments: str) -> list[str]:
        """The reasons that `check` gives for the updater's own container."""
        (found,) = [one for one in self.updater("check", *arguments)["containers"] if one["name"] == self.name]
        return [reason["code"] for reason in found["reasons"]]

    def replaced(self, old_id: str, seconds: float = 60.0) -> None:
        """Wait until another container has the name, and has come to rest."""
        self.host.wait_until(lambda: self.id_now() not in (None, old_id), seconds, "the new one")
        self.settle(seconds)

    def history(self) -> list[tuple[str, str]]:
        """Operations and outcomes, the latest first."""
        return [(entry["operation"], entry["outcome"]) for entry in self.updater("history", self.name)["entries"]]
