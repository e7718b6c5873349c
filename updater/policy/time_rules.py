"""What does the clock say to an update: is the image old enough, is it the container's turn, is a window open? Pure."""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from updater.model.decision import Action
from updater.model.reason import Reason, ReasonCode
from updater.model.schedule import fired, next_time
from updater.model.values import show_duration, show_in_full
from updater.model.window import opens_at
from updater.model.zone import show_until

if TYPE_CHECKING:
    from datetime import datetime

    from updater.model.candidate import Candidate
    from updater.model.facts import Facts, Moment
    from updater.model.schedule import Schedule
    from updater.model.terms import Terms
    from updater.model.window import Windows

    Answer = tuple[Action, Reason]

_UTC = ZoneInfo("UTC")
_A_MOMENT = timedelta(microseconds=1)
# Whatever meets at all does so within as many: the fifteenth of a month is a Monday within five years.
_MOST_OPENINGS = 60
_NEEDS_A_FOLDER = "state_dir has to be a folder that can be written to"


def too_new(candidate: Candidate, facts: Facts) -> Answer | None:
    min_age, moment = candidate.consideration.terms.min_age, facts.moment
    if not min_age or moment is None or moment.at_once or facts.published_at is None:
        return None
    old_enough_at = facts.published_at + timedelta(seconds=min_age)
    if old_enough_at <= moment.now:
        return None
    age = show_duration(max(0.0, (moment.now - facts.published_at).total_seconds()))
    since = "First seen" if facts.only_seen else "Published"
    message = f"{since} {age} ago; must be {show_in_full(min_age)} old."
    if facts.only_seen and facts.forgets_since is not None and facts.published_at >= facts.forgets_since:
        never = f"That never comes, since it is seen for the first time in each cycle: {_NEEDS_A_FOLDER}."
        return Action.WAIT, Reason(ReasonCode.TOO_NEW, f"{message} {never}")
    return Action.WAIT, Reason(
        ReasonCode.TOO_NEW, f"{message} That is on {shown(old_enough_at, moment)}.", old_enough_at
    )


def not_scheduled(candidate: Candidate, facts: Facts) -> Answer | None:
    moment = facts.moment
    if moment is None or moment.at_once:
        return None
    own = candidate.consideration.terms.schedule
    schedule = own or (moment.schedule if moment.fired is not None else None)
    if schedule is None or _is_due(schedule, facts, moment):
        return None
    later = _later(own, schedule, moment)
    if moment.fired is not None or facts.looked_at is not None:
        return Action.WAIT, later
    # Without a memory of an earlier look nothing is known to have been missed.
    message = f"{later.message} Nothing is known of an earlier run that looked at it, so it waits this time."
    if facts.forgets_since is None:
        return Action.WAIT, Reason(later.code, message, later.until)
    return Action.WAIT, Reason(later.code, f"{message} For a `run` ever to find it due, {_NEEDS_A_FOLDER}.")


def unasked(terms: Terms, moment: Moment) -> Reason | None:
    """Why its registry is not even asked in this cycle; None where it is.

    The global schedule looks at everybody. Where the schedules of some containers began the cycle, the others cost no
    request.
    """
    schedule = terms.schedule or moment.schedule
    if moment.fired is None or schedule is None or not moment.fired.isdisjoint({schedule, moment.schedule}):
        return None
    return _later(terms.schedule, schedule, moment)


def _later(own: Schedule | None, schedule: Schedule, moment: Moment) -> Reason:
    next_turn = next_time(schedule, moment.now - moment.delay, moment.zone) + moment.delay
    whose = "Its schedule" if own is not None else "The schedule"
    message = f"{whose} is {schedule.text}, next on {shown(next_turn, moment)}."
    return Reason(ReasonCode.NOT_SCHEDULED, message, next_turn)


def _is_due(schedule: Schedule, facts: Facts, moment: Moment) -> bool:
    if moment.fired is not None:
        return schedule in moment.fired
    began = moment.began or moment.now
    return facts.looked_at is not None and fired(schedule, facts.looked_at, began, moment.zone)


def outside_window(candidate: Candidate, facts: Facts) -> Answer | None:
    windows, moment = candidate.consideration.terms.window, facts.moment
    if windows is None or moment is None or moment.at_once:
        return None
    opens = opens_at(windows, moment.now, moment.zone)
    if opens is None:
        return None
    message = f"Its window ({windows.text}) opens on {shown(opens, moment)}."
    schedule = candidate.consideration.terms.schedule or moment.schedule
    if schedule is not None and not has_time_in(schedule, windows, moment):
        message += f" No time of the schedule {schedule.text} is in it, so `updater watch` never updates it."
    return Action.WAIT, Reason(ReasonCode.OUTSIDE_WINDOW, message, opens)


def has_time_in(schedule: Schedule, windows: Windows, moment: Moment) -> bool:
    """Whether a cycle of this schedule ever begins while one of the windows is open."""
    day = moment.now.replace(hour=0, minute=0, second=0, microsecond=0)
    return _has_time_in(schedule, windows, moment.zone, moment.delay, day)


@lru_cache(maxsize=256)
def _has_time_in(schedule: Schedule, windows: Windows, zone: ZoneInfo, delay: timedelta, after: datetime) -> bool:
    """From one to the other: the next time of the schedule, the next opening after that, and so on."""
    for _ in range(_MOST_OPENINGS):
        begins = next_time(schedule, after - delay, zone) + delay
        opens = opens_at(windows, begins, zone)
        if opens is None:
            return True
        after = opens - _A_MOMENT
    return False


def shown(at: datetime, moment: Moment | None) -> str:
    """A time to come, by the clock of that moment's zone."""
    return show_until(at, moment.zone if moment is not None else _UTC)
