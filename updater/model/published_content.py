"""What is in what a registry publishes: images, their configurations, lists of tags?"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from updater.model.digest import Digest
    from updater.model.platform import Platform


@dataclass(frozen=True, slots=True)
class ImageConfiguration:
    """What is needed of an image's configuration. `created` is a claim of whoever built the image.

    `platform` is None where none is given, as for what is no container image (a chart, a signature). `config` is what
    the image gives to containers (OCI image spec, config.md: `config`), as it stands there.
    """

    platform: Platform | None
    created: datetime | None
    config: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class PublishedImage:
    """The published image for one platform, read from verified bytes.

    `digest` is what the tag points at, `manifest_digest` the platform's own manifest (the same where there is no
    index), `config_digest` the image's configuration, of which `created` and `config` are taken.
    """

    digest: Digest
    manifest_digest: Digest
    config_digest: Digest
    created: datetime | None
    config: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class PublishedTags:
    """The tags of a repository. `is_complete` is False where there are more than anybody would read."""

    names: tuple[str, ...]
    is_complete: bool = True
