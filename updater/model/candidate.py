"""How does what runs compare with what is published? A fact, not yet a decision."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from updater.model.consideration import Consideration
    from updater.model.container import ContainerSnapshot
    from updater.model.dependent import Dependent
    from updater.model.digest import Digest
    from updater.model.platform import Platform
    from updater.model.published import Lookup, PublishedImage
    from updater.model.reason import Reason


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
    `running_digest` is the digest it runs in the reference's repository, if the engine knows one.
    `published_image` is only read where the digest differs. `platform` (that the image was made for), `auto_remove`
    and `dependents` (that would be dead without this one, in the order in which they need each other) are likewise only
    looked at where an update could follow.
    """

    consideration: Consideration
    status: Status
    running_digest: Digest | None = None
    lookup: Lookup | None = None
    published_image: PublishedImage | None = None
    finding: Reason | None = None
    platform: Platform | None = None
    auto_remove: bool = False
    dependents: tuple[Dependent, ...] = ()

    @property
    def container(self) -> ContainerSnapshot:
        """The container that was compared."""
        return self.consideration.container
