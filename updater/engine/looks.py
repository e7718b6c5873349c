"""What can be asked of the engine? Every call that only looks; raw JSON out."""

from __future__ import annotations

import json
import re
import threading
import time
from concurrent.futures import Future
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from updater.engine.calls import CALL_TIMEOUT, Calls
from updater.engine.snapshot import image_facts, inventory, is_image_id, reference_of
from updater.engine.translation import translated
from updater.errors import EngineError, EngineNotFound
from updater.model.container import EngineInfo
from updater.model.silence import unheard

if TYPE_CHECKING:
    from collections.abc import Mapping

    from updater.engine.alarm import Alarm
    from updater.engine.calls import Json
    from updater.engine.connection import Client
    from updater.model.container import ContainerSnapshot, Inventory
    from updater.model.silence import Silence

_SHOWS_MAC = (1, 51)  # the last API version whose Config has it


class Looks(Calls):
    """What an engine shows. Every method raises errors of the EngineError family."""

    def __init__(self, client: Client, silence: Silence = unheard) -> None:
        super().__init__(client, silence)
        self._images: dict[str, Json] = {}
        self._lists: tuple[Future[Any], Future[Any]] | None = None

    @property
    def info(self) -> EngineInfo:
        """Who answers; known since the connection was made, so this is no call."""
        api_version = str(self._client.api_version)
        if self._client.announced is not None:
            name, version = self._client.announced
            return EngineInfo("podman" if name == "Libpod" else "docker", version, api_version)
        answer = self._about
        components = answer.get("Components") or [{}]
        name = "podman" if "podman" in str(components[0].get("Name", "")).lower() else "docker"
        return EngineInfo(name, str(answer.get("Version", "unknown")), api_version)

    @property
    def platform(self) -> str:
        """The host's own platform, `linux/amd64`; a call, once."""
        answer = self._about
        return f"{answer.get('Os', 'linux')}/{answer.get('Arch', '')}"

    @property
    def _about(self) -> Json:
        with self._silence(CALL_TIMEOUT), translated("ask which engine it is"):
            return self._client.version()

    @property
    def is_local(self) -> bool:
        """Whether it is reached by a socket of this machine, so that a reboot of one is a reboot of the other."""
        return str(self._client.base_url) == "http+docker://localhost"

    def list_ahead(self) -> None:
        """Begin with the lists for the next inventory; whatever is done meanwhile takes no time of its own."""
        containers = self._begun("list containers", "/containers/json", {"all": "1"})
        self._lists = containers, self._begun("list images", "/images/json")

    def inventory(self) -> Inventory:
        """All containers and images, in two calls however many there are; both at once, since each takes a while."""
        if self._lists is None:
            self.list_ahead()
        assert self._lists is not None
        (containers, images), self._lists = self._lists, None
        return inventory(containers.result(), images.result())

    def _begun(self, doing: str, path: str, parameters: Mapping[str, str] | None = None) -> Future[Any]:
        answer: Future[Any] = Future()

        def get() -> None:
            try:
                answer.set_result(self._get(doing, path, parameters))
            except Exception as error:  # noqa: BLE001 - it is whoever waits for the answer who has to know
                answer.set_exception(error)

        # A daemon: somebody who interrupts does not wait for it.
        threading.Thread(target=get, name=doing, daemon=True).start()
        return answer

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

    def log_tail(self, container_id: str, lines: int = 20) -> str:
        """The last lines a container wrote; empty where its log driver cannot be read."""
        try:
            with translated(f"read the log of {container_id[:12]}"):
                return bytes(self._client.logs(container_id, tail=lines)).decode(errors="replace")
        except EngineError:
            return ""  # the log explains a failure; it must never become one

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
