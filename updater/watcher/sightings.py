"""What has been looked at in this pass? Each container and each running image once, however many versions are tried."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from updater.watcher.compare import shown_platform
from updater.watcher.in_parallel import answers_and_failures

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from updater.model.candidate import Candidate
    from updater.model.reason import Reason
    from updater.watcher.running import RunningImage
    from updater.watcher.survey import Engine, Registry

    Json = dict[str, Any]


class Sightings:
    """Holds what was seen, for one pass. What could not be looked at is tried again when it is next asked for."""

    def __init__(self, engine: Engine, registry: Registry, at_once: int) -> None:
        self.engine = engine
        self.registry = registry
        self.at_once = at_once
        self._containers: dict[str, Json] = {}
        self._images: dict[str, RunningImage] = {}

    def at_containers(self, ids: AbstractSet[str]) -> tuple[Mapping[str, Json], Mapping[str, Reason]]:
        """The containers as they are inspected, by id, and why some of these could not be."""
        new = ids - self._containers.keys()
        found, failures = answers_and_failures(self.engine.inspect_container, new, self.at_once)
        self._containers |= found
        return self._containers, failures

    def at_images_of(self, outdated: Sequence[Candidate]) -> tuple[Mapping[str, RunningImage], Mapping[str, Reason]]:
        """The images that the candidates run, by the containers' ids, and why some could not be looked at.

        Newer engines with containerd's store show the platform with the container, once that was looked at. There an
        image's id is its index's, and may stand for another platform with each container.
        """
        from updater.watcher.running import RunningImage, running_image  # of what has not changed nobody asks

        seen = ((one.container.id, shown_platform(self._containers.get(one.container.id))) for one in outdated)
        shown = {container_id: RunningImage(platform) for container_id, platform in seen if platform is not None}
        others = {one.container.id: one.container.image_id for one in outdated if one.container.id not in shown}
        unknown = set(others.values()) - self._images.keys()
        new = {one.container.image_id: one for one in outdated if one.container.image_id in unknown}

        def ask(image_id: str) -> RunningImage:
            return running_image(new[image_id], self.engine, self.registry)

        found, failures = answers_and_failures(ask, new, self.at_once)
        self._images |= found
        running = {one: self._images[image] for one, image in others.items() if image in self._images}
        return shown | running, {one: failures[image] for one, image in others.items() if image in failures}
