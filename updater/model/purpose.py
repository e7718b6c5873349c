"""Why is a container recreated?"""

from __future__ import annotations

from enum import StrEnum


class Purpose(StrEnum):
    """Why a container is recreated; only of an update does a failure speak against the digest.

    `rollback`: a person asked to go back. `companion`: another one is, on which it depends.
    """

    UPDATE = "update"
    ROLLBACK = "rollback"
    COMPANION = "companion"
