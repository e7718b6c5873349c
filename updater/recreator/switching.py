"""How does the new container take the place of the old one, from the point of no return to the commit?"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from updater.errors import EngineConflict, EngineError, EngineNotFound, EngineRefused, EngineTimeout
from updater.model.reason import ReasonCode
from updater.recreator.looking import confirm_once_more
from updater.recreator.names import is_under_our_name, name_go
from updater.recreator.persons_hand import RESTART_POLICY, changed_in
from updater.recreator.recreation import failed
from updater.recreator.stopping import comes_back_after_signal, stop_old
from updater.recreator.verify import ContainerRemoved, freeze, prove

if TYPE_CHECKING:
    from updater.recreator.engine import Json
    from updater.recreator.recreation import Recreation


def mark(recreation: Recreation) -> None:
    """The point of no return."""
    assert recreation.new_id is not None
    recreation.check_interruption()
    try:
        recreation.engine.rename(recreation.new_id, name_go(recreation.name, recreation.old["Id"]))
    except EngineConflict as error:
        raise failed(ReasonCode.BUSY, "Another update of this container is under way, or was cut short.") from error
    recreation.complete = True


def stop(recreation: Recreation) -> None:
    """Stop the old container."""
    if not recreation.touched:  # or it is not the first time, and what it shows is our doing
        confirm_once_more(recreation)
    recreation.touched = True
    if recreation.old_ran or _runs(recreation, recreation.old["Id"]):
        _stop(recreation)


def _stop(recreation: Recreation) -> None:
    old = recreation.old
    recreation.stop_requested = time.monotonic()
    try:
        if recreation.was_paused:
            freeze(recreation.engine, old["Id"], paused=False)
        stop_old(recreation)
    except (EngineRefused, EngineTimeout) as error:
        raise failed(ReasonCode.STOP_FAILED, f"The old container did not stop: {error}.") from error


def _runs(recreation: Recreation, container_id: str) -> bool:
    """Whether it runs now: an engine that boots starts a stopped container with the policy `always`."""
    container = recreation.engine.find_container(container_id)
    return bool(container and container["State"].get("Running"))


def park(recreation: Recreation) -> None:
    """Out of the way with the old one."""
    old_id = recreation.old["Id"]
    found = recreation.engine.find_container(old_id)
    if found is not None and not is_under_our_name(found, recreation.name):
        raise failed(ReasonCode.USER_CHANGED, "Somebody renamed it while it was being stopped; it keeps that name.")
    if found is not None:
        _require_as_planned(recreation, found)
    recreation.engine.rename(old_id, recreation.parked_name)


def _require_as_planned(recreation: Recreation, found: Json) -> None:
    """What its user has changed while it was being stopped is to be seen in what is put back."""
    held_down = comes_back_after_signal(recreation)  # by ourselves
    changed = [what for what in changed_in(found, recreation.old) if what != RESTART_POLICY or not held_down]
    if not changed:
        return
    policy = recreation.old_policy if held_down else found["HostConfig"].get("RestartPolicy")
    recreation.old = {**recreation.old, "HostConfig": {**found["HostConfig"], "RestartPolicy": policy}}
    raise failed(
        ReasonCode.USER_CHANGED,
        f"Somebody changed it while it was being stopped ({', '.join(changed)}); the next run takes that up.",
    )


def defuse(recreation: Recreation) -> None:
    """No reboot may start it; and one that it was stopped before has."""
    if not recreation.restarts_after_exit:
        return
    recreation.engine.set_restart_policy(recreation.old["Id"], {"Name": "no"})
    _keep_down(recreation)


def _keep_down(recreation: Recreation) -> None:
    """Two must never run at once: stop the old one if it was started again, as by a `docker restart` of this moment."""
    if not _runs(recreation, recreation.old["Id"]):
        return
    _stop(recreation)
    if recreation.restarts_after_exit:
        recreation.engine.set_restart_policy(recreation.old["Id"], {"Name": "no"})


def promote(recreation: Recreation) -> None:
    """The new one gets the name."""
    assert recreation.new_id is not None
    recreation.engine.rename(recreation.new_id, recreation.name)


def start(recreation: Recreation) -> None:
    """Start the new one, and only that one."""
    if not recreation.should_run:
        return
    assert recreation.new_id is not None
    _keep_down(recreation)
    if _is_judged(recreation):
        recreation.listen_from_now_on(recreation.new_id)
    try:
        try:
            recreation.engine.start(recreation.new_id)
        except (EngineRefused, EngineConflict):
            time.sleep(1)  # a port or an address of the old container may take a moment to be free
            recreation.engine.start(recreation.new_id)
    except (EngineRefused, EngineConflict, EngineNotFound) as error:
        if recreation.engine.find_container(recreation.new_id) is None:
            raise ContainerRemoved from error
        raise failed(ReasonCode.START_FAILED, f"The new container did not start: {error}.") from error
    recreation.up_again = time.monotonic()


def _is_judged(recreation: Recreation) -> bool:
    """A container that did not run is not started; one that crashed already cannot be made worse."""
    return recreation.should_run and not recreation.was_restarting


def verify(recreation: Recreation) -> None:
    """Wait for the verdict."""
    if not _is_judged(recreation):
        return
    assert recreation.new_id is not None
    prove(recreation, recreation.new_id, "new", interruptible=True)
    if recreation.was_paused and not recreation.ended:
        freeze(recreation.engine, recreation.new_id, paused=True)


def _kept_under_another_name(recreation: Recreation, name: str) -> str:
    policy = f"; its restart policy is no instead of {recreation.old_policy['Name']}"
    return (
        f"Somebody renamed the old container to {name} meanwhile, so it was not removed"
        f"{policy if recreation.restarts_after_exit else ''}."
    )


def commit(recreation: Recreation) -> None:
    """A good update stays good, even if the old container cannot be removed. What its user made of it stays."""
    old_id = recreation.old["Id"]
    old = recreation.patiently(lambda: recreation.engine.find_container(old_id))
    if old is not None and not is_under_our_name(old, recreation.name):
        recreation.notes.append(_kept_under_another_name(recreation, old["Name"].lstrip("/")))
        return
    if old is not None and old["State"].get("Running") and not recreation.is_companion:
        raise failed(ReasonCode.USER_CHANGED, "Somebody started the old container meanwhile, so it was put back.")
    try:
        recreation.patiently(lambda: recreation.engine.remove(old_id, volumes=False))
    except EngineNotFound:
        return
    except EngineError as error:
        if not recreation.engine.wait_until_gone(old_id):
            name = recreation.parked_name
            recreation.notes.append(f"The old container could not be removed ({error}); remove {name} by hand.")
