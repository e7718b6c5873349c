"""On which terms may one container be updated? What label, config entry and global setting come to, for it alone."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from updater.model.schedule import Schedule
    from updater.model.tag_pattern import TagPattern
    from updater.model.window import Windows


class Enabled(Enum):
    """Who opted the container in or out."""

    BY_USER = "by label or config entry"
    BY_NAME = "named on the command line"
    BY_ALL = "all containers are considered"
    NO = "not opted in"
    REFUSED = "opted out"


class Level(StrEnum):
    """What of a repository is followed: the tag as it is, or newer version tags up to this level, which allows what
    those before it allow.
    """

    DIGEST = "digest"
    PATCH = "patch"
    MINOR = "minor"
    MAJOR = "major"


@dataclass(frozen=True, slots=True)
class Terms:
    """Durations in seconds; None means: as the container itself has it, or as computed from its healthcheck.

    `schedule` is the container's own one, None where it has none.
    `is_job`: others wait for it to end well, so it is run again on its new image although it has ended.
    """

    enabled: Enabled
    monitor_only: bool = False
    rollback: bool = True
    health_timeout: float | None = None
    grace_period: float = 15.0
    stop_timeout: float | None = None
    stop_signal: str | None = None
    include_stopped: bool = False
    cleanup: bool = False
    one_shot: bool = False
    depends_on: tuple[str, ...] = ()
    is_job: bool = False
    schedule: Schedule | None = None
    window: Windows | None = None
    min_age: float = 0.0
    hold: bool = False
    tags: Level = Level.DIGEST
    tag_pattern: TagPattern | None = None
    scope: str | None = None
    hook_pre_update: str | None = None
    hook_pre_update_timeout: float = 60.0
    hook_post_update: str | None = None
    hook_post_update_timeout: float = 60.0
