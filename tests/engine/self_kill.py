"""Killing an updater and its helper at every call by which a self-update changes something; and the engine, too.

The engine's restart policy brings back whoever was killed, as after a lack of memory. What must hold is said once, in
`complaints`: one container, on the right image, with its state, and its next cycle works.
"""

from __future__ import annotations

import subprocess
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from docker.errors import APIError, NotFound
from requests import RequestException

from rig.errors import RigError
from rig.recording import HangUp
from tests.engine.kill.disturbance import EngineDeath
from tests.engine.kill.moments import Course, When, changes, described
from tests.engine.kill.points import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rig.recording import Request
    from tests.engine.kill.moments import Moment
    from tests.engine.self_update import Home

SETTLED_WITHIN = 40.0
LOOK_EVERY = 0.3


@dataclass(frozen=True)
class Ending:
    """What is published, and how it must end in any case: on which variant, and with what in the history."""

    published: str
    variant: str
    outcome: str

    def __str__(self) -> str:
        return self.published


class Killer:
    """Kills once, before or after the engine does the n-th change; whoever asked for it is the one who dies."""

    def __init__(self, home: Home, moment: Moment, strike: Callable[[str], None]) -> None:
        self.struck: str | None = None
        self._home = home
        self._moment = moment
        self._strike = strike
        self._lock = threading.Lock()
        self._changes = 0
        self._number: int | None = None
        self._by_helper = False

    def before(self, request: Request) -> HangUp | None:
        if not changes(request):
            return None
        with self._lock:
            self._changes += 1
            if self.struck is not None or self._changes != self._moment.change:
                return None
            self._number = request.number
            if self._moment.when is When.AFTER:
                return None
            return self._kill(request)

    def after(self, request: Request, status: int) -> HangUp | None:
        if not changes(request):
            return None
        with self._lock:
            if request.number == self._number and self._moment.when is When.AFTER:
                return self._kill(request)
            if request.path.endswith("/start") and not self._by_helper:
                self._by_helper = request.path.split("/")[-2] == helper_id(self._home)
        return None

    def _kill(self, request: Request) -> HangUp:
        name = helper_id(self._home) if self._by_helper else self._home.name
        if name is not None:
            self._strike(name)
        self.struck = f"{self._moment.when} {described(request)}"
        return HangUp()


def helper_id(home: Home) -> str | None:
    found = [entry for entry in home.host.client.containers(all=True) if ".helper-" in "".join(entry["Names"] or ())]
    return str(found[0]["Id"]) if found else None


def killed_like_by_the_kernel(home: Home) -> Callable[[str], None]:
    """SIGKILL past the engine: it was no person, so the restart policy applies."""

    def strike(name: str) -> None:
        try:
            pid = home.host.client.inspect_container(name)["State"]["Pid"]
        except NotFound:
            return
        if pid:
            subprocess.run(home.host.rig.namespaces.inside(["kill", "-9", str(pid)]), check=False)

    return strike


def clear(home: Home) -> None:
    home.socket.recording.clear()
    client = home.host.client
    for entry in client.containers(all=True):
        if home.host.prefix in "".join(entry["Names"] or ()):
            client.remove_container(entry["Id"], force=True, v=True)
    try:
        client.remove_volume(home.host.name("state"), force=True)
    except NotFound:
        return


def learn(home: Home, ending: Ending) -> Course:
    """Let one self-update run its course."""
    begin(home, ending)
    wait_for(home, ending)
    return Course(home.socket.recording.requests)


def wait_for(home: Home, ending: Ending) -> None:
    """Until it has ended as it must. Raises RigError with what is wrong if it never does."""
    deadline = time.monotonic() + SETTLED_WITHIN
    while wrong := list(complaints(home, ending)):
        if time.monotonic() > deadline:
            raise RigError(f"{wrong}\n{home.log()}")
        time.sleep(LOOK_EVERY)


def complaints(home: Home, ending: Ending) -> Iterator[str]:
    """What is not as it must be."""
    try:
        if home.names() != [home.name]:
            yield f"the containers are {home.names()}"
            return
        if not home.is_settled():
            yield "no cycle was run since it began"
            return
        if home.variant_now() != ending.variant:
            yield f"it runs {home.variant_now()}"
        outcomes = [outcome for _, outcome in home.history()]
        if ending.outcome not in outcomes:
            yield f"the history says {outcomes}"
        policy = home.host.client.inspect_container(home.name)["HostConfig"]["RestartPolicy"]["Name"]
        if policy != home.policy:
            yield f"its restart policy is {policy}"
        if home.volumes() != home.volumes_before:
            yield f"the volumes are {home.volumes()} and were {home.volumes_before}"
    except (APIError, RequestException, AssertionError) as error:
        yield str(error)  # the engine may be away, or the container just being replaced


def killed(home: Home, moment: Moment, ending: Ending) -> Verdict:
    """The updater, or its helper, is killed at this moment."""
    return _point(home, ending, Killer(home, moment, killed_like_by_the_kernel(home)))


def killed_and_started_by_a_person(home: Home, moment: Moment, ending: Ending) -> Verdict:
    """As above, where the engine does not bring it back."""
    killer = Killer(home, moment, killed_like_by_the_kernel(home))

    def somebody_looks() -> None:
        home.host.wait_until(lambda: not home.host.inspect(home.name)["State"]["Running"], what="its death")
        home.host.client.start(home.name)

    return _point(home, ending, killer, somebody_looks)


def with_the_engine_killed(home: Home, moment: Moment, ending: Ending) -> Verdict:
    """The engine is killed at this moment, and comes back a second later."""
    death = EngineDeath(home.host.rig.engine)
    killer = Killer(home, moment, lambda _: death.strike())

    def somebody_starts_it() -> None:
        home.host.wait_until(lambda: killer.struck is not None, SETTLED_WITHIN, "the moment")
        death.wait_until_back()

    try:
        return _point(home, ending, killer, somebody_starts_it)
    finally:
        death.wait_until_back()


def _point(home: Home, ending: Ending, killer: Killer, then: Callable[[], None] = lambda: None) -> Verdict:
    begin(home, ending, killer)
    try:
        then()
        wait_for(home, ending)
    except RigError as error:
        return Verdict(f"{ending}: {killer.struck}", (str(error),))
    what = f"{ending}: {killer.struck}"
    return Verdict(what, () if killer.struck is not None else ("the moment never came",))


def begin(home: Home, ending: Ending, killer: Killer | None = None) -> None:
    """A fresh updater on the old image, which finds this variant published as soon as it starts."""
    clear(home)
    home.create("old", host_config={"RestartPolicy": {"Name": home.policy}})
    home.publish(ending.published)
    home.volumes_before = home.volumes()
    recording = home.socket.recording
    recording.clear()
    if killer is not None:
        recording.before, recording.after = killer.before, killer.after
    home.host.client.start(home.name)
