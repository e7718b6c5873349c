"""What is known of the one recreate that is under way? Held open from its first step to its outcome."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from updater.errors import UpdateFailed
from updater.model.container import STATES_UP
from updater.model.purpose import Purpose
from updater.model.reason import Reason, ReasonCode
from updater.model.reference import NotAReference, parse_reference
from updater.recreator.listening import Listening
from updater.recreator.names import name_old
from updater.recreator.patience import patiently

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager
    from typing import TypeVar

    from updater.model.outcome import StepTaken
    from updater.model.plan import Plan
    from updater.model.reference import ImageReference
    from updater.recreator.blueprint import Blueprint
    from updater.recreator.engine import Alarm, Engine, Json
    from updater.recreator.owner import Owner

    T = TypeVar("T")


class Narrator(Protocol):
    """Who tells the user how it goes, while it goes."""

    def step(self, container: str, doing: str) -> None: ...
    def pulling(self, container: str, line: Mapping[str, Any]) -> None: ...
    def waiting(self, container: str, seconds_left: float) -> None: ...


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What every recreate needs and none of them owns.

    `interrupted` says whether the user asked to stop; within `interruptible` that raises Interrupted. `credentials`
    gives what the engine needs to pull, if any; `turn_down` remembers that the plan's digest did not prove itself;
    `owner` is this process.
    """

    engine: Engine
    narrator: Narrator
    interrupted: Callable[[], bool]
    interruptible: Callable[[], AbstractContextManager[None]]
    credentials: Callable[[ImageReference], Mapping[str, str]]
    turn_down: Callable[[Plan, Reason], None]
    owner: Owner


@dataclass(slots=True)
class Group:
    """What the containers that are recreated together know of each other.

    `successors` says which container took whose place: new id by old id, and the new one's name by `/` and the old
    one's. `head` is the id of the old container that the others depend on, `size` how many have joined so far.
    """

    successors: dict[str, str] = field(default_factory=dict)
    head: str | None = None
    size: int = 0


@dataclass(slots=True)
class Recreation:
    """Filled in by the steps, in their order; times in seconds on the monotonic clock.

    `complete` says whether the point of no return was passed; `touched` whether anything was done to the old
    container, so that undoing means putting it back; `ended` whether the container last judged ran no more;
    `kept_failing` why the new one should have gone, but was kept, because rollback is off or there is `no_way_back`:
    the container that it depends on was committed already; `runs_hooks` whether this is an update, or comes along with
    one; `post_update_is_done` whether the hook after it has had its turn; `helper_id` the container that goes on with
    it, where it is the updater's own one.
    """

    plan: Plan
    surroundings: Surroundings
    group: Group = field(default_factory=Group)
    old: Json = field(default_factory=dict)
    old_image: Json | None = None
    new_image: Json = field(default_factory=dict)
    blueprint: Blueprint | None = None
    new_id: str | None = None
    tagged: bool = False
    complete: bool = False
    touched: bool = False
    engine_was_away: bool = False
    ended: bool = False
    kept_failing: Reason | None = None
    runs_hooks: bool = True
    post_update_is_done: bool = False
    no_way_back: bool = False
    helper_id: str | None = None
    log_tail: str = ""
    began: float = field(default_factory=time.monotonic)
    stop_requested: float | None = None
    up_again: float | None = None
    taken: list[StepTaken] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    listening: Listening | None = None

    @property
    def engine(self) -> Engine:
        """The engine it happens on."""
        return self.surroundings.engine

    def patiently(self, call: Callable[[], T]) -> T:
        """Call again while the engine is away; for less long once the user has asked to stop."""
        return patiently(call, self.surroundings.interrupted)

    @property
    def name(self) -> str:
        """The container's name, before and after."""
        return self.plan.name

    @property
    def is_companion(self) -> bool:
        """Whether it is only recreated because the container that it depends on is."""
        return self.plan.purpose is Purpose.COMPANION

    @property
    def is_itself(self) -> bool:
        """Whether this program runs in it, and so would end with the step `stop`."""
        return self.plan.container_id == self.surroundings.owner.container

    @property
    def replaced_image(self) -> str | None:
        """The image that was kept as the previous one until this update."""
        return self.plan.kept_image

    @property
    def old_policy(self) -> Mapping[str, Any]:
        """The old container's restart policy."""
        return self.old["HostConfig"].get("RestartPolicy") or {"Name": "no"}

    @property
    def restarts_after_exit(self) -> bool:
        """Whether the engine, when it boots, would start the old container although it was stopped.

        Seen on 20.10 and 28: `always` does, and `on-failure` after an exit code other than 0.
        """
        return self.old_policy.get("Name") in ("always", "on-failure")

    @property
    def parked_name(self) -> str:
        """What the old container is called once it is out of the way."""
        return name_old(self.name, self.old["Id"], self.old_policy, self.old_state)

    @property
    def old_state(self) -> str:
        """The state the old container was found in."""
        return str(self.old["State"]["Status"])

    @property
    def old_ran(self) -> bool:
        """Whether the old container had processes, so that it has to have them again if it is put back."""
        return self.old_state in STATES_UP

    @property
    def should_run(self) -> bool:
        """Whether the new container has to be started: the old one ran, or others wait for what it does."""
        return self.old_ran or self.plan.terms.is_job

    @property
    def was_restarting(self) -> bool:
        """Whether the old container crashed over and over: then nothing can be worse, and the new one is not judged."""
        return self.old_state == "restarting"

    @property
    def was_unhealthy(self) -> bool:
        """Whether the old container failed its healthcheck already; then the new one must only be no worse."""
        return (self.old["State"].get("Health") or {}).get("Status") == "unhealthy"

    @property
    def was_paused(self) -> bool:
        """Whether the old container's processes were frozen."""
        return self.old_state == "paused"

    @property
    def downtime_seconds(self) -> float | None:
        """From the stop request until a process runs again."""
        if self.stop_requested is None or self.up_again is None:
            return None
        return self.up_again - self.stop_requested

    def listen_from_now_on(self, container_id: str) -> None:
        """Called before the container is started: what ends it a moment later is heard of, and that the engine did."""
        self.stop_listening()
        self.listening = Listening(container_id, self.engine.waking(container_id))

    @contextmanager
    def listening_to(self, container_id: str) -> Iterator[Alarm]:
        """The alarm that was set before its start, or one that is set now; let go of at the end."""
        if self.listening is None or self.listening.container_id != container_id:
            self.listen_from_now_on(container_id)
        assert self.listening is not None
        try:
            yield self.listening.alarm
        finally:
            self.stop_listening()

    def stop_listening(self) -> None:
        """Let go of the alarm, if one is set."""
        if self.listening is not None:
            self.listening.close()
            self.listening = None

    def leave(self, state: str) -> None:
        """The user stopped or paused the container; whatever is put back ends so, too."""
        self.old = {**self.old, "State": {**self.old["State"], "Status": state}}

    def check_interruption(self) -> None:
        """Raise UpdateFailed if the user asked to stop."""
        if self.surroundings.interrupted():
            raise UpdateFailed(Reason(ReasonCode.INTERRUPTED, "You interrupted the update."))


def failed(code: ReasonCode, message: str) -> UpdateFailed:
    """What a step raises."""
    return UpdateFailed(Reason(code, message))


def reference_of(container: Json) -> ImageReference | None:
    """What the container was made from, as its user wrote it; None where that was the id of an image."""
    try:
        return parse_reference(container["Config"]["Image"])
    except NotAReference:
        return None
