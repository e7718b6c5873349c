"""How does what runs compare with what is published? A fact, not yet a decision."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from updater.model.consideration import Consideration
    from updater.model.container import ContainerSnapshot
    from updater.model.dependent import Dependent
    from updater.model.digest import Digest
    from updater.model.platform import Platform
    from updater.model.published import Lookup
    from updater.model.published_content import PublishedImage
    from updater.model.reason import Reason
    from updater.model.reference import ImageReference


class Status(StrEnum):
    """`ignored`: not compared, by design. `unknown`: compared in vain, because something failed."""

    CURRENT = "current"
    OUTDATED = "outdated"
    UNKNOWN = "unknown"
    IGNORED = "ignored"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A container and the comparison.

    `finding` says why it is not compared, or what failed; None where the comparison stands.
    `running_digest` is the digest it runs in the reference's repository, if the engine knows one. `target` is the
    reference whose digest was compared: the container's own, or that of a newer version tag; `fallbacks` are what to
    compare with instead where that does not do. `beyond` is a newer version that is not reached by what is followed,
    `no_version` why no version can be.

    What follows is only looked at where an update could follow. `published_image` is what it would bring: what the
    target points at, or an older digest of it, where that is too new. `platform` is what the image was made for,
    `running_config` what the image that runs gives to containers, where that was read; `dependents` would be dead
    without this one, in the order in which they need each other. `gives_other_labels` are labels that the new image
    would tell us what to do by, were they not an image's. `majors` are the major versions of what runs and what is
    published, where the step needs a migration by hand.
    """

    consideration: Consideration
    status: Status
    running_digest: Digest | None = None
    lookup: Lookup | None = None
    published_image: PublishedImage | None = None
    finding: Reason | None = None
    platform: Platform | None = None
    running_config: Mapping[str, Any] | None = field(default=None, repr=False)
    auto_remove: bool = False
    dependents: tuple[Dependent, ...] = ()
    target: ImageReference | None = None
    fallbacks: tuple[ImageReference, ...] = ()
    beyond: str | None = None
    no_version: str | None = None
    gives_other_labels: tuple[str, ...] = ()
    majors: tuple[str, str] | None = None

    @property
    def target_digest(self) -> Digest | None:
        """The digest that an update would bring."""
        return self.published_image.digest if self.published_image is not None else None

    @property
    def container(self) -> ContainerSnapshot:
        """The container that was compared."""
        return self.consideration.container
