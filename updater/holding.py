"""How does a person hold back a container, or one image for it, and let go of both again?"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from updater.checking import check
from updater.deciding import resolve_names
from updater.errors import UpdaterError, UsageError
from updater.model.candidate import Status
from updater.model.digest import short
from updater.model.hold import Hold, Skip
from updater.model.published import Published
from updater.policy.declarations import PER_CONTAINER
from updater.policy.scope import consider
from updater.policy.terms import without_labels
from updater.recreator.unfinished import find_unfinished

if TYPE_CHECKING:
    from updater.model.candidate import Candidate
    from updater.policy.terms import Request
    from updater.state.store import Store
    from updater.world import World


def hold(world: World, name: str, seconds: float | None) -> Hold:
    """Hold this container for so long, or until it is released. Raises UnknownContainer."""
    now = datetime.now(UTC)
    until = now + timedelta(seconds=seconds) if seconds is not None else None
    held = Hold(full_name(world, name), now, until)
    world.memory.hold(held)
    return held


def skip(world: World, request: Request, name: str, *, parallel_checks: int) -> Skip:
    """Leave out for this container what is published now. Raises UsageError where that is nothing newer."""
    # Who names a container means it, running or not.
    defaults = {**(request.defaults or {}), "include_stopped": True}
    request = replace(request, names=frozenset({name}), defaults=defaults)
    report = check(world, request, everything=False, parallel_checks=parallel_checks)
    if not report.decisions:
        raise UsageError(f"{name} is being updated, or that was cut short; `updater recover` says more")
    left_out = _newer(report.decisions[0].candidate)
    world.memory.skip(left_out)
    return left_out


def full_name(world: World, given: str) -> str:
    """The name of the container that is given by its name or id. Raises UnknownContainer."""
    inventory = world.engine.inventory()
    (name,) = resolve_names(frozenset({given}), inventory, find_unfinished(inventory.containers))
    return name


def hold_that_stays(world: World, request: Request, name: str) -> str | None:
    """What else holds this container, in a word, which `release` does not end. Raises EngineError."""
    container = next((one for one in world.engine.inventory().containers if one.name == name), None)
    if container is None:
        return hold_by_config(request, name)
    if not consider(container, request).terms.hold:
        return None
    label = PER_CONTAINER["hold"].label
    return f"label {label}" if label in container.user_labels else hold_by_config(request, name)


def hold_by_config(request: Request, name: str) -> str | None:
    """The same, where the container's labels are not known."""
    return "config entry" if without_labels(name, request).get("hold") else None


def require_kept(memory: Store) -> None:
    """Once the memory is closed: what outlives no command is no hold. Raises UpdaterError."""
    if memory.obstacle is not None:
        raise UpdaterError(
            f"this could not be kept: {memory.obstacle}; set state_dir to a folder that can be written to"
        )


def _newer(candidate: Candidate) -> Skip:
    container, lookup = candidate.container, candidate.lookup
    if candidate.status is Status.UNKNOWN:
        why = candidate.finding.message if candidate.finding else "the registry did not say"
        raise UpdaterError(f"what is published for {container.name} is not known: {why}")
    if candidate.finding is not None:
        raise UsageError(f"nothing is looked up for {container.name}: {candidate.finding.message}")
    if candidate.status is not Status.OUTDATED or not isinstance(lookup, Published):
        runs = f" ({short(candidate.running_digest)})" if candidate.running_digest else ""
        raise UsageError(f"{container.name} runs what is published{runs}; there is nothing newer to leave out")
    reference, digest = candidate.target or lookup.reference, candidate.target_digest or lookup.digest
    tag = reference.tag if reference != container.reference else None
    return Skip(container.name, reference.canonical, digest, tag, datetime.now(UTC))
