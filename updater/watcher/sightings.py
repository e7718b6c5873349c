"""What has been looked at in this pass? Each container and each running image once, however many versions are tried."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from updater.watcher.compare import shown_platform
from updater.watcher.in_parallel import answers_and_failures
from updater.watcher.running import RunningImage, running_image

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from updater.model.candidate import Candidate
    from updater.model.reason import Reason
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
        """The images that the candidates run, by their ids, and why some could not be looked at.

        Newer engines with containerd's store show the platform with the container, once that was looked at.
        """
        for one in outdated:
            platform = shown_platform(self._containers.get(one.container.id))
            if platform is not None:
                self._images.setdefault(one.container.image_id, RunningImage(platform))
        new = {one.container.image_id: one for one in outdated if one.container.image_id not in self._images}

        def ask(image_id: str) -> RunningImage:
            return running_image(new[image_id], self.engine, self.registry)

        found, failures = answers_and_failures(ask, new, self.at_once)
        self._images |= found
        return self._images, failures
