"""What is the image that runs, where another one is published? Asked of the engine as little as can be.

The platform has to be known to choose from an index, and an engine shows it in no list.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from updater.errors import EngineError, EngineNotFound, RegistryError
from updater.model.digest import parse_digest
from updater.model.platform import Platform

if TYPE_CHECKING:
    from collections.abc import Mapping

    from updater.model.candidate import Candidate
    from updater.model.digest import Digest
    from updater.model.published_content import ImageConfiguration
    from updater.model.reference import ImageReference
    from updater.watcher.survey import Engine, Registry


@dataclass(frozen=True, slots=True)
class RunningImage:
    """The platform an image was made for, which may be another than the host's.

    `config` is what the image gives to containers; None where that did not have to be read.
    """

    platform: Platform
    config: Mapping[str, Any] | None = None


def running_image(candidate: Candidate, engine: Engine, registry: Registry) -> RunningImage:
    """The image that an outdated candidate runs.

    In the classic store an image's id is the digest of its configuration, which its registry keeps: so an engine need
    not be asked for more than the container. It is where the registry has thrown the old image away, or cannot say.
    Raises EngineError.
    """
    kept = _kept(candidate, registry)
    if kept is not None and kept.platform is not None:
        return RunningImage(kept.platform, kept.config)
    image = engine.image_by_id(candidate.container.image_id)
    if image is None:
        raise EngineNotFound("the image that it runs was removed a moment ago")
    platform = Platform(image["Os"], image["Architecture"], image.get("Variant") or "")
    return RunningImage(platform, image.get("Config") or {})


def running_config(candidate: Candidate, engine: Engine) -> Mapping[str, Any] | None:
    """What the running image gives to containers; the engine's word where a look at the image did not have to tell.

    None where the engine cannot say.
    """
    if candidate.running_config is not None:
        return candidate.running_config
    try:
        image = engine.image_by_id(candidate.container.image_id)
    except EngineError:
        return None
    return (image.get("Config") or {}) if image is not None else None


def _kept(candidate: Candidate, registry: Registry) -> ImageConfiguration | None:
    """The running image's configuration as the registry keeps it; None where it does not, or is none."""
    asked = _configuration_of(candidate)
    if asked is None:
        return None
    try:
        return registry.configuration(*asked)
    except RegistryError:
        return None  # the engine knows, too


def _configuration_of(candidate: Candidate) -> tuple[ImageReference, Digest] | None:
    """Where to ask for the configuration; None where nothing says that the image came from there.

    Nor in containerd's store, where the image's id is its manifest's digest.
    """
    container = candidate.container
    if container.reference is None or container.image is None:
        return None
    try:
        digest = parse_digest(container.image_id)
    except ValueError:
        return None
    digests = container.image.digests_for(container.reference)
    return (container.reference, digest) if digests and digest not in digests else None
