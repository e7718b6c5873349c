"""What can be asked of the engine, and what can it be told? Every call to it that there is; raw JSON in and out."""

from __future__ import annotations

import base64
import json
import re
import threading
import time
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote

import requests
from docker.errors import create_api_error_from_http_exception

from updater.engine.connection import Client, connect
from updater.engine.snapshot import image_facts, inventory, is_image_id, reference_of
from updater.engine.translation import refusal, translated
from updater.errors import (
    EngineConflict,
    EngineDenied,
    EngineError,
    EngineNoSpace,
    EngineNotFound,
    EngineRefused,
    PullFailed,
)
from updater.model.container import EngineInfo
from updater.model.silence import unheard

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from types import TracebackType

    from updater.engine.alarm import Alarm
    from updater.model.container import ContainerSnapshot, Inventory
    from updater.model.digest import Digest
    from updater.model.execution import Execution
    from updater.model.platform import Platform
    from updater.model.reference import ImageReference
    from updater.model.silence import Silence

Json = dict[str, Any]
_CALL_TIMEOUT = 60  # seconds without an answer
_PULL_SILENCE = 600  # seconds without a line of progress before a pull counts as dead
_STOP_MARGIN = 30  # seconds that the engine may need beyond a container's own stop timeout
_PATIENT_STOP = 3600  # seconds to wait for a container whose own timeout is -1: never kill it
_LOOK_EVERY = 1.0  # seconds, should an event have been lost
_SHOWS_MAC = (1, 51)  # the last API version whose Config has it
_NOBODY = "updater-doctor-asks-for-nothing"  # no container, image or network has this name
_TRIALS: tuple[tuple[str, str, str, Json], ...] = (
    ("create containers", "POST", "/containers/create", {"json": {"Image": f"{_NOBODY}:none"}}),
    ("stop, start and rename containers", "POST", f"/containers/{_NOBODY}/stop", {}),
    ("remove containers", "DELETE", f"/containers/{_NOBODY}", {}),
    ("pull and tag images", "POST", f"/images/{_NOBODY}:none/tag", {"params": {"repo": _NOBODY, "tag": "none"}}),
    ("connect networks", "POST", f"/networks/{_NOBODY}/connect", {"json": {"Container": _NOBODY}}),
)
_TRIALS_OF_EXEC: tuple[tuple[str, str, str, Json], ...] = (
    ("prepare a command", "POST", f"/containers/{_NOBODY}/exec", {"json": {"Cmd": [_NOBODY]}}),
    ("start a command", "POST", f"/exec/{_NOBODY}/start", {"json": {"Detach": True}}),
    ("look at a command", "GET", f"/exec/{_NOBODY}/json", {}),
)
_DEFAULT_STOP_TIMEOUT = 10  # seconds; the engine's own default (Docker API, `StopTimeout`)


