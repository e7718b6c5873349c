"""What is to be done to one container? Everything that can be known before anything is touched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from updater.model.purpose import Purpose

if TYPE_CHECKING:
    from updater.model.digest import Digest
    from updater.model.outcome import ImageAt
    from updater.model.platform import Platform
    from updater.model.reference import ImageReference
    from updater.model.terms import Terms


@dataclass(frozen=True, slots=True)
class Plan:
    """Recreate this container, which runs `source`, on exactly `digest` of its reference.

    `image` is the reference as its user wrote it; None for what it means where that is the id of an image.
    `image_id` instead names an image that is there already, and nothing is pulled (going back to an earlier one).
    `kept_image` is the id of the image that is kept as the one it ran before, if there is one. `platform` is only
    given where the image is for another machine than the host (run under emulation). `companion_of` is the name of the
    container whose namespace, links or volumes it uses and with which it is recreated, on the image that it runs.
    """

    name: str
    container_id: str
    image: str
    reference: ImageReference | None
    source: ImageAt
    digest: Digest | None
    terms: Terms
    platform: Platform | None = None
    image_id: str | None = None
    kept_image: str | None = None
    purpose: Purpose = Purpose.UPDATE
    companion_of: str | None = None
