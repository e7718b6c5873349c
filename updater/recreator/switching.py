"""How does the new container take the place of the old one, from the point of no return to the commit?"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from updater.errors import EngineConflict, EngineError, EngineNotFound, EngineRefused, EngineTimeout
from updater.model.reason import ReasonCode
from updater.recreator.names import (
    name_go,
)
from updater.recreator.recreation import failed
from updater.recreator.stopping import stop_old
from updater.recreator.verify import freeze, prove

if TYPE_CHECKING:
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
    recreation.touched = True
    old = recreation.old
    if not recreation.old_ran and not _runs(recreation, old["Id"]):
        return
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
    old = recreation.old
    recreation.engine.rename(old["Id"], recreation.parked_name)


def defuse(recreation: Recreation) -> None:
    """No reboot may start it; and one that it was stopped before has: two must never run at once."""
    if not recreation.restarts_after_exit:
        return
    old_id = recreation.old["Id"]
    recreation.engine.set_restart_policy(old_id, {"Name": "no"})
    if _runs(recreation, old_id):
        stop(recreation)
        recreation.engine.set_restart_policy(old_id, {"Name": "no"})


def promote(recreation: Recreation) -> None:
    """The new one gets the name."""
    assert recreation.new_id is not None
    recreation.engine.rename(recreation.new_id, recreation.name)


def start(recreation: Recreation) -> None:
    """Start the new one."""
    if not recreation.should_run:
        return
    assert recreation.new_id is not None
    if _is_judged(recreation):
        recreation.listen_from_now_on(recreation.new_id)
    try:
        try:
            recreation.engine.start(recreation.new_id)
        except (EngineRefused, EngineConflict):
            time.sleep(1)  # a port or an address of the old container may take a moment to be free
            recreation.engine.start(recreation.new_id)
    except (EngineRefused, EngineConflict, EngineNotFound) as error:
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


def commit(recreation: Recreation) -> None:
    """A good update stays good, even if the old container cannot be removed."""
    old_id = recreation.old["Id"]
    try:
        recreation.patiently(lambda: recreation.engine.remove(old_id, volumes=False))
    except EngineNotFound:
        return
    except EngineError as error:
        if not recreation.engine.wait_until_gone(old_id):
            name = recreation.parked_name
            recreation.notes.append(f"The old container could not be removed ({error}); remove {name} by hand.")
