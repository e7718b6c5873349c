"""How is the new container made, while the old one runs on untouched?"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from updater.errors import EngineConflict, EngineNotFound, EngineRefused, UpdateFailed
from updater.interruption import Interrupted
from updater.model.control_labels import LABEL_YOURS, repeated, set_by_user
from updater.model.reason import ReasonCode
from updater.recreator.blueprint import differences
from updater.recreator.drafting import draft
from updater.recreator.names import (
    KEEP_REPOSITORY,
    LABEL_COMPANION_OF,
    LABEL_GROUP,
    LABEL_JOB,
    LABEL_KEEPS_STATE,
    LABEL_KEPT,
    LABEL_OLD_ID,
    LABEL_OLD_POLICY,
    LABEL_PLACE,
    keep_tag,
    name_new,
    operation_labels,
    policy_letter,
)
from updater.recreator.recreation import failed
from updater.recreator.stopping import comes_back_after_signal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from updater.recreator.recreation import Recreation


def keep(recreation: Recreation) -> None:
    """Tag the old image."""
    if recreation.old_image is None or recreation.is_companion:
        return  # a companion's image does not change: what is kept for it is the one before its own last update
    recreation.engine.tag(recreation.old["Image"], KEEP_REPOSITORY, keep_tag(recreation.name))


def pull(recreation: Recreation) -> None:
    """Have the image here that was decided on."""
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


def tag(recreation: Recreation) -> None:
    """Point the reference's tag at it."""
    if recreation.is_companion:
        return
    reference = recreation.plan.reference
    assert reference is not None
    assert reference.tag is not None  # pinned references are never planned
    recreation.tagged = True  # before it is: should the answer be lost, pointing the tag back does no harm
    recreation.engine.tag(recreation.new_image["Id"], reference.name, reference.tag)


def create(recreation: Recreation) -> None:
    """Make the new container; nothing is started."""
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
        raise failed(ReasonCode.CREATE_FAILED, f"The new container cannot be made: {error}.") from error
    recreation.group.successors |= {recreation.old["Id"]: recreation.new_id, f"/{recreation.name}": name}


def _name_taken(recreation: Recreation, name: str) -> UpdateFailed:
    """By another updater, or by a container that has nothing to do with this."""
    other = recreation.engine.find_container(name)
    labels = ((other or {}).get("Config") or {}).get("Labels") or {}
    if other is None or labels.get(LABEL_OLD_ID) == recreation.old["Id"]:
        return failed(ReasonCode.BUSY, "Another update of this container is under way, or was cut short.")
    message = f"The update needs the name {name}, which another container has; rename that one."
    return failed(ReasonCode.NAME_CONFLICT, message)


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
    if recreation.is_itself:
        labels[LABEL_KEEPS_STATE] = "true"  # it would not replace itself, if its state were not in a volume
    if comes_back_after_signal(recreation):
        labels[LABEL_OLD_POLICY] = policy_letter(recreation.old_policy)  # its name says so only once it is parked
    return {
        **labels,
        **_repeated_labels(recreation),
        LABEL_GROUP: group.head,
        LABEL_PLACE: str(group.size),
        LABEL_COMPANION_OF: plan.companion_of or "",
        LABEL_KEPT: plan.kept_image or "",
        LABEL_JOB: str(plan.terms.is_job).lower(),
    }


def _repeated_labels(recreation: Recreation) -> dict[str, str]:
    """Which of the user's control labels the new image brings with the same value: they stay the user's."""
    if recreation.old_image is None:
        return {}  # nobody knows whose a label is
    config, default, new = (
        (of.get("Config") or {}).get("Labels") or {}
        for of in (recreation.old, recreation.old_image, recreation.new_image)
    )
    keys = repeated(set_by_user(config, default), new, recreation.old["Id"])
    return {LABEL_YOURS: keys} if keys is not None else {}


def compare(recreation: Recreation) -> None:
    """Is it what was planned?"""
    assert recreation.new_id is not None
    assert recreation.blueprint is not None
    created = recreation.engine.inspect_container(recreation.new_id)
    if created["Image"] != recreation.new_image["Id"]:
        raise failed(
            ReasonCode.DIGEST_MISMATCH,
            "The tag moved while the container was being made, so it got another image than the one decided on.",
        )
    found = differences(recreation.old, created, recreation.blueprint)
    if found:
        # Names only: values may be secrets (Env), and this text goes everywhere.
        fields = ", ".join(sorted({difference.field for difference in found}))
        raise failed(ReasonCode.FIDELITY, f"The new container would not be configured like the old one ({fields}).")
