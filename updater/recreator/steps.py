"""How is a container put onto a new image, step by step? This table is the protocol; no other code lists steps.

Up to `mark`, nothing has happened to the old container, and undoing means removing the new one. From `stop` on,
undoing means putting the very same old container back (`undo.py`).
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from updater.errors import EngineConflict, EngineError, EngineNotFound, EngineRefused, UpdateFailed
from updater.interruption import Interrupted
from updater.model.reason import Reason, ReasonCode
from updater.recreator.blueprint import differences
from updater.recreator.drafting import draft
from updater.recreator.names import (
    KEEP_REPOSITORY,
    LABEL_COMPANION_OF,
    LABEL_GROUP,
    LABEL_JOB,
    LABEL_KEPT,
    LABEL_OLD_ID,
    LABEL_PLACE,
    keep_tag,
    name_back,
    name_bad,
    name_go,
    name_new,
    name_old,
    operation_labels,
)
from updater.recreator.verify import freeze, patiently, prove

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any

    from updater.recreator.recreation import Recreation


@dataclass(frozen=True, slots=True)
class Step:
    """One row: what it is called, what it does and how it is undone (for the documentation), and the doing."""

    name: str
    does: str
    undone: str
    perform: Callable[[Recreation], None]


@dataclass(frozen=True, slots=True)
class Stage:
    """Steps that one container takes in a row before the next one of its group does.

    The container that the others depend on goes first, or last: marked last, it alone is the point of no return;
    stopped last, the others lose nothing before their own stop.
    """

    names: tuple[str, ...]
    dependents_first: bool = False


def _inspect(recreation: Recreation) -> None:
    plan = recreation.plan
    old = recreation.engine.find_container(plan.container_id)
    if old is None or old["Name"] != f"/{plan.name}":
        _check_other_updaters(recreation)
    if old is None:
        raise _failed(ReasonCode.CONTAINER_GONE, "Somebody removed it meanwhile; nothing was done.")
    if old["Name"].lstrip("/") != plan.name or old["Image"] != plan.source.image_id:
        raise _failed(ReasonCode.USER_CHANGED, "Somebody renamed or recreated it meanwhile; nothing was done.")
    if old["HostConfig"].get("AutoRemove"):
        raise _failed(ReasonCode.AUTO_REMOVE, "It was started with --rm, so it would vanish when it is stopped.")
    recreation.old = old
    recreation.old_image = recreation.engine.image_by_id(old["Image"])


def _keep(recreation: Recreation) -> None:
    if recreation.old_image is None or recreation.is_companion:
        return  # a companion's image does not change: what is kept for it is the one before its own last update
    recreation.engine.tag(recreation.old["Image"], KEEP_REPOSITORY, keep_tag(recreation.name))


def _pull(recreation: Recreation) -> None:
    plan = recreation.plan
    if plan.image_id is not None:
        recreation.new_image = recreation.engine.inspect_image(plan.image_id)
        return
    assert plan.digest is not None  # a plan names one of the two
    assert plan.reference is not None  # there is no digest without a repository

    def progress(line: dict[str, object]) -> None:
        recreation.check_interruption()  # beside others, no signal reaches this thread
        recreation.surroundings.narrator.pulling(recreation.name, line)

    try:
        with recreation.surroundings.interruptible():
            recreation.new_image = recreation.engine.pull(
                plan.reference,
                plan.digest,
                platform=plan.platform,
                credentials=recreation.surroundings.credentials(plan.reference),
                progress=progress,
            )
    except Interrupted:
        recreation.check_interruption()


def _tag(recreation: Recreation) -> None:
    if recreation.is_companion:
        return
    reference = recreation.plan.reference
    assert reference is not None
    assert reference.tag is not None  # pinned references are never planned
    recreation.tagged = True  # before it is: should the answer be lost, pointing the tag back does no harm
    recreation.engine.tag(recreation.new_image["Id"], reference.name, reference.tag)


def _create(recreation: Recreation) -> None:
    engine = recreation.engine
    recreation.check_interruption()
    blueprint = draft(
        recreation.plan,
        engine,
        recreation.old,
        recreation.old_image,
        recreation.new_image,
        _operation_labels(recreation),
        recreation.group.successors,
    )
    recreation.blueprint = blueprint
    name = name_new(recreation.name, recreation.old["Id"])
    try:
        with _reference_names_its_image(recreation):
            recreation.new_id = engine.create(blueprint.body, name, blueprint.platform)
        for network in blueprint.disconnects:
            engine.disconnect_network(recreation.new_id, network)
        for network, endpoint in blueprint.connects:
            engine.connect_network(recreation.new_id, network, endpoint)
    except EngineConflict as error:
        raise _name_taken(recreation, name) from error
    except (EngineRefused, EngineNotFound) as error:
        raise _failed(ReasonCode.CREATE_FAILED, f"The new container cannot be made: {error}.") from error
    recreation.group.successors |= {recreation.old["Id"]: recreation.new_id, f"/{recreation.name}": name}


def _name_taken(recreation: Recreation, name: str) -> UpdateFailed:
    """By another updater, or by a container that has nothing to do with this."""
    other = recreation.engine.find_container(name)
    labels = ((other or {}).get("Config") or {}).get("Labels") or {}
    if other is None or labels.get(LABEL_OLD_ID) == recreation.old["Id"]:
        return _failed(ReasonCode.BUSY, "Another update of this container is under way, or was cut short.")
    message = f"The update needs the name {name}, which another container has; rename that one."
    return _failed(ReasonCode.NAME_CONFLICT, message)


@contextmanager
def _reference_names_its_image(recreation: Recreation) -> Iterator[None]:
    """A companion stays on its image, under its user's reference, which may name a newer one here by now.

    The engine has no way to say both, so the tag is pointed at the old image for the moment of the creation.
    """
    reference, engine = recreation.plan.reference, recreation.engine
    if not recreation.is_companion or reference is None or reference.tag is None or reference.is_pinned:
        yield
        return
    tagged = engine.find_image(reference.canonical)
    moved = tagged is not None and tagged["Id"] != recreation.new_image["Id"]
    if tagged is None or moved:
        engine.tag(recreation.new_image["Id"], reference.name, reference.tag)
    try:
        yield
    finally:
        if tagged is not None and moved:
            engine.tag(tagged["Id"], reference.name, reference.tag)


def _operation_labels(recreation: Recreation) -> dict[str, str]:
    """Also counts the containers of the group: the first one is its head."""
    plan, group = recreation.plan, recreation.group
    group.head = group.head or str(recreation.old["Id"])
    labels = operation_labels(
        recreation.name,
        plan.purpose,
        str(recreation.surroundings.owner),
        plan.digest,
        recreation.old,
        plan.source.digest,
    )
    group.size += 1
    return {
        **labels,
        LABEL_GROUP: group.head,
        LABEL_PLACE: str(group.size),
        LABEL_COMPANION_OF: plan.companion_of or "",
        LABEL_KEPT: plan.kept_image or "",
        LABEL_JOB: str(plan.terms.is_job).lower(),
    }


def _compare(recreation: Recreation) -> None:
    assert recreation.new_id is not None
    assert recreation.blueprint is not None
    created = recreation.engine.inspect_container(recreation.new_id)
    if created["Image"] != recreation.new_image["Id"]:
        raise _failed(
            ReasonCode.DIGEST_MISMATCH,
            "The tag moved while the container was being made, so it got another image than the one decided on.",
        )
    found = differences(recreation.old, created, recreation.blueprint)
    if found:
        # Names only: values may be secrets (Env), and this text goes everywhere.
        fields = ", ".join(sorted({difference.field for difference in found}))
        raise _failed(ReasonCode.FIDELITY, f"The new container would not be configured like the old one ({fields}).")


def _confirm(recreation: Recreation) -> None:
    """The user may have acted while the image was being pulled; then the user wins."""
    now = recreation.engine.find_container(recreation.old["Id"])
    if now is None or now["Name"] != recreation.old["Name"]:
        _check_other_updaters(recreation)
    if now is None:
        raise _failed(ReasonCode.CONTAINER_GONE, "Somebody removed it meanwhile; nothing was done.")
    same_name = now["Name"] == recreation.old["Name"]
    if recreation.old_ran:
        same_state = _settled(now["State"]["Status"]) == _settled(recreation.old_state)
    else:
        same_state = not now["State"].get("Running")
    if not same_name or not same_state:
        raise _failed(
            ReasonCode.USER_CHANGED, "It ended, or somebody stopped, started or renamed it meanwhile; it is left so."
        )
    changed = [part for part in ("Config", "HostConfig") if now[part] != recreation.old[part]]
    if changed or _networks(now) != _networks(recreation.old):
        raise _failed(
            ReasonCode.USER_CHANGED,
            "Somebody changed its configuration or networks meanwhile; nothing was done, the next run takes it up.",
        )
    _check_names(recreation)


def _settled(state: str) -> str:
    """One that crashes over and over is running and restarting in turn."""
    return "running" if state == "restarting" else state


def _check_other_updaters(recreation: Recreation) -> None:
    """Another updater may have been faster; that is no act of a person."""
    there = recreation.engine.find_container(recreation.name)
    labels = ((there or {}).get("Config") or {}).get("Labels") or {}
    if labels.get(LABEL_OLD_ID) == recreation.plan.container_id:
        raise _failed(ReasonCode.BUSY, "Another updater has been working on it meanwhile.")


def _check_names(recreation: Recreation) -> None:
    """Found taken only half-way, a name that the update needs would cost an outage."""
    name, old_id = recreation.name, recreation.old["Id"]
    parked = _parked_name(recreation)
    if name_go(name, old_id) in (taken := recreation.engine.names_beginning(f"{name}.")):
        raise _failed(ReasonCode.BUSY, "Another update of this container is under way, or was cut short.")
    for needed in (parked, name_back(parked), name_bad(name, old_id)):
        if needed in taken:
            raise _failed(
                ReasonCode.NAME_CONFLICT,
                f"The update needs the name {needed}, which another container has; rename that.",
            )


def _networks(container: Mapping[str, Any]) -> set[str]:
    return set((container.get("NetworkSettings") or {}).get("Networks") or ())


def _mark(recreation: Recreation) -> None:
    assert recreation.new_id is not None
    recreation.check_interruption()
    try:
        recreation.engine.rename(recreation.new_id, name_go(recreation.name, recreation.old["Id"]))
    except EngineConflict as error:
        raise _failed(ReasonCode.BUSY, "Another update of this container is under way, or was cut short.") from error
    recreation.complete = True


def _stop(recreation: Recreation) -> None:
    recreation.touched = True
    old = recreation.old
    if not recreation.old_ran and not _runs(recreation, old["Id"]):
        return
    recreation.stop_requested = time.monotonic()
    try:
        if recreation.was_paused:
            freeze(recreation.engine, old["Id"], paused=False)
        recreation.engine.stop(old["Id"], recreation.plan.terms.stop_timeout, old["Config"].get("StopTimeout"))
    except EngineRefused as error:
        raise _failed(ReasonCode.STOP_FAILED, f"The old container did not stop: {error}.") from error


def _runs(recreation: Recreation, container_id: str) -> bool:
    """Whether it runs now: an engine that boots starts a stopped container with the policy `always`."""
    container = recreation.engine.find_container(container_id)
    return bool(container and container["State"].get("Running"))


def _park(recreation: Recreation) -> None:
    old = recreation.old
    recreation.engine.rename(old["Id"], _parked_name(recreation))


def _parked_name(recreation: Recreation) -> str:
    return name_old(recreation.name, recreation.old["Id"], recreation.old_policy, recreation.old_state)


def _defuse(recreation: Recreation) -> None:
    if recreation.restarts_after_exit:
        recreation.engine.set_restart_policy(recreation.old["Id"], {"Name": "no"})


def _promote(recreation: Recreation) -> None:
    assert recreation.new_id is not None
    recreation.engine.rename(recreation.new_id, recreation.name)


def _start(recreation: Recreation) -> None:
    if not recreation.should_run:
        return
    assert recreation.new_id is not None
    try:
        try:
            recreation.engine.start(recreation.new_id)
        except (EngineRefused, EngineConflict):
            time.sleep(1)  # a port or an address of the old container may take a moment to be free
            recreation.engine.start(recreation.new_id)
    except (EngineRefused, EngineConflict, EngineNotFound) as error:
        raise _failed(ReasonCode.START_FAILED, f"The new container did not start: {error}.") from error
    recreation.up_again = time.monotonic()


def _verify(recreation: Recreation) -> None:
    if not recreation.should_run or recreation.old_state == "restarting":
        return  # a container that did not run is not started; one that crashed already cannot be made worse
    assert recreation.new_id is not None
    prove(recreation, recreation.new_id, "new", interruptible=True)
    if recreation.was_paused and not recreation.ended:
        freeze(recreation.engine, recreation.new_id, paused=True)


def _commit(recreation: Recreation) -> None:
    """A good update stays good, even if the old container cannot be removed."""
    old_id = recreation.old["Id"]
    try:
        patiently(lambda: recreation.engine.remove(old_id, volumes=False))
    except EngineNotFound:
        return
    except EngineError as error:
        if not recreation.engine.wait_until_gone(old_id):
            name = _parked_name(recreation)
            recreation.notes.append(f"The old container could not be removed ({error}); remove {name} by hand.")


STEPS: tuple[Step, ...] = (
    Step("inspect", "read the container and, by id, the image it runs", "nothing to undo", _inspect),
    Step("keep", f"tag the old image {KEEP_REPOSITORY}:NAME, so that no engine deletes it", "the tag stays", _keep),
    Step("pull", "pull exactly the digest that was decided on", "the image stays, unused", _pull),
    Step("tag", "point the reference's tag at it", "point the tag at the old image", _tag),
    Step("create", "create NAME.new-OID with the old one's configuration and networks", "remove it", _create),
    Step("compare", "inspect it: the decided image, every field as planned, no more rights", "remove it", _compare),
    Step("confirm", "look at the old container again: has its user acted meanwhile?", "remove the new one", _confirm),
    Step("mark", "rename NAME.new-OID to NAME.go-OID: it is complete", "remove it", _mark),
    Step("stop", "stop the old container with its own signal and timeout", "start it", _stop),
    Step("park", "rename it to NAME.old-P-OID", "rename it back", _park),
    Step("defuse", "switch its restart policy off, so that no reboot starts it", "set the policy again", _defuse),
    Step("promote", "rename NAME.go-OID to NAME", "rename it to NAME.bad-OID", _promote),
    Step("start", "start it", "stop it", _start),
    Step("verify", "wait for the verdict on its health", "stop it, and keep the end of its log", _verify),
    Step("commit", "remove the old container, without its volumes", "nothing: the update is done", _commit),
)

# How the containers of a group take turns; for a single one, just the table above.
STAGES: tuple[Stage, ...] = (
    Stage(("inspect", "keep", "pull", "tag", "create", "compare")),
    Stage(("confirm",)),
    Stage(("mark",), dependents_first=True),
    Stage(("stop",), dependents_first=True),
    Stage(("park", "defuse", "promote")),
    Stage(("start", "verify")),
    Stage(("commit",)),
)


def _failed(code: ReasonCode, message: str) -> UpdateFailed:
    return UpdateFailed(Reason(code, message))
