"""Which labels are understood, and what does each say? One table; the documentation is checked against it.

Only labels that the user set get here (`ContainerSnapshot.user_labels`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from updater.model.control_labels import CONTROL_PREFIXES, OPERATION_PREFIX, PREFIX, WATCHTOWER_PREFIX
from updater.model.values import (
    GOOD_BOOLEANS,
    GOOD_DURATIONS,
    GOOD_NAMES,
    GOOD_SHELL_LINES,
    parse_boolean,
    parse_duration,
    parse_names,
    parse_shell_line,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

# Watchtower marks its own container with this; it says nothing about updates.
_NO_SAY = frozenset({"com.centurylinklabs.watchtower"})


class BadLabel(Exception):
    """A label under a control prefix whose key or value is not understood; `str()` names both and the good ones."""


@dataclass(frozen=True, slots=True)
class Label:
    """`setting` is the per-container setting that it sets, or `enable`."""

    key: str
    setting: str
    parse: Callable[[str], Any]
    good: str
    help: str
    watchtower: str | None = None


LABELS: tuple[Label, ...] = (
    Label(
        "updater.enable",
        "enable",
        parse_boolean,
        GOOD_BOOLEANS,
        "Opts the container in, or (`false`) keeps it out whatever else says otherwise.",
        WATCHTOWER_PREFIX + "enable",
    ),
    Label(
        "updater.monitor-only",
        "monitor_only",
        parse_boolean,
        GOOD_BOOLEANS,
        "Report what is published, never update.",
        WATCHTOWER_PREFIX + "monitor-only",
    ),
    Label(
        "updater.rollback",
        "rollback",
        parse_boolean,
        GOOD_BOOLEANS,
        "`false` keeps the new container even if it does not prove healthy.",
    ),
    Label(
        "updater.health-timeout",
        "health_timeout",
        parse_duration,
        GOOD_DURATIONS,
        "How long the container may take to become healthy; by default computed from its healthcheck.",
    ),
    Label(
        "updater.grace-period",
        "grace_period",
        parse_duration,
        GOOD_DURATIONS,
        "How long a container without a healthcheck must stay up without a restart; 15s by default.",
    ),
    Label(
        "updater.stop-timeout",
        "stop_timeout",
        parse_duration,
        GOOD_DURATIONS,
        "How long the container may take to stop before it is killed; its own by default.",
    ),
    Label(
        "updater.cleanup",
        "cleanup",
        parse_boolean,
        GOOD_BOOLEANS,
        "Remove images that an update replaced and nothing uses any more, but for the previous one.",
    ),
    Label(
        "updater.depends-on",
        "depends_on",
        parse_names,
        GOOD_NAMES,
        "The containers that it needs: they are updated before it, and where one fails, it is left alone.",
        WATCHTOWER_PREFIX + "depends-on",
    ),
    Label(
        "updater.one-shot",
        "one_shot",
        parse_boolean,
        GOOD_BOOLEANS,
        "The container does one job and ends: an end with code 0 is a success, not a crash.",
    ),
    Label(
        "updater.hook.pre-update",
        "hook_pre_update",
        parse_shell_line,
        GOOD_SHELL_LINES,
        "A shell line to run in the old container before an update; exit code 75 postpones it, another stops it.",
    ),
    Label(
        "updater.hook.pre-update-timeout",
        "hook_pre_update_timeout",
        parse_duration,
        GOOD_DURATIONS,
        "How long the hook before an update may take; 60s by default.",
    ),
    Label(
        "updater.hook.post-update",
        "hook_post_update",
        parse_shell_line,
        GOOD_SHELL_LINES,
        "A shell line to run in the new container once it has proven itself; a failure is reported.",
    ),
    Label(
        "updater.hook.post-update-timeout",
        "hook_post_update_timeout",
        parse_duration,
        GOOD_DURATIONS,
        "How long the hook after an update may take; 60s by default.",
    ),
)


def read_labels(labels: Mapping[str, str]) -> dict[str, Any]:
    """Setting name → value. An `updater.*` label wins over Watchtower's for the same thing. Raises BadLabel."""
    known = {label.watchtower: label for label in LABELS if label.watchtower} | {label.key: label for label in LABELS}
    values: dict[str, Any] = {}
    # Watchtower's come first in this order, so that ours overwrite them.
    for key in sorted(labels, key=lambda key: (key.startswith(PREFIX), key)):
        if not key.startswith(CONTROL_PREFIXES) or key.startswith(OPERATION_PREFIX) or key in _NO_SAY:
            continue
        if key not in known:
            raise BadLabel(f"label {key} is not known to this version; known are {', '.join(known)}")
        label = known[key]
        try:
            values[label.setting] = label.parse(labels[key])
        except ValueError as error:
            raise BadLabel(f"label {key}: {error}; expected {label.good}") from None
    return values
