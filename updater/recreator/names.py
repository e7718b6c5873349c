"""What are the two containers of an update called meanwhile? The names say how far it is, so that nothing else must.

    N.new-OID     the new container is being made ready; the old one still runs as N
    N.go-OID      it is complete: the point of no return
    N.old-P-OID   the old container, out of the way
    N.back-P-OID  the same, once it is decided that it comes back
    N.bad-OID     the new container failed and will be removed
    N.helper-OID  goes on with the update of the container that the updater itself runs in

N is the container's name, OID the first twelve digits of the old container's id, P its restart policy, with an `s`
if it was stopped, a `p` if it was paused, an `r` if it was restarting.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from updater.model.control_labels import OPERATION_PREFIX

if TYPE_CHECKING:
    from collections.abc import Mapping

KEEP_REPOSITORY = "updater-keep"
_LONGEST_TAG = 128

LABEL_NAME = OPERATION_PREFIX + "name"
LABEL_KIND = OPERATION_PREFIX + "kind"
LABEL_OWNER = OPERATION_PREFIX + "owner"
LABEL_DIGEST = OPERATION_PREFIX + "digest"
LABEL_OLD_ID = OPERATION_PREFIX + "old-id"
LABEL_OLD_IMAGE = OPERATION_PREFIX + "old-image"
LABEL_OLD_DIGEST = OPERATION_PREFIX + "old-digest"
LABEL_OLD_REFERENCE = OPERATION_PREFIX + "old-reference"
LABEL_OLD_STATE = OPERATION_PREFIX + "old-state"
LABEL_OLD_HEALTH = OPERATION_PREFIX + "old-health"
LABEL_OLD_POLICY = OPERATION_PREFIX + "old-policy"
LABEL_KEPT = OPERATION_PREFIX + "kept"
LABEL_JOB = OPERATION_PREFIX + "job"
LABEL_GROUP = OPERATION_PREFIX + "group"
LABEL_PLACE = OPERATION_PREFIX + "place"
LABEL_COMPANION_OF = OPERATION_PREFIX + "companion-of"
LABEL_KEEPS_STATE = OPERATION_PREFIX + "keeps-state"
LABEL_HELPER_OF = OPERATION_PREFIX + "helper-of"

_STATES = {"running": "", "exited": "s", "paused": "p", "restarting": "r"}  # a created one counts as stopped
_LETTERS = {"n": "no", "a": "always", "u": "unless-stopped"}
_PARKED_NAME = re.compile(
    r"(?P<name>.+)\.(?P<phase>old|back)-(?P<policy>[nau]|f\d+)(?P<state>[spr]?)-(?P<old_id>[0-9a-f]{12})"
)


class Phase(StrEnum):
    """Which of the two names the old container has."""

    OLD = "old"
    BACK = "back"


@dataclass(frozen=True, slots=True)
class ParkedName:
    """The name of an old container out of the way, taken apart; `state` as `State.Status`."""

    name: str
    phase: Phase
    policy: Mapping[str, Any]
    state: str


def name_new(name: str, old_id: str) -> str:
    """While it is being made ready."""
    return f"{name}.new-{old_id[:12]}"


def name_go(name: str, old_id: str) -> str:
    """Once it is complete."""
    return f"{name}.go-{old_id[:12]}"


def name_old(name: str, old_id: str, policy: Mapping[str, Any], state: str) -> str:
    """The old container's, with its restart policy: this is the only copy while it is switched off."""
    return f"{name}.{Phase.OLD}-{policy_letter(policy)}{_state_letter(state)}-{old_id[:12]}"


def name_back(parked: str) -> str:
    """The old container's, once it is decided that it comes back, for the name that it was parked under."""
    head, _, tail = parked.rpartition(f".{Phase.OLD}-")
    return f"{head}.{Phase.BACK}-{tail}"


def name_bad(name: str, old_id: str) -> str:
    """The new container's, once it has failed."""
    return f"{name}.bad-{old_id[:12]}"


def name_helper(name: str, old_id: str) -> str:
    """The container's that replaces the updater's own one."""
    return f"{name}.helper-{old_id[:12]}"


def is_helpers_name(text: str, old_id: str) -> bool:
    """Whether a container of that name, with that id in its label, is a helper; a label alone may be an image's."""
    return text.endswith(f".helper-{old_id[:12]}")


def parse_parked_name(text: str, container_id: str) -> ParkedName | None:
    """Take apart the name of the container with this id; None where it is not parked.

    A user may give a container a name that looks like this one; only the one that we gave has its own id in it.
    """
    match = _PARKED_NAME.fullmatch(text.removeprefix("/"))
    if match is None or not container_id.startswith(match["old_id"]):
        return None
    state = next(state for state, letter in _STATES.items() if letter == match["state"])
    return ParkedName(match["name"], Phase(match["phase"]), policy_of(match["policy"]), state)


def is_under_our_name(old: Mapping[str, Any], name: str) -> bool:
    """Whether an old container has its own name or the one we gave it; any other is its user's choice."""
    parked = parse_parked_name(old["Name"], old["Id"])
    return old["Name"] == f"/{name}" or (parked is not None and parked.name == name)


def policy_letter(policy: Mapping[str, Any]) -> str:
    """`n` no, `a` always, `u` unless-stopped, `fK` on-failure with at most K retries (0: no limit)."""
    kind = policy.get("Name") or "no"
    if kind == "on-failure":
        return f"f{policy.get('MaximumRetryCount') or 0}"
    return next(letter for letter, name in _LETTERS.items() if name == kind)


def _state_letter(state: str) -> str:
    return _STATES.get(state, _STATES["exited"])


def policy_of(letter: str) -> dict[str, Any]:
    """The policy behind the letter."""
    if letter.startswith("f"):
        return {"Name": "on-failure", "MaximumRetryCount": int(letter[1:])}
    return {"Name": _LETTERS[letter], "MaximumRetryCount": 0}


def keep_tag(name: str) -> str:
    """The tag in KEEP_REPOSITORY that keeps the image a container ran before: one per container."""
    return name[:_LONGEST_TAG]


def kept_name(name: str) -> str:
    """The whole name of the image that a container ran before, as the engine lists it."""
    return f"{KEEP_REPOSITORY}:{keep_tag(name)}"


def operation_labels(
    name: str, kind: str, owner: str, digest: str | None, old: Mapping[str, Any], old_digest: str | None
) -> dict[str, str]:
    """What the new container says of the update that made it: all that recovery needs, should nothing else be left."""
    health = (old["State"].get("Health") or {}).get("Status") or ""
    return {
        LABEL_NAME: name,
        LABEL_KIND: kind,
        LABEL_OWNER: owner,
        LABEL_DIGEST: digest or "",
        LABEL_OLD_ID: old["Id"],
        LABEL_OLD_IMAGE: old["Image"],
        LABEL_OLD_DIGEST: old_digest or "",
        LABEL_OLD_REFERENCE: old["Config"]["Image"],
        LABEL_OLD_STATE: old["State"]["Status"],
        LABEL_OLD_HEALTH: health,
    }
