"""What has to be looked up for a blueprint? One call for the update itself and for whoever foretells it."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from updater.recreator.blueprint import draw

if TYPE_CHECKING:
    from collections.abc import Mapping

    from updater.model.plan import Plan
    from updater.recreator.blueprint import Blueprint
    from updater.recreator.engine import Engine, Json


def draft(
    plan: Plan,
    engine: Engine,
    old: Json,
    old_image: Json | None,
    new_image: Json,
    operation_labels: Mapping[str, str],
    successors: Mapping[str, str] = MappingProxyType({}),
) -> Blueprint:
    """The blueprint of the plan's container; of the engine only questions are asked. `successors` as in `draw`."""
    return draw(
        engine.with_hidden_fields(old),
        old_image,
        new_image,
        reference=plan.image,
        api_version=engine.info.api_version,
        daemon_hostname=engine.hostname() if old["HostConfig"].get("NetworkMode") == "host" else None,
        platform=str(plan.platform) if plan.platform else None,
        successors=successors,
        volume_sources=_volume_sources(engine, old, successors),
        operation_labels=operation_labels,
    )


def _volume_sources(engine: Engine, old: Json, successors: Mapping[str, str]) -> dict[str, Json]:
    """The containers that lend their volumes (or will, in their place), as far as they are there."""
    lenders = [str(entry).partition(":")[0] for entry in old["HostConfig"].get("VolumesFrom") or ()]
    found = {lender: engine.find_container(successors.get(lender, lender)) for lender in lenders}
    return {lender: container for lender, container in found.items() if container is not None}
