"""What is to be done for a decision to update: which image, and which containers have to come along?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from updater.model.outcome import ImageAt
from updater.model.plan import Plan
from updater.model.purpose import Purpose
from updater.policy.terms import terms_for_recovery
from updater.recreator.names import kept_name
from updater.watcher.compare import running_digest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from updater.engine.docker_engine import DockerEngine
    from updater.model.container import Inventory
    from updater.model.decision import Decision
    from updater.model.dependent import Dependent
    from updater.policy.terms import Request

Replaced = dict[str, str]
"""The id of the new container by that of the old one, for all that were replaced in this cycle."""


def plan_update(decision: Decision, engine: DockerEngine, inventory: Inventory, replaced: Replaced) -> Plan:
    """The plan for a container that is to be updated."""
    candidate, container = decision.candidate, decision.container
    assert candidate.published_image is not None  # nothing is updated to an image that nobody has read
    own, target = container.reference, candidate.target
    moves_on = own is not None and target is not None and target.tag != own.tag
    platform = candidate.platform
    native = platform is None or engine.platform == f"{platform.os}/{platform.architecture}"
    return Plan(
        name=container.name,
        container_id=id_now(container.id, replaced),
        image=target.text if moves_on and target is not None else container.image_text,
        reference=target if moves_on else own,
        source=ImageAt(container.image_id, candidate.running_digest),
        digest=candidate.published_image.digest,
        terms=decision.terms,
        platform=None if native else platform,
        kept_image=inventory.tags.get(kept_name(container.name)),
    )


def plan_companions(
    dependents: Iterable[Dependent], engine: DockerEngine, request: Request, replaced: Replaced
) -> tuple[Plan, ...]:
    """The plans for those that are recreated together with it, each on the image that it runs.

    Also for those that nobody opted in, and those kept out: they would be dead otherwise.
    """
    plans = []
    for dependent in dependents:
        now = id_now(dependent.container.id, replaced)
        image_id = str(engine.inspect_container(now)["Image"])  # it may have been updated itself a moment ago
        as_it_is = replace(dependent.container, id=now, image_id=image_id, image=None)
        container = engine.with_reference(engine.with_image(as_it_is))
        digest = running_digest(container)
        plans.append(
            Plan(
                name=container.name,
                container_id=container.id,
                image=container.image_text,
                reference=container.reference,
                source=ImageAt(container.image_id, digest),
                digest=digest,
                terms=terms_for_recovery(container, container.name, request),
                image_id=container.image_id,
                purpose=Purpose.COMPANION,
                companion_of=dependent.on,
            )
        )
    return tuple(plans)


def id_now(container_id: str, replaced: Mapping[str, str]) -> str:
    """The container that stands in its place now."""
    while container_id in replaced:
        container_id = replaced[container_id]
    return container_id
