"""What are the two containers of an update called meanwhile? The names say how far it is, so that nothing else must.

    N.new-OID     the new container is being made ready; the old one still runs as N
    N.go-OID      it is complete: the point of no return
    N.old-P-OID   the old container, out of the way; P is its restart policy
    N.bad-OID     the new container failed and will be removed

N is the container's name, OID the first twelve digits of the old container's id.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from updater.model.control_labels import OPERATION_PREFIX

if TYPE_CHECKING:
    from collections.abc import Mapping

KEEP_REPOSITORY = "updater-keep"
_LONGEST_TAG = 128

LABEL_NAME = OPERATION_PREFIX + "name"
LABEL_OLD_ID = OPERATION_PREFIX + "old-id"
LABEL_OLD_IMAGE = OPERATION_PREFIX + "old-image"
LABEL_OLD_STATE = OPERATION_PREFIX + "old-state"


def name_new(name: str, old_id: str) -> str:
    """While it is being made ready."""
    return f"{name}.new-{old_id[:12]}"


def name_go(name: str, old_id: str) -> str:
    """Once it is complete."""
    return f"{name}.go-{old_id[:12]}"


def name_old(name: str, old_id: str, policy: Mapping[str, Any]) -> str:
    """The old container's, with its restart policy: this is the only copy while it is switched off."""
    return f"{name}.old-{policy_letter(policy)}-{old_id[:12]}"


def name_bad(name: str, old_id: str) -> str:
    """The new container's, once it has failed."""
    return f"{name}.bad-{old_id[:12]}"


def policy_letter(policy: Mapping[str, Any]) -> str:
    """`n` no, `a` always, `u` unless-stopped, `fK` on-failure with at most K retries (0: no limit)."""
    kind = policy.get("Name") or "no"
    if kind == "on-failure":
        return f"f{policy.get('MaximumRetryCount') or 0}"
    return {"no": "n", "always": "a", "unless-stopped": "u"}[kind]


def keep_tag(name: str) -> str:
    """The tag in KEEP_REPOSITORY that keeps the image a container ran before: one per container."""
    return name[:_LONGEST_TAG]


def operation_labels(name: str, old: Mapping[str, Any]) -> dict[str, str]:
    """What the new container says of the update that made it."""
    return {
        LABEL_NAME: name,
        LABEL_OLD_ID: old["Id"],
        LABEL_OLD_IMAGE: old["Image"],
        LABEL_OLD_STATE: old["State"]["Status"],
    }
