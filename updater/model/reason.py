"""Why was something decided, or why did it end like this? A stable code and a sentence for a person."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


class ReasonCode(StrEnum):
    """Every reason there is. Scripts rely on the spelling: add, never rename."""

    UPDATE_AVAILABLE = "update-available"
    UP_TO_DATE = "up-to-date"
    UPDATED = "updated"
    ROLLED_BACK = "rolled-back"
    # Not ours to touch
    NOT_ENABLED = "not-enabled"
    DISABLED_BY_LABEL = "disabled-by-label"
    INVALID_LABEL = "invalid-label"
    OUT_OF_SCOPE = "out-of-scope"
    EXCLUDED = "excluded"
    MONITOR_ONLY = "monitor-only"
    PINNED_BY_DIGEST = "pinned-by-digest"
    LOCAL_IMAGE = "local-image"
    IMAGE_GONE = "image-gone"
    AUTO_REMOVE = "auto-remove"
    ITSELF = "itself"
    NOT_RUNNING = "not-running"
    SWARM_TASK = "swarm-task"
    ONE_OFF = "one-off"
    DEPENDENCY_FAILED = "dependency-failed"
    DEPENDENCY_UPDATED = "dependency-updated"
    DEPENDENCY_CYCLE = "dependency-cycle"
    SHARED_NAMESPACE = "shared-namespace"
    # The registry could not say
    REGISTRY_UNREACHABLE = "registry-unreachable"
    REGISTRY_DENIED = "registry-denied"
    REGISTRY_RATE_LIMITED = "registry-rate-limited"
    REGISTRY_ERROR = "registry-error"
    IMAGE_NOT_FOUND = "image-not-found"
    PLATFORM_MISSING = "platform-missing"
    DIGEST_MISMATCH = "digest-mismatch"
    # Not this image, or not now
    HELD = "held"
    SKIPPED = "skipped"
    REJECTED_BEFORE = "rejected-before"
    MOVED_BACK = "moved-back"
    MAJOR_VERSION = "major-version"
    TOO_NEW = "too-new"
    NOT_SCHEDULED = "not-scheduled"
    OUTSIDE_WINDOW = "outside-window"
    NEWER_VERSION = "newer-version"
    IMAGE_LABELS = "image-labels"
    UNKNOWN_DEPENDENCY = "unknown-dependency"
    # The update did not happen, or was undone
    PULL_FAILED = "pull-failed"
    NO_SPACE = "no-space"
    CREATE_FAILED = "create-failed"
    FIDELITY = "fidelity"
    NAME_CONFLICT = "name-conflict"
    HOOK_FAILED = "hook-failed"
    HOOK_POSTPONED = "hook-postponed"
    STOP_FAILED = "stop-failed"
    START_FAILED = "start-failed"
    UNHEALTHY = "unhealthy"
    CRASHED = "crashed"
    HEALTH_TIMEOUT = "health-timeout"
    CONTAINER_GONE = "container-gone"
    USER_CHANGED = "user-changed"
    BUSY = "busy"
    ENGINE_ERROR = "engine-error"
    INTERRUPTED = "interrupted"
    STRANDED = "stranded"


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason. `until` is when the answer may change by itself, if that is known."""

    code: ReasonCode
    message: str
    until: datetime | None = None
