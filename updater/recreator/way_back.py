"""How does the very same old container come back? Each move looks first, so that it may be repeated from any point."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import tenacity

from updater.errors import EngineConflict, EngineDenied, EngineError, EngineRefused, EngineTimeout, UpdateFailed
from updater.model.reason import Reason, ReasonCode
from updater.recreator.names import Phase, is_under_our_name, name_back, name_bad, parse_parked_name
from updater.recreator.persons_hand import changed_in
from updater.recreator.stopping import stop_old
from updater.recreator.undo import keep_as_before, last_words, point_tag_back, remove_new
from updater.recreator.verify import freeze, prove

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from updater.recreator.engine import Json
    from updater.recreator.recreation import Recreation


_STOP_FAILED_WITHIN = 10.0  # seconds; the engine's own default
_STOP_MARGIN = 5.0
_DEFUSALS = 4


class OldContainerGone(UpdateFailed):
    """Somebody removed the old container, so there is nothing to put back; a new one that ran is left in its place."""

    def __init__(self) -> None:
        super().__init__(
            Reason(ReasonCode.CONTAINER_GONE, "Somebody removed the old container meanwhile; it is not brought back.")
        )


@dataclass(frozen=True, slots=True)
class PutBack:
    """How it went for one container: the end of the new one's log, or what went wrong."""

    log_tail: str = ""
    failure: EngineError | UpdateFailed | None = None


def put_back(members: Sequence[Recreation]) -> tuple[PutBack, ...]:
    """Put the very same old containers back under their names, running as they ran.

        1. rename the old ones to N.back-P-OID: from here on nobody goes forward any more
        2. stop the new ones, rename them out of the way, switch their restart policies off
        3. give the old ones their restart policies and their names again, then start them
        4. wait until the old ones have proven themselves
        5. point the tag at the old image, remove the new containers

    What the others depend on is stopped last and started first. A failure with one keeps no other from its way back.
    """
    way_back = _WayBack()
    way_back.take(_announce, reversed(members))
    way_back.take(_clear_the_way, reversed(members))
    way_back.take(_restore_old, members)
    way_back.take(_judge_old, members)
    for member in members:
        failure = way_back.failures.get(member.name)
        if not isinstance(failure, OldContainerGone):
            point_tag_back(member)
        if failure is None:
            keep_as_before(member)
    for member in reversed(members):
        member.stop_listening()
        if member.name not in way_back.failures:
            remove_new(member)
    return tuple(PutBack(member.log_tail, way_back.failures.get(member.name)) for member in members)


class _WayBack:
    """Moves that each container takes unless one before went wrong."""

    def __init__(self) -> None:
        self.failures: dict[str, EngineError | UpdateFailed] = {}

    def take(self, move: Callable[[Recreation], None], members: Iterable[Recreation]) -> None:
        for member in members:
            if member.name not in self.failures:
                try:
                    move(member)
                except (EngineError, UpdateFailed) as failure:
                    self.failures[member.name] = failure


def _announce(recreation: Recreation) -> None:
    """Tell whoever may have to go on with this that it goes back, before anything is stopped.

    A stop may be under way for as long as it likes after our death, and looks like a person's then. Raises
    OldContainerGone where somebody removed the old container.
    """
    old_id, new_id = recreation.old["Id"], recreation.new_id
    old = recreation.patiently(lambda: recreation.engine.find_container(old_id))
    if old is not None:
        parked = parse_parked_name(old["Name"], old_id)
        if parked is not None and parked.phase is Phase.OLD:
            _give_name(recreation, old_id, name_back(old["Name"].lstrip("/")))
        return
    new = None if new_id is None else recreation.patiently(lambda: recreation.engine.find_container(new_id))
    if new is not None and new["Name"] != f"/{recreation.name}":
        remove_new(recreation)
    raise OldContainerGone


def _clear_the_way(recreation: Recreation) -> None:
    new_id = recreation.new_id
    new = None if new_id is None else recreation.patiently(lambda: recreation.engine.find_container(new_id))
    if new is None or new_id is None:
        return
    bad = name_bad(recreation.name, recreation.old["Id"])
    # Under that name its restart policy may have been changed by ourselves, before we were cut short.
    if new["Name"] != f"/{bad}" and (changed := changed_in(new, recreation.old)):
        what = ", ".join(changed)
        recreation.notes.append(f"Somebody changed the new container meanwhile ({what}); the old one is without that.")
    # A crash-looping container cannot always be renamed, and renaming a running one moves its DNS name: stop first.
    recreation.patiently(lambda: recreation.engine.stop(new_id, _time_to_stop(recreation, new), None))
    _give_name(recreation, new_id, bad)
    # Only now: under its other names recovery would go on with it, and needs its policy as it was planned.
    if (new["HostConfig"].get("RestartPolicy") or {}).get("Name") in ("always", "on-failure"):
        try:
            _defuse(recreation, new_id, _time_to_stop(recreation, new))
        except EngineDenied as error:  # it is stopped, and about to be removed; the old one must not wait for that
            recreation.notes.append(f"The failed container kept its restart policy: {error}.")
    recreation.log_tail = last_words(recreation, new)


