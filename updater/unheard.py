"""How did an update end, where whoever ended it was killed before it wrote that down?

Told from what stands on the engine, and from the digest that was turned down when the verdict fell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from updater.going_back import stays_after_all
from updater.model.digest import digest_in, short
from updater.model.history import Operation
from updater.model.outcome import ImageAt, Outcome, OutcomeKind
from updater.model.purpose import Purpose
from updater.model.reason import Reason, ReasonCode
from updater.recreator.names import (
    LABEL_DIGEST,
    LABEL_KIND,
    LABEL_NAME,
    LABEL_OLD_DIGEST,
    LABEL_OLD_ID,
    LABEL_OLD_IMAGE,
)
from updater.remembering import remember

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from updater.going_back import FindImage
    from updater.model.container import ContainerSnapshot
    from updater.model.history import HistoryEntry, Rejection
    from updater.state.store import Store


_OWN_KINDS = frozenset({Purpose.UPDATE.value, Purpose.ROLLBACK.value})
_ENTRIES = 20  # of the history, within which the last change of a container's image is looked for


def write_down_committed(containers: Sequence[ContainerSnapshot], memory: Store) -> None:
    """Updates of which nothing is left to be done: the old container is gone, and the history says nothing of it.

    Labels may be copied, and a history lost: an update only counts if it follows on what the history tells, and if it
    came after a run that is known of.
    """
    there = {container.id for container in containers}
    for new in containers:
        labels = new.user_labels
        if labels.get(LABEL_NAME) != new.name or labels.get(LABEL_OLD_ID) in there:
            continue
        looked_at = memory.looked_at(new.name) if labels.get(LABEL_KIND) in _OWN_KINDS else None
        if looked_at is None or looked_at.timestamp() >= new.created_at or _is_known(new.name, new.created_at, memory):
            continue
        if _image_before(new.name, memory) in (None, labels.get(LABEL_OLD_IMAGE)):
            remember(*_as_written(new, "whoever saw to that ended before writing down how it went"), memory)


def _image_before(name: str, memory: Store) -> str | None:
    """Which image the container was put on last, as far as is known."""
    done = (entry for entry in memory.history(name, _ENTRIES) if _has_changed(entry))
    return next((entry.target.image_id for entry in done), None)


def _has_changed(entry: HistoryEntry) -> bool:
    by_hand = entry.operation is Operation.ROLLBACK and entry.outcome is OutcomeKind.ROLLED_BACK
    return by_hand or entry.outcome is OutcomeKind.UPDATED


def write_down_unheard(
    containers: Iterable[ContainerSnapshot], of: str, since: float, find_image: FindImage, memory: Store
) -> None:
    """Of the update of the container `of`, whose helper was made at `since`; nothing where it is known already."""
    for container in containers:
        if container.labels.get(LABEL_OLD_ID) == of and container.name == container.labels.get(LABEL_NAME):
            _updated(container, since, memory)
        elif container.id == of:
            asked = stays_after_all(container.name, container.image_id, find_image, memory)
            _stays(container, since, asked, memory)


def _updated(new: ContainerSnapshot, since: float, memory: Store) -> None:
    if not _is_known(new.name, since, memory):
        remember(*_as_written(new, "it has proven itself"), memory)


def _as_written(new: ContainerSnapshot, how: str) -> tuple[Outcome, Operation]:
    """As its labels tell it."""
    labels = new.labels
    by_hand = labels.get(LABEL_KIND) == Purpose.ROLLBACK
    digest = digest_in(labels.get(LABEL_DIGEST))
    kind = OutcomeKind.ROLLED_BACK if by_hand else OutcomeKind.UPDATED
    code = ReasonCode.ROLLED_BACK if by_hand else ReasonCode.UPDATED
    reason = Reason(code, f"It runs {short(digest or new.image_id)}; {how}.")
    source = ImageAt(labels.get(LABEL_OLD_IMAGE), digest_in(labels.get(LABEL_OLD_DIGEST)))
    outcome = Outcome(new.name, new.image_text, kind, reason, source, ImageAt(new.image_id, digest))
    return outcome, Operation.ROLLBACK if by_hand else Operation.UPDATE


def _stays(old: ContainerSnapshot, since: float, asked: Sequence[Rejection], memory: Store) -> None:
    """`asked`: what a person had turned down by asking to go back. With no verdict either, there is nothing to tell."""
    if _is_known(old.name, since, memory):
        return
    verdicts = [rejection for rejection in memory.rejections(old.name) if rejection.at.timestamp() >= since]
    source = ImageAt(old.image_id, None)
    if verdicts:
        verdict = max(verdicts, key=lambda rejection: rejection.at)
        target = ImageAt(None, verdict.digest)
        outcome = Outcome(old.name, old.image_text, OutcomeKind.ROLLED_BACK, verdict.reason, source, target)
        remember(outcome, Operation.UPDATE, memory)
    elif asked:
        reason = Reason(ReasonCode.INTERRUPTED, "You asked to roll it back; that did not go well, so it is as it was.")
        outcome = Outcome(old.name, old.image_text, OutcomeKind.FAILED, reason, source, ImageAt(None, None))
        remember(outcome, Operation.ROLLBACK, memory)


def _is_known(name: str, since: float, memory: Store) -> bool:
    return any(entry.at.timestamp() >= since for entry in memory.history(name, 1))
