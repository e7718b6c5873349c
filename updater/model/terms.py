"""On which terms may one container be updated? What label, config entry and global setting come to, for it alone."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Enabled(Enum):
    """Who opted the container in or out."""

    BY_USER = "by label or config entry"
    BY_NAME = "named on the command line"
    BY_ALL = "all containers are considered"
    NO = "not opted in"
    REFUSED = "opted out"


@dataclass(frozen=True, slots=True)
class Terms:
    """Durations in seconds; None means: as the container itself has it, or as computed from its healthcheck.

    `is_job`: others wait for it to end well, so it is run again on its new image although it has ended.
    """

    enabled: Enabled
    monitor_only: bool = False
    rollback: bool = True
    health_timeout: float | None = None
    grace_period: float = 15.0
    stop_timeout: float | None = None
    include_stopped: bool = False
    cleanup: bool = False
    one_shot: bool = False
    depends_on: tuple[str, ...] = ()
    is_job: bool = False
    hook_pre_update: str | None = None
    hook_pre_update_timeout: float = 60.0
    hook_post_update: str | None = None
    hook_post_update_timeout: float = 60.0
