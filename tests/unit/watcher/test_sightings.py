"""Is the platform that a container runs on its own, where several share the name of an image?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from tests.unit.given import candidate, consideration, container
from updater.model.platform import Platform
from updater.watcher.running import RunningImage
from updater.watcher.sightings import Sightings

if TYPE_CHECKING:
    from updater.watcher.survey import Engine, Registry

NATIVE, FOREIGN = "a" * 64, "b" * 64


class _WithContainerdsStore:
    """An engine that shows the platform with each container, and would have to be asked for nothing else."""

    def inspect_container(self, container_id: str) -> dict[str, Any]:
        architecture = "arm64" if container_id == FOREIGN else "amd64"
        return {"ImageManifestDescriptor": {"platform": {"os": "linux", "architecture": architecture}}}


def test_one_index_may_run_on_two_platforms() -> None:
    """`docker run --platform` twice: an update must not make one of them into the other."""
    outdated = [candidate(consideration=consideration(container(id=one))) for one in (FOREIGN, NATIVE)]
    sightings = Sightings(cast("Engine", _WithContainerdsStore()), cast("Registry", None), 2)
    sightings.at_containers({NATIVE, FOREIGN})
    running, lost = sightings.at_images_of(outdated)
    assert running[FOREIGN] == RunningImage(Platform("linux", "arm64"))
    assert running[NATIVE] == RunningImage(Platform("linux", "amd64"))
    assert not lost
