"""How would an update that was cut short stand, had it not been? Told from names and labels.

What is no longer to be seen of the old container (its state, its restart policy) stands in the labels of the new
one, or in the old one's own name.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from updater.model.digest import digest_in
from updater.model.outcome import ImageAt
from updater.model.plan import Plan
from updater.model.purpose import Purpose
from updater.recreator.names import (
    LABEL_COMPANION_OF,
    LABEL_DIGEST,
    LABEL_JOB,
    LABEL_KEPT,
    LABEL_KIND,
    LABEL_OLD_DIGEST,
    LABEL_OLD_HEALTH,
    LABEL_OLD_IMAGE,
    LABEL_OLD_POLICY,
    LABEL_OLD_STATE,
    parse_parked_name,
    policy_of,
)
from updater.recreator.recreation import Recreation, reference_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from updater.model.terms import Terms
    from updater.recreator.engine import Json
    from updater.recreator.recreation import Surroundings
    from updater.recreator.unfinished import Unfinished


def recreation_of(update: Unfinished, new: Json, old: Json, terms: Terms, surroundings: Surroundings) -> Recreation:
    """As it would stand had it never been cut short."""
    labels = new["Config"].get("Labels") or {}
    is_job = labels.get(LABEL_JOB) == "true"
    plan = Plan(
        name=update.name,
        container_id=old["Id"],
        image=new["Config"]["Image"],
        reference=reference_of(new),
        source=ImageAt(old["Image"], digest_in(labels.get(LABEL_OLD_DIGEST))),
        digest=digest_in(labels.get(LABEL_DIGEST)),
        terms=replace(terms, is_job=is_job, one_shot=terms.one_shot or is_job),
        image_id=new["Image"],
        kept_image=labels.get(LABEL_KEPT) or None,
        purpose=_purpose(labels),
        companion_of=labels.get(LABEL_COMPANION_OF) or None,
    )
    return Recreation(
        plan,
        surroundings,
        old=as_it_was(old, labels),
        old_image=surroundings.engine.find_image(labels.get(LABEL_OLD_IMAGE) or old["Image"]),
        new_image={"Id": new["Image"]},
        new_id=new["Id"],
        tagged=not plan.companion_of,
    )


def as_it_was(old: Json, labels: dict[str, str]) -> Json:
    """The old container's inspection with the state and the restart policy it had before it was stopped."""
    parked = parse_parked_name(old["Name"], old["Id"])
    parked_state = parked.state if parked is not None else None
    state: dict[str, Any] = {"Status": labels.get(LABEL_OLD_STATE) or parked_state or "running"}
    if labels.get(LABEL_OLD_HEALTH):
        state["Health"] = {"Status": labels[LABEL_OLD_HEALTH]}
    host_config = dict(old["HostConfig"])
    if parked is not None:
        host_config["RestartPolicy"] = parked.policy
    elif labels.get(LABEL_OLD_POLICY):
        host_config["RestartPolicy"] = policy_of(labels[LABEL_OLD_POLICY])
    return {**old, "State": state, "HostConfig": host_config}


def _purpose(labels: Mapping[str, str]) -> Purpose:
    try:
        return Purpose(labels.get(LABEL_KIND, ""))
    except ValueError:
        return Purpose.UPDATE