class DockerEngine:
    """A connection to an engine that speaks Docker's API. Every method raises errors of the EngineError family."""

    def __init__(self, client: Client, silence: Silence = unheard) -> None:
        self._client = client
        self._silence = silence
        self._images: dict[str, Json] = {}

    @classmethod
    def open(cls, host: str | None, environment: Mapping[str, str], silence: Silence = unheard) -> DockerEngine:
        """Connect and negotiate the API version. `silence` hears before each call for how long it may be silent."""
        return cls(connect(host, environment), silence)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connection."""
        self._client.close()

    # Looking

    @property
    def info(self) -> EngineInfo:
        """Who answers; known since the connection was made, so this is no call."""
        answer = self._client.version()
        components = answer.get("Components") or [{}]
        name = "podman" if "podman" in str(components[0].get("Name", "")).lower() else "docker"
        return EngineInfo(name, str(answer.get("Version", "unknown")), str(self._client.api_version))

    @property
    def platform(self) -> str:
        """The host's own platform, `linux/amd64`."""
        answer = self._client.version()
        return f"{answer.get('Os', 'linux')}/{answer.get('Arch', '')}"

    @property
    def is_local(self) -> bool:
        """Whether it is reached by a socket of this machine, so that a reboot of one is a reboot of the other."""
        return str(self._client.base_url) == "http+docker://localhost"

    def inventory(self) -> Inventory:
        """All containers and images, in two calls however many there are; both at once, since each takes a while."""
        images: Future[Any] = Future()

        def list_images() -> None:
            try:
                images.set_result(self._get("list images", "/images/json"))
            except EngineError as error:
                images.set_exception(error)

        # A daemon: somebody who interrupts does not wait for it.
        threading.Thread(target=list_images, name="list-images", daemon=True).start()
        containers = self._get("list containers", "/containers/json", {"all": "1"})
        return inventory(containers, images.result())

    def containers(self, label: str | None = None) -> tuple[ContainerSnapshot, ...]:
        """All containers, or those that bear the label: one call, and one for each image that is new to us."""
        filters = {"filters": json.dumps({"label": [label]})} if label is not None else {}
        found = inventory(self._get("list containers", "/containers/json", {"all": "1", **filters}), ())
        images = ((container, self.image_by_id(container.image_id)) for container in found.containers)
        return tuple(
            replace(container, image=image_facts(image)) if image is not None else container
            for container, image in images
        )

    def containers_alone(self) -> tuple[ContainerSnapshot, ...]:
        """All containers, and nothing of their images: one call."""
        return inventory(self._get("list containers", "/containers/json", {"all": "1"}), ()).containers

    def with_reference(self, container: ContainerSnapshot) -> ContainerSnapshot:
        """The snapshot with the reference its user asked for, where the list shows an image's id instead of it."""
        if not is_image_id(container.image_text):
            return container
        image_text = str(self.inspect_container(container.id)["Config"]["Image"])
        return replace(container, image_text=image_text, reference=reference_of(image_text, container.image_id))

    def with_image(self, container: ContainerSnapshot) -> ContainerSnapshot:
        """The snapshot with its image's facts, where the list left the image out (it hides the parents of builds)."""
        if container.image is not None:
            return container
        image = self.find_image(container.image_id)
        return container if image is None else replace(container, image=image_facts(image))

    def with_every_digest(self, container: ContainerSnapshot) -> ContainerSnapshot:
        """The snapshot with all that the engine knows of its image, of which the list may show a part."""
        image = self.find_image(container.image_id)
        return container if image is None else replace(container, image=image_facts(image))

    def inspect_container(self, container_id: str) -> Json:
        """`GET /containers/{id}/json`."""
        return dict(self._get(f"inspect container {container_id[:12]}", f"/containers/{container_id}/json"))

    def find_container(self, name_or_id: str) -> Json | None:
        """Like `inspect_container`, but None where there is none."""
        try:
            return self.inspect_container(name_or_id)
        except EngineNotFound:
            return None

    def with_hidden_fields(self, container: Json) -> Json:
        """The inspected container with what this version of the API no longer shows: the MAC address asked for.

        Config has it up to API 1.51; an engine that speaks a newer one still answers in that.
        """
        if self.info.api <= _SHOWS_MAC:
            return container
        older = ".".join(map(str, _SHOWS_MAC))
        path, doing = f"/containers/{container['Id']}/json", f"inspect container {container['Id'][:12]}"
        shown = self._call("GET", path, doing, version=older).json()
        mac = (shown.get("Config") or {}).get("MacAddress")
        return {**container, "Config": {**container["Config"], **({"MacAddress": mac} if mac else {})}}

    def names_beginning(self, text: str) -> frozenset[str]:
        """The names of all containers that begin with this text."""
        filters = json.dumps({"name": [f"^/?{re.escape(text)}"]})
        found = self._get("list containers", "/containers/json", {"all": "1", "filters": filters})
        names = {name.lstrip("/") for container in found for name in container.get("Names") or ()}
        return frozenset(name for name in names if name.startswith(text))

    def inspect_image(self, name_or_id: str) -> Json:
        """`GET /images/{name}/json`."""
        return dict(self._get(f"inspect image {name_or_id}", f"/images/{name_or_id}/json"))

    def image_by_id(self, image_id: str) -> Json | None:
        """What the image holds, None where there is none; asked once: an id names content, which never changes.

        Only its names may since have changed; `find_image` asks anew.
        """
        if image_id not in self._images:
            found = self.find_image(image_id)
            if found is None:
                return None
            self._images[image_id] = found
        return self._images[image_id]

    def find_image(self, name_or_id: str) -> Json | None:
        """Like `inspect_image`, but None where there is none."""
        try:
            return self.inspect_image(name_or_id)
        except EngineNotFound:
            return None

    def hostname(self) -> str | None:
        """The host's name, which containers with the host's network take over."""
        name = self._get("ask the engine about its host", "/info").get("Name")
        return name if isinstance(name, str) else None

    def clock(self) -> datetime | None:
        """The engine's own time; None where it says none that can be read."""
        text = str(self._get("ask the engine about its host", "/info").get("SystemTime") or "")
        try:
            # Nanoseconds are more than Python reads.
            return datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text))
        except ValueError:
            return None

    def denied(self) -> tuple[str, ...]:
        """What of an update would be denied, as by a proxy in front of the engine; asked of what nobody has."""
        return tuple(
            what for what, method, path, arguments in _TRIALS if self._is_denied(what, method, path, arguments)
        )

    def may_execute(self) -> bool:
        """Whether commands may be run in containers; asked of what nobody has, so that none is."""
        return not any(self._is_denied(*trial) for trial in _TRIALS_OF_EXEC)

    def _is_denied(self, doing: str, method: str, path: str, arguments: Json) -> bool:
        try:
            self._call(method, path, doing, **arguments)
        except EngineDenied:
            return True
        except EngineError as error:
            if error.temporary:
                raise
        return False

    def log_tail(self, container_id: str, lines: int = 20) -> str:
        """The last lines a container wrote; empty where its log driver cannot be read."""
        try:
            with translated(f"read the log of {container_id[:12]}"):
                return bytes(self._client.logs(container_id, tail=lines)).decode(errors="replace")
        except EngineError:
            return ""  # the log explains a failure; it must never become one

    # Images

    def pull(
        self,
        reference: ImageReference,
        digest: Digest,
        *,
        platform: Platform | None,
        credentials: Mapping[str, str],
        progress: Callable[[Json], None],
    ) -> Json:
        """Pull exactly this digest and return the image's inspection.

        Failures come inside an answer of status 200, as lines with an `error`. `progress` gets each line, and may
        raise to give up: closing the connection cancels the pull.
        """
        doing = f"pull {reference.name}@{digest}"
        parameters = {"fromImage": reference.name, "tag": digest}
        if platform is not None:
            parameters["platform"] = str(platform)
        try:
            lines = self._call(
                "POST",
                "/images/create",
                doing,
                params=parameters,
                headers={"X-Registry-Auth": _encoded(credentials)},
                stream=True,
                timeout=_PULL_SILENCE,
            )
        except (EngineRefused, EngineNotFound) as error:
            # Newer engines answer so where the registry cannot be reached, or does not have the image.
            raise PullFailed(f"{error}; is the registry there? The next run tries again") from error
        try:
            for line in self._read_lines(lines, doing):
                if "error" in line:
                    raise _pull_failure(str(line["error"]), doing)
                progress(line)
        finally:
            lines.close()
        return self.inspect_image(f"{reference.name}@{digest}")

    def _read_lines(self, response: requests.Response, doing: str) -> Iterator[Json]:
        lines = response.iter_lines()
        while True:
            with self._silence(_PULL_SILENCE), translated(doing):
                line = next(lines, None)
                if line is None:
                    return
                parsed = json.loads(line) if line.strip() else {}
            if isinstance(parsed, dict):
                yield parsed

    def tag(self, image_id: str, repository: str, tag: str) -> None:
        """Point `repository:tag` at the image."""
        doing = f"tag {image_id} as {repository}:{tag}"
        self._call("POST", f"/images/{image_id}/tag", doing, params={"repo": repository, "tag": tag})

    def remove_image(self, image_id: str) -> None:
        """Remove an image, never by force: the engine refuses while a container or several names use it."""
        self._call("DELETE", f"/images/{image_id}", f"remove image {image_id}")

    # Containers

    def create(self, body: Mapping[str, Any], name: str, platform: str | None) -> str:
        """Create a container from the raw body and return its id."""
        parameters = {"name": name} | ({"platform": platform} if platform else {})
        answer = self._call("POST", "/containers/create", f"create {name}", params=parameters, json=dict(body))
        with translated(f"create {name}"):
            return str(answer.json()["Id"])

    def connect_network(self, container_id: str, network: str, endpoint: Mapping[str, Any]) -> None:
        """Connect a container to a network with this endpoint configuration, raw."""
        body = {"Container": container_id, "EndpointConfig": dict(endpoint)}
        self._call(
            "POST",
            f"/networks/{network}/connect",
            f"connect {container_id[:12]} to network {network}",
            json=body,
        )

    def disconnect_network(self, container_id: str, network: str) -> None:
        """Take a container off a network."""
        doing = f"disconnect {container_id[:12]} from network {network}"
        self._call("POST", f"/networks/{network}/disconnect", doing, json={"Container": container_id})

    def rename(self, container_id: str, name: str) -> None:
        """Give a container another name."""
        self._tell(container_id, "rename", f"rename {container_id[:12]} to {name}", params={"name": name})

    def set_restart_policy(self, container_id: str, policy: Mapping[str, Any]) -> None:
        """Change when the engine restarts the container by itself."""
        doing = f"change the restart policy of {container_id[:12]}"
        self._tell(container_id, "update", doing, json={"RestartPolicy": dict(policy)})

    def start(self, container_id: str) -> None:
        """Start a container."""
        self._tell(container_id, "start", f"start {container_id[:12]}")

    def pause(self, container_id: str) -> None:
        """Freeze a container's processes."""
        self._tell(container_id, "pause", f"pause {container_id[:12]}")

    def unpause(self, container_id: str) -> None:
        """Let a frozen container go on."""
        self._tell(container_id, "unpause", f"unpause {container_id[:12]}")

    def stop(
        self, container_id: str, timeout: float | None, own_timeout: float | None, signal: str | None = None
    ) -> None:
        """Stop with the container's own signal, or with another one, and wait until it has stopped.

        `timeout` in seconds until the kill, or None for the container's own (`own_timeout`, which then only says
        how long to wait for the engine's answer).
        """
        longest = timeout if timeout is not None else own_timeout
        if longest is None:
            longest = _DEFAULT_STOP_TIMEOUT
        patience = longest if longest >= 0 else _PATIENT_STOP
        if signal is not None and not self._ends_on(signal, container_id, patience) and longest >= 0:
            timeout = 0  # its time is over
        wait = _STOP_MARGIN + patience
        parameters = {} if timeout is None else {"t": str(int(timeout))}
        self._tell(container_id, "stop", f"stop {container_id[:12]}", params=parameters, timeout=wait)

    def _ends_on(self, signal: str, container_id: str, seconds: float) -> bool:
        """Whether it ended on this signal within that time; `stop` itself takes a signal from API 1.42 on only."""
        with self.waking(container_id) as alarm:
            if not _has_process(self.inspect_container(container_id)):
                return True
            deadline = time.monotonic() + seconds
            doing = f"send {signal} to {container_id[:12]}"
            with suppress(EngineConflict):  # it has ended in this moment
                self._tell(container_id, "kill", doing, params={"signal": signal})
            while self.inspect_container(container_id)["State"].get("Running"):
                left = deadline - time.monotonic()
                if left <= 0:
                    return False
                alarm.wait(min(left, _LOOK_EVERY))
        return True

    def restart(self, container_id: str, own_timeout: float | None) -> None:
        """Stop and start again; waits as `stop` does."""
        longest = _DEFAULT_STOP_TIMEOUT if own_timeout is None else own_timeout
        wait = _STOP_MARGIN + (longest if longest >= 0 else _PATIENT_STOP)
        self._tell(container_id, "restart", f"restart {container_id[:12]}", timeout=wait)

    def remove(self, container_id: str, *, volumes: bool, force: bool = False) -> None:
        """Remove a container; `volumes` also deletes the anonymous volumes it brought along."""
        parameters = {"v": str(volumes).lower(), "force": str(force).lower()}
        self._call("DELETE", f"/containers/{container_id}", f"remove {container_id[:12]}", params=parameters)

    def execute(
        self,
        container_id: str,
        command: Sequence[str],
        variables: Mapping[str, str],
        *,
        seconds: float,
        keep: int,
        watch: Callable[[], None],
    ) -> Execution:
        """Run a command in a container that runs, as its own user, and wait for its end; `execution` says more."""
        from updater.engine.execution import execute  # of no use to a check, as the alarm below

        return execute(self._call, container_id, command, variables, seconds=seconds, keep=keep, watch=watch)

    def waking(self, container_id: str) -> Alarm:
        """A context that listens to what happens to the container, and wakes whoever waits in it."""
        from updater.engine.alarm import Alarm

        return Alarm(self._client, container_id)

    def wait_until_gone(self, container_id: str, seconds: float = 30) -> bool:
        """Whether the container is gone within that time: a removal may be under way already."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.find_container(container_id) is None:
                return True
            time.sleep(0.1)
        return False

    def _get(self, doing: str, path: str, parameters: Mapping[str, str] | None = None) -> Any:
        answer = self._call("GET", path, doing, params=parameters)
        with translated(doing):
            return answer.json()

    def _tell(self, container_id: str, what: str, doing: str, **arguments: Any) -> None:
        self._call("POST", f"/containers/{container_id}/{what}", doing, **arguments)

    def _call(
        self, method: str, path: str, doing: str, *, version: str | None = None, **arguments: Any
    ) -> requests.Response:
        """One call, in raw JSON: the SDK's own methods drop fields they do not know, and lack time limits."""
        arguments.setdefault("timeout", _CALL_TIMEOUT)
        url = f"{self._client.base_url}/v{version or self._client.api_version}{quote(path, safe='/:@')}"
        with self._silence(arguments["timeout"]), translated(doing):
            response = self._client.request(method, url, **arguments)
            try:
                response.raise_for_status()
            except requests.HTTPError as error:
                create_api_error_from_http_exception(error)
            return response


def _has_process(container: Json) -> bool:
    """Whether there is one that a signal reaches; one that waits for its next start counts as running, too."""
    return bool(container["State"].get("Running")) and not container["State"].get("Restarting")


def _encoded(credentials: Mapping[str, str]) -> str:
    """The header's value (Docker API, "Authentication"): an empty object asks anonymously, whatever the SDK knows."""
    return base64.urlsafe_b64encode(json.dumps(dict(credentials)).encode()).decode()


def _pull_failure(message: str, doing: str) -> EngineError:
    meaning = refusal(message, doing)
    return meaning if isinstance(meaning, EngineNoSpace) else PullFailed(f"{meaning}; the next run tries again")
