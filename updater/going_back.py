"""`updater rollback`: which image did a container run before its last update, and is it still there?

And what if it cannot go back? Then nobody has turned down the image that it runs on.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from updater.engine.snapshot import image_facts
from updater.errors import UsageError
from updater.model.digest import parse_digest, short
from updater.model.outcome import ImageAt
from updater.model.plan import Plan
from updater.model.purpose import Purpose
from updater.model.reason import ReasonCode
from updater.model.reference import NotAReference, parse_reference
from updater.model.terms import Level
from updater.recreator.names import LABEL_KIND, LABEL_OLD_DIGEST, LABEL_OLD_IMAGE, LABEL_OLD_REFERENCE
from updater.watcher.compare import running_digest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from updater.engine.docker_engine import DockerEngine
    from updater.model.consideration import Consideration
    from updater.model.container import ContainerSnapshot
    from updater.model.digest import Digest
    from updater.model.history import Rejection
    from updater.model.reference import ImageReference
    from updater.state.store import Store

    FindImage = Callable[[str], Mapping[str, Any] | None]


def plan_rollback(consideration: Consideration, engine: DockerEngine, memory: Store) -> Plan:
    """The plan to recreate the container on its previous image; raises UsageError where there is none.

    Its reference has to be known, also where the engine's list shows an id instead.
    """
    container = consideration.container
    if consideration.objection is not None:
        raise UsageError(f"{container.name} cannot be rolled back: {consideration.objection.message}")
    if container.reference is None or container.reference.is_pinned:
        raise UsageError(f"{container.name} cannot be rolled back: it does not follow a tag")
    previous = _previous(container, memory)
    if previous is None or previous.image_id is None:
        raise UsageError(f"no update of {container.name} is known that could be rolled back")
    image = engine.find_image(previous.image_id)
    if image is None:
        raise UsageError(
            f"{container.name} ran the image {short(previous.image_id)} before, which is no longer here;"
            " name an older tag where you start it from"
        )
    reference = _reference_before(container, image, consideration.terms.tags)
    return Plan(
        name=container.name,
        container_id=container.id,
        image=reference.text,
        reference=reference,
        source=ImageAt(container.image_id, running_digest(container)),
        digest=previous.digest,
        terms=consideration.terms,
        image_id=previous.image_id,
        purpose=Purpose.ROLLBACK,
    )


def _reference_before(container: ContainerSnapshot, image: Mapping[str, Any], level: Level) -> ImageReference:
    """What it was made from before, where its last update led to a newer tag; else the reference that it has."""
    assert container.reference is not None  # only what follows a tag is rolled back
    labels = container.user_labels
    if labels.get(LABEL_OLD_IMAGE) == image["Id"] and labels.get(LABEL_OLD_REFERENCE):
        try:
            before = parse_reference(labels[LABEL_OLD_REFERENCE])
        except NotAReference:
            return container.reference
        if before.name == container.reference.name and not before.is_pinned:
            return before
    return container.reference if level is Level.DIGEST else _version_of(image, container.reference)


def _version_of(image: Mapping[str, Any], reference: ImageReference) -> ImageReference:
    """The older version by which the image is known here; the reference itself, where that names it, or no tag does.

    Who made the container anew on its newer tag, as the update told them to, took our labels away.
    """
    from updater.policy.versions import newest

    tags = set()
    for text in image.get("RepoTags") or ():
        with suppress(NotAReference):  # `<none>:<none>`
            known = parse_reference(text)
            if known.name == reference.name and known.tag is not None:
                tags.add(known.tag)
    if reference.tag is None or reference.tag in tags:
        return reference
    older = {tag for tag in tags if newest((reference.tag,), tag, Level.MAJOR).tag is not None}
    last = next((tag for tag in older if newest(older, tag, Level.MAJOR).tag is None), None)
    return reference if last is None else reference.with_tag(last)


def _previous(container: ContainerSnapshot, memory: Store) -> ImageAt | None:
    """By what the last update wrote on the container itself, or, should somebody have made it anew, by the history.

    The history may lack the last update, and know an earlier one that led to the same image from another.
    """
    labels = container.user_labels  # an image may carry labels that look like ours
    if labels.get(LABEL_KIND) == Purpose.UPDATE and labels.get(LABEL_OLD_IMAGE) not in (None, container.image_id):
        return ImageAt(labels[LABEL_OLD_IMAGE], _digest_or_none(labels.get(LABEL_OLD_DIGEST, "")))
    last = memory.last_update(container.name)
    return last.source if last is not None and last.target.image_id == container.image_id else None


def _digest_or_none(text: str) -> Digest | None:
    try:
        return parse_digest(text)
    except ValueError:
        return None


def stays_after_all(name: str, image_id: str | None, find_image: FindImage, memory: Store) -> tuple[Rejection, ...]:
    """The container runs on with this image: take back that a person turned it down. What was taken back.

    A verdict on an image that had not proven itself stays.
    """
    image = find_image(image_id) if image_id is not None else None
    digests = {digest for _, digest in image_facts(image).repository_digests} if image is not None else set()
    asked = tuple(
        rejection
        for rejection in memory.rejections(name)
        if rejection.digest in digests and rejection.reason.code is ReasonCode.REJECTED_BEFORE
    )
    for rejection in asked:
        memory.withdraw(name, rejection.digest)
    return asked
