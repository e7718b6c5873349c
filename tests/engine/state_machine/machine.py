"""What can happen to a container in the course of its life? Everything, in any order; after each step the promises."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from hypothesis import strategies
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from rig.host import Host
from tests.engine.state_machine.aftermath import Aftermath
from tests.engine.state_machine.death import BAD_DEATHS, GOOD_DEATHS, MOMENTS, Death
from tests.engine.state_machine.life import JSON, Life, including
from tests.engine.state_machine.promises import complaints_about
from tests.engine.state_machine.versions import BAD_KINDS, Kind

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from rig import Rig
    from tests.engine.kill.moments import Moment
    from tests.engine.state_machine.score import Score

POLICIES: tuple[Mapping[str, object], ...] = (
    {"Name": "always", "MaximumRetryCount": 0},
    {"Name": "unless-stopped", "MaximumRetryCount": 0},
    {"Name": "on-failure", "MaximumRetryCount": 5},
    {"Name": "no", "MaximumRetryCount": 0},
)
_NUMBERS = itertools.count(1)


@dataclass(frozen=True)
class Surroundings:
    """What all lives of a run have in common."""

    rig: Rig
    directory: Path
    score: Score


def _is_there(machine: Machine) -> bool:
    return machine.life.model.container is not None


def _runs(machine: Machine) -> bool:
    return _is_there(machine) and machine.life.container.runs


def _is_stopped(machine: Machine) -> bool:
    return _is_there(machine) and not machine.life.container.runs


def _has_a_version_before(machine: Machine) -> bool:
    return machine.life.model.version_before is not None


class Machine(RuleBasedStateMachine):
    """One life. Hypothesis makes the instances, so a subclass has to say in which surroundings."""

    surroundings: ClassVar[Surroundings]
    life: Life

    def __init__(self) -> None:
        super().__init__()
        self._host: Host | None = None

    @initialize(policy=strategies.sampled_from(POLICIES))
    def begin(self, policy: Mapping[str, object]) -> None:
        number = next(_NUMBERS)
        directory = self.surroundings.directory / f"life{number}"
        directory.mkdir()
        self._host = Host(self.surroundings.rig, f"life{number}", directory)
        self.life = Life(self._host, policy)
        self.surroundings.score.lives += 1

    def teardown(self) -> None:
        if self._host is not None:
            with self._host:
                pass  # its end removes everything

    @invariant()
    def keeps_its_promises(self) -> None:
        complaints = list(complaints_about(self.life.site, self.life.model))
        assert not complaints, "\n".join(complaints)

    # What is published. Most of the time somebody looks soon, so that much happens in few steps.

    @rule(kind=strategies.sampled_from(Kind))
    def image_is_published(self, kind: Kind) -> None:
        self._count("image is published")
        self.life.publish(kind)

    @rule(back=strategies.integers(1, 3))
    def earlier_image_is_published_again(self, back: int) -> None:
        self._count("earlier image is published again")
        self.life.publish_again(back)
        self.life.cycle(include_stopped=False)

    @rule()
    def good_image_comes(self) -> None:
        self._count("good image comes")
        self.life.publish(Kind.GOOD)
        self.life.cycle(include_stopped=True)

    @rule(kind=strategies.sampled_from(BAD_KINDS))
    def bad_image_comes(self, kind: Kind) -> None:
        self._count("bad image comes")
        self.life.publish(kind)
        self.life.cycle(include_stopped=False)

    # What the updater does

    @rule(include_stopped=strategies.booleans())
    def cycle(self, include_stopped: bool) -> None:
        self._count("cycle")
        # A bad image in a container that is not started would only show once its user starts it.
        self.life.cycle(include_stopped=include_stopped and self.life.model.published.is_good)

    @rule(again=strategies.booleans())
    def nothing_is_to_be_done(self, again: bool) -> None:
        """Looking, recovering and (where there is no update) rolling back change nothing."""
        self._count("nothing to do")
        self.life.check()
        self.life.recover()
        if self.life.model.version_before is None:
            self.life.roll_back()
        if again:
            self.life.retry()

    @precondition(_has_a_version_before)
    @rule()
    def rollback(self) -> None:
        self._count("rollback")
        self.life.roll_back()

    # Where it dies

    @precondition(_is_there)
    @rule(death=GOOD_DEATHS)
    def updater_dies_in_an_update(self, death: Death) -> None:
        self._count("death in an update")
        self._die(death)

    @precondition(_is_there)
    @rule(death=BAD_DEATHS)
    def updater_dies_in_a_bad_update(self, death: Death) -> None:
        self._count("death in a bad update")
        if not self.life.container.runs:
            self.life.start()
        self._die(death)

    @precondition(_has_a_version_before)
    @rule(moment=MOMENTS)
    def updater_dies_in_rollback(self, moment: Moment) -> None:
        self._count("death in a rollback")
        life = self.life
        before, target = life.container, life.model.version_before
        assert target is not None
        dead = life.site.kill_updater(moment, "rollback", life.site.name, *JSON)
        if dead.struck is None:
            life.settle_rollback(dead.ended)
            return
        Aftermath(life, target).live_on(Death(Kind.GOOD, moment))
        if life.container.id != before.id:
            now, life.model.container = life.container, before
            life.rolled_back(now.id)

    # What the user does

    @precondition(_runs)
    @rule()
    def user_stops(self) -> None:
        self._count("user stops")
        self.life.stop()

    @precondition(_is_stopped)
    @rule()
    def user_starts(self) -> None:
        self._count("user starts")
        self.life.start()

    @precondition(_is_there)
    @rule()
    def user_removes(self) -> None:
        self._count("user removes")
        self.life.remove()

    @precondition(_is_there)
    @rule()
    def user_renames(self) -> None:
        self._count("user renames")
        self.life.rename()

    @rule()
    def user_recreates(self) -> None:
        self._count("user recreates")
        if self.life.model.container is not None:
            self.life.remove()
        self.life.create()

    # What the engine does

    @rule(killed=strategies.booleans())
    def engine_boots(self, killed: bool) -> None:
        self._count("engine is killed" if killed else "engine restarts")
        self.life.boot(killed=killed)

    def _die(self, death: Death) -> None:
        life = self.life
        life.publish(death.kind)
        include_stopped = not life.container.runs
        before = life.site.lives()
        dead = life.site.kill_updater(death.moment, "run", life.site.name, *JSON, *including(include_stopped))
        if dead.struck is None:
            life.settle(dead.ended, before, include_stopped=include_stopped)
        else:
            Aftermath(life, life.model.published).live_on(death)

    def _count(self, what: str) -> None:
        self.surroundings.score.steps[what] += 1
