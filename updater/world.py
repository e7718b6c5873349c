"""What is outside that a cycle touches, and what every recreate gets of it?"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from updater.itself import own_container

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from updater.engine.docker_engine import DockerEngine
    from updater.interruption import Interruption
    from updater.model.container import Inventory
    from updater.model.plan import Plan
    from updater.model.reason import Reason
    from updater.model.reference import ImageReference
    from updater.recreator.recreation import Narrator, Surroundings
    from updater.state.store import Store
    from updater.watcher.survey import Registry


@dataclass(frozen=True, slots=True)
class World:
    """Everything outside, connected."""

    engine: DockerEngine
    registry: Registry
    pull_credentials: Callable[[ImageReference], Mapping[str, str]]
    memory: Store
    narrator: Narrator
    interruption: Interruption


def surroundings(world: World, inventory: Inventory, *, side_by_side: bool = False) -> Surroundings:
    """What a recreate needs. `side_by_side`: others are under way in other threads, which no signal can cut."""
    from updater.recreator.owner import ourselves  # a check has no use for the recreator
    from updater.recreator.recreation import Surroundings

    return Surroundings(
        engine=world.engine,
        narrator=world.narrator,
        interrupted=world.interruption.requested,
        interruptible=nullcontext if side_by_side else world.interruption.interruptible,
        credentials=world.pull_credentials,
        turn_down=partial(_turn_down, world),
        owner=ourselves(own_container(inventory.containers)),
    )


def _turn_down(world: World, plan: Plan, reason: Reason) -> None:
    from updater.remembering import reject  # a check turns nothing down

    if plan.digest is not None:
        reject(plan.name, plan.image, [plan.digest], reason, world.memory)
