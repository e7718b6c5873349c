"""What is left of an update that does not happen, and how is it taken away? Each move may be repeated."""

from __future__ import annotations

from typing import TYPE_CHECKING

from updater.errors import EngineError, EngineNotFound
from updater.recreator.helper import remove_helper
from updater.recreator.names import KEEP_REPOSITORY, LABEL_OWNER, keep_tag, name_go, name_new
from updater.recreator.recreation import reference_of
from updater.recreator.secrets import without_secrets

if TYPE_CHECKING:
    from collections.abc import Sequence

    from updater.recreator.engine import Json
    from updater.recreator.recreation import Recreation


_LONGEST_TAIL = 16 * 1024  # characters


def discard(members: Sequence[Recreation], *, busy: bool = False) -> None:
    """Remove the new containers, which never ran; the old ones were not touched.

    `busy`: another updater has this in hand, and the tags with it.
    """
    for member in members:
        if member.new_id is None:
            member.new_id = _created_unheard(member)
        # The new container last: as long as it stands there, recovery knows that there is something to undo.
        if not busy and _is_ours_alone(member):
            point_tag_back(member)
            keep_as_before(member)
        remove_helper(member, busy=busy)
    for member in reversed(members):
        remove_new(member)


def keep_as_before(recreation: Recreation) -> None:
    """The image that was kept until now stays the kept one: this update did not happen."""
    kept = recreation.replaced_image
    if kept is None or not recreation.old:
        return
    try:
        recreation.patiently(lambda: recreation.engine.tag(kept, KEEP_REPOSITORY, keep_tag(recreation.name)))
    except EngineError as error:
        recreation.notes.append(f"The tag {KEEP_REPOSITORY}:{keep_tag(recreation.name)} was not put back: {error}.")


def remove_old(recreation: Recreation) -> None:
    """The user removed the container while the new one was on trial: what is left of it under our name goes, too."""
    old_id = recreation.old["Id"]
    try:
        recreation.patiently(lambda: recreation.engine.remove(old_id, volumes=False, force=True))
    except EngineNotFound:
        return
    except EngineError as error:
        recreation.notes.append(f"What was left could not be removed ({error}); remove {old_id[:12]} by hand.")


def _is_ours_alone(recreation: Recreation) -> bool:
    """Whether no other updater is at work on it, or has been: then the tags are its affair.

    In this order: the other one parks the old container before its new one loses this name.
    """
    if not recreation.old:
        return True
    other = recreation.patiently(
        lambda: recreation.engine.find_container(name_go(recreation.name, recreation.old["Id"]))
    )
    if other is not None and other["Id"] != recreation.new_id:
        return False
    old = recreation.patiently(lambda: recreation.engine.find_container(recreation.old["Id"]))
    return old is not None and old["Name"] == f"/{recreation.name}"


def _created_unheard(recreation: Recreation) -> str | None:
    """The new container's id where the engine made it, but its answer was lost; another updater's is not ours."""
    if not recreation.old:
        return None
    name = name_new(recreation.name, recreation.old["Id"])
    found = recreation.patiently(lambda: recreation.engine.find_container(name))
    owner = ((found or {}).get("Config", {}).get("Labels") or {}).get(LABEL_OWNER)
    return str(found["Id"]) if found and owner == str(recreation.surroundings.owner) else None


def point_tag_back(recreation: Recreation) -> None:
    """Otherwise the next `docker compose up` would bring the rejected image back.

    Not where the update led to another tag: that one names what it should, and the old container's still does.
    """
    reference = recreation.plan.reference
    if not recreation.tagged or recreation.old_image is None or reference is None:
        return
    if reference != reference_of(recreation.old):
        return
    assert reference.tag is not None
    tag = reference.tag
    try:
        recreation.patiently(lambda: recreation.engine.tag(recreation.old["Image"], reference.name, tag))
    except EngineError as error:
        recreation.notes.append(f"The tag {reference} still names the new image: {error}.")


def last_words(recreation: Recreation, container: Json) -> str:
    """The end of a container's log, without the secrets it was given."""
    tail = recreation.engine.log_tail(container["Id"])
    return without_secrets(tail, container["Config"].get("Env") or ())[-_LONGEST_TAIL:]


def remove_new(recreation: Recreation) -> None:
    """With the anonymous volumes that it brought along itself; the old one's were attached by name and stay."""
    new_id = recreation.new_id
    if new_id is None:
        return
    try:
        recreation.patiently(lambda: recreation.engine.remove(new_id, volumes=True, force=True))
    except EngineNotFound:
        return
    except EngineError as error:
        if not recreation.engine.wait_until_gone(new_id):
            recreation.notes.append(f"The new container could not be removed ({error}); remove {new_id[:12]} by hand.")
