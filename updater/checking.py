"""What runs, what is published, and what would be done? The pass through the rooms as far as the decisions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from updater.deciding import decide_all
from updater.recreator.unfinished import find_unfinished

if TYPE_CHECKING:
    from updater.model.report import CheckReport
    from updater.policy.terms import Request
    from updater.world import World


def check(world: World, request: Request, *, everything: bool, parallel_checks: int) -> CheckReport:
    """Decide on every container and touch none. Raises UnknownContainer before anything is asked of a registry."""
    inventory = world.engine.inventory()
    unfinished = find_unfinished(inventory.containers)
    checked, _ = decide_all(
        world, request, inventory, unfinished, everything=everything, parallel_checks=parallel_checks
    )
    return checked
