"""Under which prefixes do labels tell us what to do, and whose is one? Everything else on a container is not ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

PREFIX = "updater."
WATCHTOWER_PREFIX = "com.centurylinklabs.watchtower."
CONTROL_PREFIXES = (PREFIX, WATCHTOWER_PREFIX)
# Written on a container by an update of ours; says what it belongs to, and nothing about what the user wants.
OPERATION_PREFIX = "updater.operation."
# The one exception. Docker does not tell a user's label from one that a later image brings with the same value, so an
# image could end its user's policy by repeating it.
LABEL_YOURS = OPERATION_PREFIX + "yours"


def set_by_user(labels: Mapping[str, str], of_image: Mapping[str, str]) -> dict[str, str]:
    """The container's labels that its image did not bring, and those that an update found to be the user's before."""
    remembered = frozenset[str]()
    if LABEL_YOURS in labels and labels[LABEL_YOURS] != of_image.get(LABEL_YOURS):
        remembered = frozenset(key for key in labels[LABEL_YOURS].split() if is_policy(key))
    return {key: value for key, value in labels.items() if of_image.get(key) != value or key in remembered}


def repeated(yours: Mapping[str, str], of_new_image: Mapping[str, str], old_id: str) -> str | None:
    """What LABEL_YOURS says on a container that gets this image; None where the image repeats none of the user's.

    No image can know the old container's id, so none can bring the same text, which would make it the image's.
    """
    keys = sorted(key for key in yours if is_policy(key) and of_new_image.get(key) == yours[key])
    return " ".join((old_id[:12], *keys)) if keys else None


def is_policy(key: str) -> bool:
    """Whether a label of this name says what its user wants."""
    return key.startswith(CONTROL_PREFIXES) and not key.startswith(OPERATION_PREFIX)
