"""What must be so by now, and what does the next command have to say? The whole life in a few values; pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.engine.state_machine.versions import VERDICTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.engine.state_machine.versions import Version

Answer = tuple[str, str]
"""Outcome and reason code."""

SKIPPED_AS_REJECTED: Answer = ("skipped", "rejected-before")
NOT_RUNNING: Answer = ("skipped", "not-running")
CURRENT: Answer = ("current", "up-to-date")
UPDATED: Answer = ("updated", "updated")


@dataclass(frozen=True)
class Container:
    """The one container of the name."""

    id: str
    version: Version
    runs: bool
    before: Version | None = None
    """What it ran before, by its own labels: only of one that an update has made."""


@dataclass
class Model:
    """Changed by every step; what the engine shows has to agree with it after each."""

    policy: Mapping[str, object]
    published: Version
    container: Container | None = None
    """None once its user has removed it, or given it another name."""
    asides: dict[str, Container] = field(default_factory=dict)
    """Containers that their user has given other names: none of the updater's business."""
    rejected: set[str] = field(default_factory=set)
    perhaps_rejected: set[str] = field(default_factory=set)
    """Turned down by an update that died before anybody can know whether it wrote so down."""
    last_update: tuple[Version, Version] | None = None
    """From and to, as the history has it."""
    tag_is_known: bool = True
    """False where an update died right after it had pulled: the tag leads then (docs/safety.md)."""

    def answers(self, *, include_stopped: bool) -> set[Answer]:
        """What a cycle may report of the container."""
        assert self.container is not None
        if not self.container.runs and not include_stopped:
            return {NOT_RUNNING}
        if self.published == self.container.version:
            return {CURRENT}
        if self.published.digest in self.rejected:
            return {SKIPPED_AS_REJECTED}
        tried = UPDATED if self.published.is_good else ("rolled-back", VERDICTS[self.published.kind])
        return {tried, SKIPPED_AS_REJECTED} if self.published.digest in self.perhaps_rejected else {tried}

    def survives_boot(self, *, killed: bool) -> bool:
        """Whether the engine starts a container that ran again when it boots.

        Seen on 20.10: an engine that was killed ends what still runs when it boots, and takes that for a user's stop.
        """
        return self.policy["Name"] == "always" or (self.policy["Name"] == "unless-stopped" and not killed)

    @property
    def version_before(self) -> Version | None:
        """Where `updater rollback` leads: by the container's labels, else by the history."""
        if self.container is None or not self.container.runs:
            return None
        if self.container.before is not None:
            return self.container.before
        if self.last_update is not None and self.last_update[1] == self.container.version:
            return self.last_update[0]
        return None

    # What has happened

    def reject(self, version: Version) -> None:
        self.rejected.add(version.digest)
        self.perhaps_rejected.discard(version.digest)

    def forget_rejections(self) -> None:
        self.rejected.clear()
        self.perhaps_rejected.clear()

    def forget_everything(self) -> None:
        """The state folder is lost."""
        self.forget_rejections()
        self.last_update = None
