"""Of the decisions on two versions of an image, the newer one's and an older one's, which one stands? Pure."""

from __future__ import annotations

from dataclasses import replace
from math import inf
from typing import TYPE_CHECKING

from updater.model.candidate import Status
from updater.model.decision import Action

if TYPE_CHECKING:
    from updater.model.decision import Decision
    from updater.model.reason import Reason

# What an answer is worth that brings no update. That a container is current says nothing of a newer version that is
# known, but more than that a newer one could not be read.
_WORTH = {Status.UNKNOWN: 0, Status.IGNORED: 0, Status.CURRENT: 1, Status.OUTDATED: 2}
_TO_COME = 3
_NOW = 4


def better(newer: Decision, older: Decision) -> Decision:
    """The one that does more, or the sooner; the newer one's where both do as much.

    The older one's last reason is why nothing newer is taken. Whichever stands, the search goes on from the older
    one's fallbacks.
    """
    if _worth(older) > _worth(newer):
        return replace(older, reasons=(*older.reasons, _of_the_newer(newer)))
    return replace(newer, candidate=replace(newer.candidate, fallbacks=older.candidate.fallbacks))


def _worth(decision: Decision) -> tuple[int, float]:
    match decision.action:
        case Action.UPDATE:
            return _NOW, 0.0
        case Action.WAIT:
            until = decision.reasons[0].until
            return _TO_COME, -until.timestamp() if until is not None else -inf
        case Action.LEAVE:
            return _WORTH[decision.candidate.status], 0.0


def _of_the_newer(decision: Decision) -> Reason:
    """Its reason, beside those of an older version: which of the two it speaks of must be said."""
    reason, target = decision.reasons[0], decision.candidate.target
    if target is None or target.tag is None:
        return reason
    return replace(reason, message=f"Not {target.tag}: {reason.message}")
