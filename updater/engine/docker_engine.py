"""What can the engine be told, and what be asked? Every call that changes something; those that look are inherited."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Self

from updater.engine import trials
from updater.engine.connection import connect
from updater.engine.looks import Looks
from updater.engine.translation import translated
from updater.errors import EngineConflict
from updater.model.silence import unheard

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import TracebackType

    from updater.engine.calls import Json
    from updater.engine.connection import Client
    from updater.model.digest import Digest
    from updater.model.execution import Execution
    from updater.model.platform import Platform
    from updater.model.reference import ImageReference
    from updater.model.silence import Silence

_STOP_MARGIN = 30  # seconds that the engine may need beyond a container's own stop timeout
_PATIENT_STOP = 3600  # seconds to wait for a container whose own timeout is -1: never kill it
_LOOK_EVERY = 1.0  # seconds, should an event have been lost
_DEFAULT_STOP_TIMEOUT = 10  # seconds; the engine's own default (Docker API, `StopTimeout`)


class DockerEngine(Looks):
    """A connection to an engine that speaks Docker's API. Every method raises errors of the EngineError family."""

    def __init__(self, client: Client, silence: Silence = unheard) -> None:
        super().__init__(client, silence)
        self._has_rights = False

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

    def denied(self) -> tuple[str, ...]:
        """What of an update would be denied, as by a proxy in front of the engine; asked of what nobody has."""
        return trials.denied(self._call)

    def require_rights(self) -> None:
        """Raises EngineDenied where an update could be begun but not ended; asked once, and only over a network.

        There a proxy may stand before the engine, that lets some calls pass and others not.
        """
        if not self.is_local and not self._has_rights:
            trials.require(self._call)
            self._has_rights = True

    def may_execute(self) -> bool:
        """Whether commands may be run in containers; asked of what nobody has, so that none is."""
        return trials.may_execute(self._call)

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
        """Pull exactly this digest and return the image's inspection; `pulling` says more."""
        from updater.engine.pulling import pull  # of no use to a check, as the execution below

        pull(
            self._call,
            self._silence,
            reference,
            digest,
            platform=platform,
            credentials=credentials,
            progress=progress,
        )
        return self.inspect_image(f"{reference.name}@{digest}")

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
        from updater.engine.execution import execute  # of no use to a check

        return execute(self._call, container_id, command, variables, seconds=seconds, keep=keep, watch=watch)


def _has_process(container: Json) -> bool:
    """Whether there is one that a signal reaches; one that waits for its next start counts as running, too."""
    return bool(container["State"].get("Running")) and not container["State"].get("Restarting")
