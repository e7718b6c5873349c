"""`updater diff`, `run --dry-run`: what would an update change in a container? Asks and computes, and pulls nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from updater.errors import RegistryAnswerInvalid
from updater.recreator.blueprint import as_inspected, forecast
from updater.recreator.drafting import draft

if TYPE_CHECKING:
    from updater.model.forecast import Forecast
    from updater.model.plan import Plan
    from updater.model.published_content import PublishedImage
    from updater.recreator.engine import Engine

    Json = dict[str, Any]


def look_ahead(plan: Plan, published: PublishedImage, engine: Engine) -> Forecast:
    """What carrying out the plan would mean; raises EngineError, and RegistryError for an image no engine can read."""
    old = engine.inspect_container(plan.container_id)
    old_image = engine.image_by_id(old["Image"])
    image_id = published.digest if _is_named_by_manifest(old_image) else published.config_digest
    try:
        new_image = as_inspected(image_id, published.config, engine.info.api_version)
    except ValueError as error:
        raise RegistryAnswerInvalid(
            f"the configuration of the published image is malformed ({error}), so no engine can run it;"
            " ask its publisher"
        ) from error
    # Which operation it would be is not known yet, and is no business of the user's.
    return forecast(old, old_image, new_image, draft(plan, engine, old, old_image, new_image, {}))


def _is_named_by_manifest(image: Json | None) -> bool:
    """Whether the engine's images are in containerd's store, where an id is not the digest of the configuration."""
    if image is None:
        return False
    digests = {str(entry).rpartition("@")[2] for entry in image.get("RepoDigests") or ()}
    return "Descriptor" in image or image["Id"] in digests
