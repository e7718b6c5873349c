"""When is a cycle run, and what becomes of one that fails? `updater watch`: a loop that only a signal ends.

A turn of the loop, at least twice a minute:
1. read the configuration again if SIGHUP asked for it
2. look at the engine: is it there, and which schedules do its containers have?
3. which schedules have had their time since the last turn? Run one cycle for all of them together
4. say when the next one is, and that all is well, in the log and the heartbeat; sleep until then

The clock on the wall decides, looked at anew in every turn, so nothing drifts, and a suspend or a clock that was put
right is noticed. Everything is opened anew for each cycle: a new login counts, and nothing is held in between.
"""

from __future__ import annotations

import os
import time
import traceback
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from updater.agenda import Agenda
from updater.cycle import run
from updater.deciding import moment_of
from updater.errors import EngineDenied, EngineUnreachable, StateLost, UpdaterError, UsageError
from updater.giving_back import give_back_memory
from updater.handing_over import is_being_replaced, is_on_trial, require_the_same_state
from updater.interruption import Interrupted
from updater.lookout import Lookout
from updater.model.schedule import jitter
from updater.model.timetable import Timetable
from updater.model.values import show_duration
from updater.outage import Outage, another_attempt
from updater.policy.time_rules import has_time_in
from updater.recreator.unfinished import find_unfinished
from updater.repair_times import RepairTimes
from updater.repairing import recover_only, remove_dead_helpers
from updater.wiring import LOGGER, opened

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager

    from updater.interruption import Interruption
    from updater.model.cycle_report import CycleReport
    from updater.model.outcome import Outcome
    from updater.model.schedule import Schedule
    from updater.policy.terms import Request
    from updater.pulse import Pulse
    from updater.recreator.recreation import Narrator
    from updater.settings import Settings
    from updater.world import World

    Configuration = tuple[Settings, Request]

LOOK_EVERY = 30.0  # seconds
LOOK_EVERY_WHILE_REPLACED = 1.0  # seconds


@dataclass(frozen=True, slots=True)
class Audience:
    """Who hears of what: of a cycle's steps, of its outcomes, and of the daemon's being alive."""

    narrator: Narrator
    tell: Callable[[Outcome], None]
    pulse: Pulse


def watch(
    read: Callable[[], Configuration], environment: Mapping[str, str], audience: Audience, interruption: Interruption
) -> None:
    """Run cycles until a signal comes. Raises InvalidSetting where the configuration is bad from the start."""
    daemon = _Daemon(read, environment, audience, interruption)
    try:
        while True:
            daemon.turn()
            interruption.sleep(daemon.pause())
    except Interrupted:
        if interruption.insisted:
            raise
        LOGGER.info("ends, as asked")
    finally:
        daemon.close()
        audience.pulse.ends()


