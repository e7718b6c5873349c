"""One point: a fresh container, a death, a recovery, the verdict."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tests.engine.kill.checks import (
    Expectation,
    complaints_about,
    complaints_about_command,
    complaints_about_memory,
    complaints_about_second,
)
from tests.engine.kill.disturbance import EngineDeath, Trigger
from tests.engine.kill.execution import Subject
from tests.engine.kill.moments import Course, When, changes, described

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.engine.kill.execution import Ended
    from tests.engine.kill.moments import Moment
    from tests.engine.kill.stage import Before, Stage


@dataclass(frozen=True)
class Verdict:
    """What came of one point; no complaints if all promises were kept."""

    what: str
    complaints: tuple[str, ...]
    excused: bool = False
    """The engine broke the container in a way that no client can mend; nothing can be said of the updater."""

    def __str__(self) -> str:
        return "\n    ".join((self.what, *self.complaints))


class PointFailed(Exception):
    """The point could not be run as it was meant."""


def learn(stage: Stage) -> Course:
    """Let one update run its course."""
    before = stage.reset()
    ended = stage.run(Subject("run", before.id))
    complaints = list(complaints_about(stage, before, Expectation(stage.scenario.may_update)))
    if ended.broke or complaints:
        raise PointFailed(f"undisturbed: {complaints}; {ended}")
    return Course(ended.requests)


def expectation(stage: Stage, course: Course, moment: Moment) -> Expectation:
    """What must hold after the updater's death at this moment."""
    mark = course.place_of(r"/rename\?name=.*\.go-")
    untouched = mark is None or moment.position < mark
    return Expectation(
        may_update=stage.scenario.may_update,
        untouched=untouched,
        tag_may_lead=_between_tag_and_create(course, moment, mark),
        turned_down=False if untouched else stage.scenario.turned_down,
    )


def _between_tag_and_create(course: Course, moment: Moment, mark: int | None) -> bool:
    tag = course.place_of("/tag\\?repo=127")
    create = course.place_of("/containers/create")
    assert tag is not None
    assert create is not None
    # Where nothing is created, undoing points the tag back itself, unless it dies before.
    end = create if mark is not None else course.place_of("/tag\\?repo=127", after=tag)
    return tag <= moment.position <= (end or create)


def die(stage: Stage, before: Before, command: str, moment: Moment) -> tuple[str, Ended]:
    """Run the command, and kill it at this moment; says at which call it was."""
    subject = Subject(command, before.id)
    trigger = Trigger(moment, subject.kill)
    ended = stage.run(subject, trigger)
    if trigger.struck is None:
        raise PointFailed(f"{command} never came to {moment}: {ended}")
    return f"{command} killed {trigger.struck}", ended


def killed_once(stage: Stage, course: Course, moment: Moment) -> Verdict:
    """The updater dies, then recovers."""
    before = stage.reset()
    what, _ = die(stage, before, "run", moment)
    return judged(stage, before, what, expectation(stage, course, moment))


def learn_recovery(stage: Stage, first: Moment) -> Course:
    """Which calls a recovery makes after this death."""
    before = stage.reset()
    die(stage, before, "run", first)
    return Course(stage.run(Subject("recover", before.id)).requests)


def killed_twice(stage: Stage, course: Course, first: Moment, second: Moment) -> Verdict:
    """The updater dies, and so does its recovery; the next one succeeds."""
    before = stage.reset()
    one, _ = die(stage, before, "run", first)
    other, _ = die(stage, before, "recover", second)
    return judged(stage, before, f"{one}; {other}", expectation(stage, course, first))


def engine_killed(stage: Stage, course: Course, moment: Moment, *, updater_too: bool) -> Verdict:
    """The engine dies, alone or together with the updater, and comes back; then the updater recovers."""
    before = stage.reset()
    subject = Subject("run", before.id)
    death = EngineDeath(stage.host.rig.engine)

    def strike() -> None:
        if updater_too:
            subject.kill()
        if moment.when is When.DURING:
            death.strike_soon()
        else:
            death.strike()

    trigger = Trigger(moment, strike, death.wait_until_dead)
    ended = stage.run(subject, trigger)
    death.wait_until_back()
    if trigger.struck is None:
        raise PointFailed(f"run never came to {moment}: {ended}")
    what = f"engine {'and updater ' * updater_too}killed {trigger.struck}"
    expected = replace(expectation(stage, course, moment), may_restart=True)
    if updater_too:
        return judged(stage, before, what, expected)
    # It lives, so it can tell whose tag that is; and it may undo what recovery would go on with.
    undecided = not expected.untouched and moment.change == course.place_of(r"/rename\?name=.*\.go-")
    alive = replace(expected, tag_may_lead=False, turned_down=None if undecided else expected.turned_down)
    return _with_the_updaters_own(ended, judged(stage, before, what, alive))


def _with_the_updaters_own(ended: Ended, verdict: Verdict) -> Verdict:
    """The verdict, and what the updater has to answer for itself: it was alive and the engine came back."""
    if verdict.excused or _NEVER_AGAIN.search(ended.stdout):
        return replace(verdict, complaints=(), excused=True)
    complaints = list(verdict.complaints)
    if ended.broke or ended.exit_code < 0 or '"stranded"' in ended.stdout:
        complaints.append("run did not manage by itself")
    if complaints:
        complaints.append(f"run had ended with {ended}")
    return Verdict(verdict.what, tuple(complaints))


def judged(stage: Stage, before: Before, what: str, expected: Expectation) -> Verdict:
    """Recover, look at everything, recover again."""
    first = stage.run(Subject("recover", before.id))
    complaints = [*complaints_about_command(first), *complaints_about(stage, before, expected)]
    if complaints and expected.may_restart and _NEVER_AGAIN.search(first.stdout):
        return Verdict(what, (), excused=True)
    if not complaints:
        complaints = [*complaints_about_memory(stage, before, expected), *_second(stage, before)]
    if complaints:
        complaints.append(f"recover called {_calls(first)}")
        complaints.append(f"recover said {first}")
    return Verdict(what, tuple(complaints))


# Docker 20.10, killed while it starts or stops a container, can refuse to start it ever again, whoever asks.
_NEVER_AGAIN = re.compile(r"task [0-9a-f]{64}: already exists")


def _second(stage: Stage, before: Before) -> Iterable[str]:
    now = stage.host.inspect(stage.name)
    second = stage.run(Subject("recover", before.id))
    return complaints_about_second(second, now, stage.host.inspect(stage.name))


def _calls(ended: Ended) -> list[str]:
    return [described(request) for request in ended.requests if changes(request)]
