"""How does every point begin with the very same container, on an engine that has nothing else?"""

from __future__ import annotations

import contextlib
import shutil
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from docker.errors import ImageNotFound, NotFound

from tests.engine.kill.execution import Subject, execute, state_folder
from tests.engine.kill.scenarios import ANONYMOUS_FOLDER, NAMED_FOLDER

if TYPE_CHECKING:
    from rig.host import Host
    from tests.engine.kill.disturbance import Disturbance
    from tests.engine.kill.execution import Ended
    from tests.engine.kill.nursery import Nursery
    from tests.engine.kill.scenarios import Scenario

SHORT = "web"
IMAGE = "web:latest"
_READINGS = 5
GRACE = ("--grace-period", "1s", "-o", "json")
DATA_FOLDERS = (NAMED_FOLDER, ANONYMOUS_FOLDER, "/declared")


@dataclass(frozen=True)
class Before:
    """The container as its user left it."""

    container: dict[str, Any]
    volumes: frozenset[str]
    data: str
    """What stands in a file in each of its volumes."""

    @property
    def id(self) -> str:
        return str(self.container["Id"])

    @property
    def image_id(self) -> str:
        return str(self.container["Image"])

    @property
    def data_folders(self) -> list[str]:
        there = {mount["Destination"] for mount in self.container["Mounts"]}
        return [folder for folder in DATA_FOLDERS if folder in there]


class Stage:
    """One scenario on one engine."""

    def __init__(self, host: Host, nursery: Nursery, scenario: Scenario) -> None:
        self.host = host
        self._nursery = nursery
        self.scenario = scenario
        self.name = host.name(SHORT)
        self.reference = host.reference(IMAGE)
        host.push(IMAGE, scenario.old)
        self.old_image = host.pull(IMAGE)
        digest = host.push(IMAGE, scenario.new)
        self.new_image = self._image_behind(digest)
        self._networks = scenario.networks(host) if scenario.networks else {}

    # The container

    def reset(self) -> Before:
        """Away with what the last point left, and the same container again, with data of its own."""
        self._clear()
        self._restore_images()
        identifier = self._create()
        data = uuid.uuid4().hex
        if self.scenario.state != "created":
            self.host.client.start(identifier)
        before = Before(self.host.inspect(identifier), frozenset(), data)
        for folder in before.data_folders:
            self.host.execute(identifier, f"echo {data} > {folder}/file")
            self.host.wait_until(lambda folder=folder: self.reads(identifier, folder) == data, what="the data")  # type: ignore[misc]
        self._bring_into_state(identifier)
        return Before(self.host.inspect(identifier), frozenset(self.volumes()), data)

    def reads(self, container: str, folder: str) -> str:
        """What stands in the folder's file; a busy engine loses the output of a short command at times."""
        for _ in range(_READINGS):
            found = self.host.execute(container, f"cat {folder}/file").strip()
            if found:
                return found
        return ""

    def volumes(self) -> set[str]:
        return {str(volume["Name"]) for volume in self.host.client.volumes()["Volumes"] or ()}

    def containers(self) -> list[dict[str, Any]]:
        """All there are on this engine, whatever they are called."""
        return list(self.host.client.containers(all=True))

    # The updater

    def run(self, subject: Subject, *disturbances: Disturbance) -> Ended:
        """Let the subject run, past these disturbances and the scenario's own."""
        named = (self.name, *self.scenario.arguments, *GRACE) if subject.command == "run" else GRACE
        own = () if self.scenario.disturbance is None else (self.scenario.disturbance(subject),)
        return execute(self.host, self._nursery, subject, named, (*disturbances, *own))

    def decision(self, before: Before) -> list[str]:
        """Why `updater check` would (not) update the container now: codes."""
        arguments = (self.name, *self.scenario.arguments, "-o", "json")
        ended = execute(self.host, self._nursery, Subject("check", before.id), arguments)
        return [reason["code"] for container in ended.json["containers"] for reason in container["reasons"]]

    # Making it

    def _clear(self) -> None:
        client = self.host.client
        for entry in self.containers():
            with contextlib.suppress(NotFound):
                client.remove_container(entry["Id"], force=True, v=True)
        for volume in self.volumes():
            client.remove_volume(volume, force=True)
        shutil.rmtree(state_folder(self.host), ignore_errors=True)

    def _restore_images(self) -> None:
        """The old one is there under its reference, and the new one has yet to be pulled."""
        client = self.host.client
        repository, _, tag = self.reference.rpartition(":")
        client.tag(self.old_image, repository, tag, force=True)
        with contextlib.suppress(ImageNotFound):
            client.remove_image(f"updater-keep:{self.name}")
        with contextlib.suppress(ImageNotFound):
            client.remove_image(self.new_image, force=True)

    def _create(self) -> str:
        scenario = self.scenario
        host_config: dict[str, Any] = {"RestartPolicy": dict(scenario.policy)}
        body: dict[str, Any] = {}
        if scenario.port is not None:
            binding = {"HostIp": "127.0.0.1", "HostPort": str(scenario.port)}
            host_config["PortBindings"] = {"8080/tcp": [binding]}
            body["ExposedPorts"] = {"8080/tcp": {}}
        if scenario.stop_timeout is not None:
            body["StopTimeout"] = scenario.stop_timeout
        if scenario.stop_signal is not None:
            body["StopSignal"] = scenario.stop_signal
        if scenario.has_volumes:
            host_config["Binds"] = [f"{self.host.create_volume('data')}:{NAMED_FOLDER}"]
            body["Volumes"] = {ANONYMOUS_FOLDER: {}}
        return self.host.create_container(
            SHORT, IMAGE, labels=dict(scenario.labels), host_config=host_config, networks=self._networks, **body
        )

    def _bring_into_state(self, identifier: str) -> None:
        if self.scenario.state == "exited":
            self.host.client.stop(identifier)
        elif self.scenario.state == "paused":
            self.host.client.pause(identifier)

    def _image_behind(self, digest: str) -> str:
        """The id the engine will give the new image."""
        reference = f"{self.reference.rpartition(':')[0]}@{digest}"
        for event in self.host.client.pull(reference, stream=True, decode=True):
            assert "error" not in event, event
        return self.host.image_id(reference)
