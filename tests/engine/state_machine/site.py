"""The container on its engine: what does its user do, what does the updater do, and what is to be seen?"""

from __future__ import annotations

import json
import shutil
import threading
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from docker.errors import NotFound

from rig.host import Result
from tests.engine.kill.disturbance import Trigger

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Mapping

    from rig.host import Host
    from tests.engine.kill.moments import Moment
    from tests.engine.state_machine.versions import Version

Json = dict[str, Any]
FOLDER = "/data"
_SHORT = "web"
_IMAGE = "web:latest"
_QUICK = ("--grace-period", "1s")
_LONGEST_SECONDS = 90.0
_BORN_SECONDS = 10.0


@dataclass(frozen=True)
class Dead:
    """An updater that was killed, or that came to its end before its moment."""

    struck: str | None
    """At which call."""
    ended: Result


class _Killer:
    """Kills a process that may make its first call before the one who started it knows its number."""

    def __init__(self) -> None:
        self._born = threading.Event()
        self._process: subprocess.Popen[str] | None = None

    def aim(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._born.set()

    def kill(self) -> None:
        self._born.wait(_BORN_SECONDS)
        assert self._process is not None
        self._process.kill()


class Site:
    """A named volume with data in it, and the one container of its name."""

    def __init__(self, host: Host, policy: Mapping[str, object]) -> None:
        self.host = host
        self.name = host.name(_SHORT)
        self.reference = host.reference(_IMAGE)
        self.data = uuid.uuid4().hex
        self.volume = host.create_volume("data")
        self._policy = policy

    # The user

    def publish(self, version: Version) -> None:
        self.host.push(_IMAGE, version.image)

    def create(self, version: Version) -> str:
        """Run a container of this version under the name; give its id."""
        repository, _, tag = self.reference.rpartition(":")
        by_digest = f"{repository}@{version.digest}"
        for event in self.host.client.pull(by_digest, stream=True, decode=True):
            assert "error" not in event, event
        self.host.client.tag(by_digest, repository, tag, force=True)
        host_config = {"Binds": [f"{self.volume}:{FOLDER}"], "RestartPolicy": dict(self._policy)}
        return self.host.run_container(_SHORT, _IMAGE, host_config=host_config)

    def write_data(self) -> None:
        self.host.execute(self.name, f"echo {self.data} > {FOLDER}/token")

    def remove(self) -> None:
        self.host.client.remove_container(self.name, force=True)

    def rename(self, short: str) -> str:
        """Give the full new name."""
        self.host.client.rename(self.name, self.host.name(short))
        return self.host.name(short)

    def stop(self) -> None:
        self.host.client.stop(self.name)

    def start(self) -> None:
        self.host.client.start(self.name)

    # The engine

    def restart_engine(self) -> None:
        self.host.rig.engine.restart()

    def kill_engine(self) -> None:
        self.host.rig.engine.kill()
        self.host.rig.engine.start()

    # The updater

    def updater(self, command: str, *arguments: str) -> Result:
        """Run it to its end, with nobody in its way."""
        return self.host.updater(command, *arguments, *_QUICK)

    def kill_updater(self, moment: Moment, command: str, *arguments: str) -> Dead:
        """Run it and kill it at this moment, if it comes."""
        killer = _Killer()
        trigger = Trigger(moment, killer.kill)
        with self.host.rig.recording_socket() as recorded:
            recorded.recording.before = trigger.before
            recorded.recording.after = trigger.after
            with self.host.start_updater(command, *arguments, *_QUICK, docker_host=recorded.host) as process:
                killer.aim(process)
                try:
                    stdout, stderr = process.communicate(timeout=_LONGEST_SECONDS)
                except BaseException:
                    process.kill()
                    raise
        return Dead(trigger.struck, Result(process.returncode, stdout, stderr))

    def lose_memory(self) -> None:
        shutil.rmtree(self.host.environment()["UPDATER_STATE_DIR"], ignore_errors=True)

    # What is to be seen

    def look(self, name: str | None = None) -> Json | None:
        """The inspection of the container of the name (or another), if there is one."""
        try:
            return dict(self.host.client.inspect_container(name or self.name))
        except NotFound:
            return None

    def names(self) -> list[str]:
        """Of all containers there are on this engine, whatever they are called."""
        listed = self.host.client.containers(all=True)
        return sorted(",".join(name.lstrip("/") for name in entry["Names"] or ["(going)"]) for entry in listed)

    def read_data(self) -> str:
        return self.host.execute(self.name, f"cat {FOLDER}/token").strip()

    def tagged(self) -> str:
        """The id of the image that the tag names."""
        return self.host.image_id(self.reference)

    def lives(self) -> str:
        """Which containers there are and since when each has been running: the same as long as nobody acts."""
        found = (self.look(entry["Id"]) or {} for entry in self.host.client.containers(all=True))
        return json.dumps(sorted((one["Id"], one["Name"], one["State"]["StartedAt"]) for one in found if one))
