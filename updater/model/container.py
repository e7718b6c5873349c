"""What did one look at the engine show of a container, and of the image it runs?"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from updater.model.control_labels import is_policy, set_by_user

if TYPE_CHECKING:
    from collections.abc import Mapping

    from updater.model.digest import Digest
    from updater.model.reference import ImageReference


LABEL_SWARM_TASK = "com.docker.swarm.task.id"
OF_CONTAINER = "container:"
"""Begins the modes of namespaces that are another container's (Docker API, `NetworkMode`, `PidMode`, `IpcMode`)."""


class ContainerState(StrEnum):
    """The engine's own words (Docker API, `State.Status`)."""

    CREATED = "created"
    RUNNING = "running"
    PAUSED = "paused"
    RESTARTING = "restarting"
    REMOVING = "removing"
    EXITED = "exited"
    DEAD = "dead"


STATES_UP = frozenset({ContainerState.RUNNING, ContainerState.PAUSED, ContainerState.RESTARTING})
"""Those in which a container has processes, or is about to."""


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """Which engine answers, and in which version of the API it is spoken to."""

    name: str
    version: str
    api_version: str

    @property
    def api(self) -> tuple[int, int]:
        """The version as numbers: as text, 1.9 would sort after 1.41."""
        major, _, minor = self.api_version.partition(".")
        return int(major), int(minor)


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """What the engine's list says of an image. `repository_digests` pairs a repository name with a digest."""

    id: str
    repository_digests: frozenset[tuple[str, Digest]] = frozenset()
    labels: Mapping[str, str] = field(default_factory=dict)

    def digests_for(self, reference: ImageReference) -> frozenset[Digest]:
        """The digests under which this image is known in the reference's repository, and in no other."""
        return frozenset(digest for name, digest in self.repository_digests if name == reference.name)


@dataclass(frozen=True, slots=True)
class ContainerSnapshot:
    """A container as the engine's list shows it.

    `image_text` is what the user asked for, to the letter; `reference` is None where that names no
    repository (an image id). `image` is None where the image it runs is no longer there. `created_at` in seconds
    since the epoch, by the engine's clock. `needs` holds the containers, by id or name, that the list shows it to
    need: the one whose network it shares (`network_of`), those it has legacy links to; other needs only an inspection
    shows.
    """

    id: str
    name: str
    image_text: str
    image_id: str
    reference: ImageReference | None
    image: ImageFacts | None
    state: ContainerState
    labels: Mapping[str, str]
    created_at: float = 0.0
    needs: frozenset[str] = frozenset()
    network_of: str | None = None

    @property
    def user_labels(self) -> Mapping[str, str]:
        """Labels that the user set: Docker merges the image's into the container's, those say nothing of the user.

        With the image gone nobody can tell whose a label is, so none counts.
        """
        if self.image is None:
            return {}
        return set_by_user(self.labels, self.image.labels)

    @property
    def labels_of_image(self) -> tuple[str, ...]:
        """The names of the labels that would tell us what to do, were they not the image's."""
        brought = {key for key in self.image.labels if is_policy(key)} if self.image is not None else set()
        if not brought:
            return ()  # as of almost all images
        return tuple(sorted(brought & self.labels.keys() - self.user_labels.keys()))


@dataclass(frozen=True, slots=True)
class Inventory:
    """One look at the engine. `registry_tags` are the tags that it has from a registry, not from a build; `tags` are
    all of them, as the engine writes them, with the id of the image each names.
    """

    containers: tuple[ContainerSnapshot, ...]
    registry_tags: frozenset[ImageReference] = frozenset()
    tags: Mapping[str, str] = field(default_factory=dict)