def _defuse(recreation: Recreation, new_id: str, timeout: float) -> None:
    """An engine that was killed meanwhile has started it again, and refuses this at the moment it falls over."""
    retrying = tenacity.Retrying(
        retry=tenacity.retry_if_exception_type(EngineRefused),
        wait=tenacity.wait_fixed(1),
        stop=tenacity.stop_after_attempt(_DEFUSALS),
        reraise=True,
    )
    for attempt in retrying:
        with attempt:
            if attempt.retry_state.attempt_number > 1:
                recreation.patiently(lambda: recreation.engine.stop(new_id, timeout, None))
            recreation.patiently(lambda: recreation.engine.set_restart_policy(new_id, {"Name": "no"}))
    new = recreation.patiently(lambda: recreation.engine.find_container(new_id))
    if new is not None and new["State"].get("Running"):  # an engine that was restarted meanwhile has started it
        recreation.patiently(lambda: recreation.engine.stop(new_id, timeout, None))


def _give_name(recreation: Recreation, container_id: str, name: str) -> None:
    """Looks before it repeats: where only the answer was lost, the engine would refuse to do it twice."""

    def look_and_rename() -> None:
        if recreation.engine.inspect_container(container_id)["Name"] != f"/{name}":
            recreation.engine.rename(container_id, name)

    recreation.patiently(look_and_rename)


def _time_to_stop(recreation: Recreation, new: Json) -> float:
    """A container that failed need not be waited for without end, whatever its own timeout says."""
    configured = recreation.plan.terms.stop_timeout
    if configured is not None:
        return configured
    own = new["Config"].get("StopTimeout")
    return _STOP_FAILED_WITHIN if own is None or own < 0 else float(own)


def _restore_old(recreation: Recreation) -> None:
    old_id = recreation.old["Id"]
    current = recreation.patiently(lambda: recreation.engine.inspect_container(old_id))
    if recreation.stop_requested is not None and current["State"].get("Running"):
        current = _end_of_the_stop(recreation, current)
    if _policy_name(current) != _policy_name(recreation.old):
        # Before the rename: until then the name is the only copy of the policy.
        recreation.patiently(lambda: recreation.engine.set_restart_policy(old_id, recreation.old_policy))
    if is_under_our_name(current, recreation.name):
        _give_name(recreation, old_id, recreation.name)
    else:
        chosen = current["Name"].lstrip("/")
        recreation.notes.append(f"Somebody renamed the old container to {chosen} meanwhile; it keeps that name.")
    if not recreation.old_ran and current["State"].get("Running"):
        # The engine started it when it booted; it was stopped, and is to be so again.
        recreation.patiently(lambda: recreation.engine.stop(old_id, recreation.plan.terms.stop_timeout, None))
    if recreation.old_ran and not current["State"].get("Running"):
        if _is_judged(recreation):
            recreation.listen_from_now_on(old_id)
        _start_old(recreation, old_id)
    recreation.up_again = time.monotonic()


def _end_of_the_stop(recreation: Recreation, old: Json) -> Json:
    """A stop whose answer was lost or refused may still be under way: the container would exit a moment later.

    Asking again waits for its end; where even that is refused, or not answered, time has to tell.
    """
    old_id = old["Id"]
    own = old["Config"].get("StopTimeout")
    try:
        recreation.patiently(lambda: stop_old(recreation))
    except (EngineRefused, EngineTimeout):
        deadline = time.monotonic() + _STOP_MARGIN + max(own or 0, _STOP_FAILED_WITHIN)
        while time.monotonic() < deadline:
            if not recreation.patiently(lambda: recreation.engine.inspect_container(old_id))["State"].get("Running"):
                break
            time.sleep(0.5)
    return recreation.patiently(lambda: recreation.engine.inspect_container(old_id))


def _start_old(recreation: Recreation, old_id: str) -> None:
    try:
        recreation.patiently(lambda: recreation.engine.start(old_id))
    except (EngineRefused, EngineConflict):
        time.sleep(1)  # what the new container held, a port or an address, may take a moment to be free
        recreation.patiently(lambda: recreation.engine.start(old_id))


def _is_judged(recreation: Recreation) -> bool:
    """One that crashed over and over need not do better now."""
    return recreation.touched and recreation.old_state in ("running", "paused")


def _judge_old(recreation: Recreation) -> None:
    """It ran before, so it should again; if it does not, the user has to know, and it stays all the same."""
    state = recreation.old_state
    if not _is_judged(recreation):
        return
    if recreation.surroundings.interrupted() and state == "running":
        return  # whoever stops this program waits for it, and kills it if it takes too long
    try:
        _prove_old(recreation, recreation.old["Id"])
    except UpdateFailed as failure:
        recreation.notes.append(f"The old container is back, but did not prove itself either: {failure}")
        return
    if state == "paused" and not recreation.ended:
        freeze(recreation.engine, recreation.old["Id"], paused=True)


def _prove_old(recreation: Recreation, old_id: str) -> None:
    """An engine that goes away meanwhile need not start it again when it comes back."""
    begun = False

    def prove_once_more() -> None:
        nonlocal begun
        if begun and not recreation.engine.inspect_container(old_id)["State"].get("Running"):
            _start_old(recreation, old_id)
        begun = True
        prove(recreation, old_id, "old", interruptible=False)

    recreation.patiently(prove_once_more)


def _policy_name(container: Json) -> str:
    return (container["HostConfig"].get("RestartPolicy") or {}).get("Name") or "no"
