"""What can happen to a container in the course of its life? Everything, in any order; after each step the promises."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar

from hypothesis import strategies
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from rig.host import Host
from tests.engine.state_machine.aftermath import Aftermath
from tests.engine.state_machine.death import BAD_DEATHS, GOOD_DEATHS, MOMENTS, Death
from tests.engine.state_machine.life import JSON, Life, including
from tests.engine.state_machine.promises import complaints_about
from tests.engine.state_machine.versions import Kind

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


class Command(StrEnum):
    """What a user, or cron, has the updater do."""

    CYCLE = "cycle"
    CHECK = "check"
    RECOVER = "recover"
    RETRY = "retry"
    ROLLBACK = "rollback"


class Deed(StrEnum):
    """What a user does to the container without the updater."""

    STOPS_OR_STARTS = "user stops or starts"
    REMOVES = "user removes"
    RENAMES = "user renames"
    RECREATES = "user recreates"


_NUMBERS = itertools.count(1)


@dataclass(frozen=True)
class Surroundings:
    """What all lives of a run have in common."""

    rig: Rig
    directory: Path
    score: Score


def _is_there(machine: Machine) -> bool:
    return machine.life.model.container is not None


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

    @rule(kind=strategies.sampled_from(Kind), looks=strategies.booleans())
    def image_is_published(self, kind: Kind, looks: bool) -> None:
        """Most of the time somebody looks soon, so that much happens in few steps."""
        self._count("image")
        self.life.publish(kind)
        if looks:
            self.life.cycle(include_stopped=False)

    @rule(back=strategies.integers(1, 3))
    def earlier_image_is_published_again(self, back: int) -> None:
        self._count("earlier image")
        self.life.publish_again(back)
        self.life.cycle(include_stopped=False)

    @rule(command=strategies.sampled_from(Command))
    def updater_is_called(self, command: Command) -> None:
        self._count(command)
        match command:
            case Command.CYCLE:
                # A bad image in a container that is not started would only show once its user starts it.
                self.life.cycle(include_stopped=self.life.model.published.is_good)
            case Command.CHECK:
                self.life.check()
            case Command.RECOVER:
                self.life.recover()
            case Command.RETRY:
                self.life.retry()
            case Command.ROLLBACK:
                self.life.roll_back()

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
    def updater_dies_in_a_rollback(self, moment: Moment) -> None:
        self._count("death in a rollback")
        life = self.life
        before, target = life.container, life.model.version_before
        assert target is not None
        dead = life.site.kill_updater(moment, "rollback", life.site.name, *JSON)
        if dead.struck is None:
            life.settle_rollback(dead.ended)
            return
        Aftermath(life, target).live_on(Death(Kind.GOOD, moment))
        life.model.perhaps_rejected.add(before.version.digest)
        if life.container.id != before.id:
            now, life.model.container = life.container, before
            life.rolled_back(now.id)

    @rule(deed=strategies.sampled_from(Deed))
    def user_acts(self, deed: Deed) -> None:
        there = self.life.model.container
        if there is None:
            deed = Deed.RECREATES
        self._count(deed)
        match deed:
            case Deed.STOPS_OR_STARTS:
                (self.life.stop if there is not None and there.runs else self.life.start)()
            case Deed.REMOVES:
                self.life.remove()
            case Deed.RENAMES:
                self.life.rename()
            case Deed.RECREATES:
                self.life.recreate()

    @rule(killed=strategies.booleans())
    def engine_boots(self, killed: bool) -> None:
        self._count("engine killed" if killed else "engine restarted")
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
