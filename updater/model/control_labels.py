"""Under which prefixes do labels tell us what to do? Everything else on a container is none of our business."""

from __future__ import annotations

PREFIX = "updater."
WATCHTOWER_PREFIX = "com.centurylinklabs.watchtower."
CONTROL_PREFIXES = (PREFIX, WATCHTOWER_PREFIX)
# Written on a container by an update of ours; says what it belongs to, and nothing about what the user wants.
OPERATION_PREFIX = "updater.operation."
