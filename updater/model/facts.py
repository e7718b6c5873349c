"""What bears on a decision besides the candidate: the time, what is remembered, and what was asked for?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from datetime import datetime

    from updater.model.history import Rejection
    from updater.model.hold import Hold, Skip
    from updater.model.schedule import Schedule

_UTC = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class Moment:
    """When it is decided, by which zone's clock, and why now.

    `fired` are the schedules whose time has come, where a schedule began the cycle; None where a person (or cron)
    did. Then a container with a schedule of its own is due if that has fired between the last look at it and `began`:
    what is scheduled in the meantime belongs to the next cycle. `at_once`: whoever began it sets times aside for the
    containers named. `schedule` is that of the containers without one of their own, `delay` by how much cycles begin
    later than their schedules say.
    """

    now: datetime
    zone: ZoneInfo = _UTC
    fired: frozenset[Schedule] | None = None
    began: datetime | None = None
    at_once: bool = False
    schedule: Schedule | None = None
    delay: timedelta = timedelta()


@dataclass(frozen=True, slots=True)
class Facts:
    """`rejection`, `skip`: of the very digest that this container would be updated to, if there was one.

    `own_id` is the id of the container that this program runs in, if it does, `maybe_own` are those of all that may be
    it where that is not sure; `busy` are the ids of containers whose
    update is under way, or was cut short. `moved_back_to` is when the digest that is published now was first seen, if
    that was before the one that runs: somebody pointed the tag back. `published_at` is since when the digest that it
    would be updated to is there: first seen by us (`only_seen`), or later if its publisher says so. `looked_at` is
    when the last run began that came to its end for this container. `forgets_since` is since when what is remembered
    is lost with this process; None where it is kept.
    """

    rejection: Rejection | None = None
    own_id: str | None = None
    maybe_own: frozenset[str] = frozenset()
    busy: frozenset[str] = frozenset()
    moved_back_to: datetime | None = None
    hold: Hold | None = None
    skip: Skip | None = None
    published_at: datetime | None = None
    only_seen: bool = False
    looked_at: datetime | None = None
    forgets_since: datetime | None = None
    moment: Moment | None = None


NOTHING_KNOWN = Facts()
