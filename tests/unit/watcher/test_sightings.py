"""Is the platform that a container runs on its own, and is nobody asked for it who cannot know?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pytest

from tests.unit.given import IMAGE_ID, OLD, candidate, consideration, container, image
from updater.model.digest import Digest
from updater.model.platform import Platform
from updater.watcher.running import RunningImage
from updater.watcher.sightings import Sightings

if TYPE_CHECKING:
    from updater.model.container import ImageFacts
    from updater.watcher.survey import Engine, Registry

NATIVE, FOREIGN = "a" * 64, "b" * 64


class _WithContainerdsStore:
    """An engine that shows the platform with each container, once that is looked at."""

    def inspect_container(self, container_id: str) -> dict[str, Any]:
        architecture = "arm64" if container_id == FOREIGN else "amd64"
        return {"ImageManifestDescriptor": {"platform": {"os": "linux", "architecture": architecture}}}

    def image_by_id(self, image_id: str) -> dict[str, Any]:
        return {"Id": image_id, "Os": "linux", "Architecture": "s390x"}


@pytest.mark.parametrize(
    "known_as", [image(), image(OLD, repository="docker.io/library/other"), image(Digest(IMAGE_ID))]
)
def test_a_registry_is_not_asked_for_what_did_not_come_from_it(known_as: ImageFacts) -> None:
    """An image from elsewhere under the registry's tag; or, in containerd's store, the id of no configuration."""
    sightings = Sightings(cast("Engine", _WithContainerdsStore()), cast("Registry", None), 2)
    running, _ = sightings.at_images_of([candidate(consideration=consideration(container(image=known_as)))])
    assert [one.platform.architecture for one in running.values()] == ["s390x"]


def test_one_index_may_run_on_two_platforms() -> None:
    """`docker run --platform` twice: an update must not make one of them into the other."""
    outdated = [candidate(consideration=consideration(container(id=one))) for one in (FOREIGN, NATIVE)]
    sightings = Sightings(cast("Engine", _WithContainerdsStore()), cast("Registry", None), 2)
    sightings.at_containers({NATIVE, FOREIGN})
    running, lost = sightings.at_images_of(outdated)
    assert running[FOREIGN] == RunningImage(Platform("linux", "arm64"))
    assert running[NATIVE] == RunningImage(Platform("linux", "amd64"))
    assert not lost