class _Daemon:
    """The state of the loop."""

    def __init__(
        self,
        read: Callable[[], Configuration],
        environment: Mapping[str, str],
        audience: Audience,
        interruption: Interruption,
    ) -> None:
        self._read = read
        self._environment = environment
        self._audience = audience
        self._interruption = interruption
        self._settings, self._request = read()
        self._lookout = Lookout(environment)
        self._own: frozenset[Schedule] = frozenset()
        due = frozenset({self._settings["schedule"]} if self._settings["check_at_start"] else ())
        self._agenda = Agenda(self._timetable(), due, datetime.now(UTC))
        self._engine_at: float | None = None
        self._outage: Outage | None = None
        self._trouble = ""
        self._is_first = True
        self._may_be_replaced = True
        self._replaced_since: float | None = None
        self._repairs = RepairTimes()
        audience.pulse.waits("starting", None, "")
        self._warn_of_the_window()

    def turn(self) -> None:
        """Everything there is to do now."""
        if self._interruption.reload_wanted:
            self._reload()
        self._look()
        self._is_first = False
        self._agenda.advance(self._timetable(), datetime.now(UTC))
        if self._outage is None and (
            self._may_be_replaced or self._agenda.due or self._repairs.is_due(time.monotonic())
        ):
            self._see_to_ourselves()
        if self._agenda.due and self._outage is None and not self._may_be_replaced:
            self._cycle()
            self._may_be_replaced = True
            self._repairs.wanted()
            with self._interruption.deferred():  # what goes with it is let go of in places that may not be cut
                give_back_memory()
            self._agenda.tell_again()
        self._tell_next()

    def pause(self) -> float:
        """Seconds until the next turn."""
        until = [LOOK_EVERY]
        if (cycle := self._agenda.seconds_left(datetime.now(UTC))) is not None:
            until.append(cycle)
        if self._outage is not None:
            until.append(self._outage.again_at - time.monotonic())
        elif self._replaced_since is not None:
            until.append(LOOK_EVERY_WHILE_REPLACED)
        elif (repair := self._repairs.pause(time.monotonic())) is not None:
            until.append(repair)
        return max(0.0, min(until))

    def close(self) -> None:
        """Let go of what is held between two turns."""
        self._lookout.close()

    def _reload(self) -> None:
        self._interruption.reload_wanted = False
        before = self._settings["schedule"]
        try:
            self._settings, self._request = self._read()
        except Exception as error:  # noqa: BLE001 - the daemon goes on as it was
            LOGGER.error("the configuration was not read again, the one before stays: %s", _told(error))
            return
        self._agenda.replace_due(before, self._settings["schedule"])
        self._lookout.close()
        self._agenda.tell_again()
        LOGGER.info("the configuration was read again")
        self._warn_of_the_window()

    def _warn_of_the_window(self) -> None:
        """A window of all in which no cycle begins. That of a single container is told with it, in a cycle."""
        schedule, window = self._settings["schedule"], self._settings["window"]
        moment = moment_of(self._request)
        if window is not None and not has_time_in(schedule, window, moment):
            LOGGER.warning(
                "no time of the schedule %s is in the window %s, so nothing is ever updated; change one of the two",
                schedule.text,
                window.text,
            )

    def _look(self) -> None:
        if self._outage is not None and time.monotonic() < self._outage.again_at:
            return
        try:
            self._own = self._lookout.own_schedules(self._settings["host"], self._request)
        except Exception as error:  # a look must never end the daemon
            if isinstance(error, UsageError) and self._is_first:
                raise
            self._is_away(_told(error))
        else:
            self._is_there()

    def _is_away(self, why: str) -> None:
        self._lookout.close()
        self._replaced_since = None
        if self._outage is None:
            LOGGER.warning("the engine is away, tried again until it is back: %s", why)
        self._outage = another_attempt(self._outage, time.monotonic())
        self._trouble = why

    def _is_there(self) -> None:
        self._engine_at = time.monotonic()
        if self._outage is not None:
            LOGGER.info("the engine is back, after %s", show_duration(self._engine_at - self._outage.since))
            self._may_be_replaced = True
            self._repairs.wanted()
        self._outage, self._trouble = None, ""

    def _timetable(self) -> Timetable:
        delay = jitter(self._settings["jitter"], os.uname().nodename)
        return Timetable(
            frozenset({self._settings["schedule"], *self._own}), self._request.zone, timedelta(seconds=delay)
        )

    def _see_to_ourselves(self) -> None:
        """While an update of our own container is under way there is no cycle, and a helper does nothing else.

        Otherwise what was cut short is finished or undone now: it need not be up until the next cycle.
        """
        self._lookout.close()
        try:
            with self._world(writable=False) as world:
                on_trial = is_on_trial(world)
                if on_trial:
                    require_the_same_state(world, self._request)
            with self._world(writable=not on_trial) as world:
                waited = time.monotonic() - self._replaced_since if self._replaced_since is not None else 0.0
                replaced = is_being_replaced(world, self._request, self._audience.tell, waited)
                if not replaced and self._repairs.is_due(time.monotonic()):
                    self._recover(world)
        except (EngineUnreachable, EngineDenied) as error:
            return self._is_away(str(error))
        except StateLost:
            raise  # to end at once, with or without a health check, is to fail the trial
        except Exception as error:  # noqa: BLE001 - a daemon that may be a helper must not begin a cycle
            self._trouble = f"an update of our own container cannot be seen to: {_told(error)}"
            LOGGER.error("%s", self._trouble)
            self._repairs.looked(time.monotonic(), all_done=False)
            return None
        if replaced and self._replaced_since is None:
            LOGGER.info("our own container is being updated; no cycle begins before that is done")
            self._replaced_since = time.monotonic()
        elif not replaced:
            self._replaced_since = None
        self._may_be_replaced = replaced
        return None

    def _recover(self, world: World) -> None:
        all_done = False
        try:
            containers = world.engine.containers_alone()
            if find_unfinished(containers):
                self._audience.pulse.begins()  # an old container may take its time to stop
                recover_only(world, self._request, self._audience.tell)
                containers = world.engine.containers_alone()
            remove_dead_helpers(world, containers)
            all_done = not find_unfinished(containers)
        except (EngineUnreachable, EngineDenied):
            raise  # an outage, after which it is due again
        except Exception as error:  # noqa: BLE001 - it is tried again
            LOGGER.error("what may have been cut short could not be looked for: %s", _told(error))
        self._repairs.looked(time.monotonic(), all_done=all_done)

    def _world(self, *, writable: bool) -> AbstractContextManager[World]:
        settings, narrator, silence = self._settings, self._audience.narrator, self._audience.pulse.silence
        return opened(settings, self._environment, narrator, self._interruption, writable=writable, silence=silence)

    def _cycle(self) -> None:
        """One cycle, for all schedules that are due; they stay due where the engine went away."""
        LOGGER.info("a cycle begins, for %s", ", ".join(sorted(schedule.text for schedule in self._agenda.due)))
        self._lookout.close()
        self._audience.pulse.begins()
        try:
            LOGGER.info("the cycle is done: %s", _summary(self._run()))
        except (EngineUnreachable, EngineDenied) as error:
            return self._is_away(str(error))
        except Exception as error:  # noqa: BLE001 - whatever it is, the next cycle may go well
            LOGGER.error("the cycle failed: %s", _told(error))
        self._agenda.due = frozenset()
        self._engine_at = time.monotonic()
        if self._interruption.requested():
            raise Interrupted
        return None

    def _run(self) -> CycleReport:
        settings = self._settings
        with self._world(writable=True) as world:
            return run(
                world,
                replace(self._request, fired=self._agenda.due, delay=self._agenda.timetable.delay),
                parallel_checks=settings["parallel_checks"],
                parallel_updates=settings["parallel_updates"],
                dry_run=False,
                tell=self._audience.tell,
            )

    def _tell_next(self) -> None:
        found, is_new = self._agenda.find_next()
        shown = f"{found:%a %Y-%m-%d %H:%M:%S %Z}"
        if is_new:
            LOGGER.info("next cycle at %s", shown)
        self._audience.pulse.waits(f"waiting; next cycle at {shown}", self._engine_at, self._trouble)


def _told(error: Exception) -> str:
    """What to log of an error; for one that nobody expected, where it happened, too, if somebody is looking for it."""
    if isinstance(error, UpdaterError):
        return str(error)
    LOGGER.debug("%s", traceback.format_exc())
    return f"a defect of the program, {type(error).__name__}: {error}"


def _summary(report: CycleReport) -> str:
    """`2 updated, 18 current`."""
    kinds = [str(outcome.kind) for outcome in (*report.recovered, *report.outcomes)]
    return ", ".join(f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds)) or "no container is opted in"
