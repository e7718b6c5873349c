"""Which images did an update leave behind that nothing uses? Removed by id and never by force."""

from __future__ import annotations

from typing import TYPE_CHECKING

from updater.errors import EngineError

if TYPE_CHECKING:
    from updater.recreator.engine import Engine


def remove_unused(engine: Engine, image_id: str | None, *keep: str | None) -> str | None:
    """Remove the image unless it is one of `keep`, has a name, or is in use; returns a note where that failed."""
    if image_id is None or image_id in keep:
        return None
    try:
        image = engine.find_image(image_id)
        if image is None or image.get("RepoTags"):
            return None  # whoever gave it a name wants it
        engine.remove_image(image_id)
    except EngineError as error:
        # 409: another container runs it; it goes with that one's next update.
        return None if error.status == 409 else f"An image could not be removed ({error})."
    return None
