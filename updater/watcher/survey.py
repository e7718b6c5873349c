"""How do all containers compare with their registries?

One request per distinct reference, in threads, and more only where a digest differs.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, Protocol

from updater.errors import EngineError, RegistryError
from updater.model.candidate import Candidate, Status
from updater.model.goal import Goal
from updater.model.published import LookupFailed
from updater.model.reason import ReasonCode
from updater.watcher.compare import compare, not_comparable, running_digest
from updater.watcher.goals import goals_of
from updater.watcher.in_parallel import in_parallel

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from updater.model.consideration import Consideration
    from updater.model.container import ContainerSnapshot, ImageFacts, Inventory
    from updater.model.digest import Digest
    from updater.model.platform import Platform
    from updater.model.published import Lookup, Published
    from updater.model.published_content import ImageConfiguration, PublishedImage, PublishedTags
    from updater.model.reference import ImageReference
    from updater.watcher.sightings import Sightings


class Engine(Protocol):
    """What the watcher asks of an engine; none of it changes anything."""

    def with_reference(self, container: ContainerSnapshot) -> ContainerSnapshot: ...
    def with_every_digest(self, container: ContainerSnapshot) -> ContainerSnapshot: ...
    def inspect_container(self, container_id: str) -> dict[str, Any]: ...
    def image_by_id(self, image_id: str) -> dict[str, Any] | None: ...


class Registry(Protocol):
    """What the watcher asks of registries."""

    def begin_cycle(self, references: Iterable[ImageReference]) -> None: ...
    def openness(self) -> Mapping[str, bool]: ...
    def published(self, reference: ImageReference) -> Published: ...
    def tags(self, reference: ImageReference) -> PublishedTags: ...
    def image(self, reference: ImageReference, digest: Digest, platform: Platform) -> PublishedImage: ...
    def configuration(self, reference: ImageReference, digest: Digest) -> ImageConfiguration: ...


def survey(
    considerations: Sequence[Consideration], inventory: Inventory, sightings: Sightings
) -> tuple[Candidate, ...]:
    """Compare each container that nothing objects to; the order stays. Failures become candidates, not exceptions."""
    images = _Images(sightings.engine)
    located = [_locate(consideration, inventory, sightings.engine, images) for consideration in considerations]
    comparable = [found for found in located if not isinstance(found, Candidate)]
    own = (reference for found in comparable if (reference := found.container.reference) is not None)
    sightings.registry.begin_cycle(_side_by_side(own))
    goals = goals_of(comparable, sightings.registry, sightings.at_once)
    compared = iter(_compared(comparable, goals, sightings))
    all_of_them = [found if isinstance(found, Candidate) else next(compared) for found in located]
    return _looked_at_closer(all_of_them, inventory, sightings)


def fall_back(candidates: Sequence[Candidate], inventory: Inventory, sightings: Sightings) -> tuple[Candidate, ...]:
    """The same containers, each compared with the first of its fallbacks."""
    goals = [Goal(one.fallbacks[0], one.fallbacks[1:], one.beyond, one.no_version) for one in candidates]
    compared = _compared([one.consideration for one in candidates], goals, sightings)
    return _looked_at_closer(compared, inventory, sightings)


def _looked_at_closer(
    candidates: Sequence[Candidate], inventory: Inventory, sightings: Sightings
) -> tuple[Candidate, ...]:
    if all(candidate.status is not Status.OUTDATED for candidate in candidates):
        return tuple(candidates)
    from updater.watcher.closer_look import look_closer  # most checks find nothing that differs

    return look_closer(candidates, inventory, sightings)


def _compared(considerations: Sequence[Consideration], goals: Sequence[Goal], sightings: Sightings) -> list[Candidate]:
    targets = _side_by_side(goal.target for goal in goals)
    answers = in_parallel(lambda reference: _look_up(reference, sightings.registry), targets, sightings.at_once)
    lookups = dict(zip(targets, answers, strict=True))
    return [compare(one, lookups[goal.target], goal) for one, goal in zip(considerations, goals, strict=True)]


def with_all_dependents(
    candidates: Sequence[Candidate], inventory: Inventory, engine: Engine, parallel_checks: int
) -> tuple[Candidate, ...]:
    """The candidates as they have to be known before anything is touched; see `all_dependents`."""
    from updater.watcher.closer_look import all_dependents

    return all_dependents(candidates, inventory, engine, parallel_checks)


def _side_by_side(references: Iterable[ImageReference]) -> list[ImageReference]:
    """Each reference once, the registries taking turns: a slow one must not keep all threads from the others."""
    by_registry: dict[str, dict[ImageReference, None]] = {}
    for reference in references:
        by_registry.setdefault(reference.registry, {})[reference] = None
    turns = zip_longest(*by_registry.values())
    return [reference for turn in turns for reference in turn if reference is not None]


class _Images:
    """What the engine's list left out of images; each is asked for once, however many containers share it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._looked_at: dict[str, ImageFacts | None] = {}

    def of(self, container: ContainerSnapshot) -> ContainerSnapshot:
        """The container with its image, where the list hides it (the parents of builds)."""
        return container if container.image is not None else self.in_full(container)

    def in_full(self, container: ContainerSnapshot) -> ContainerSnapshot:
        """With every digest: in containerd's store the list has those of one repository, whoever else knows it."""
        if container.image_id not in self._looked_at:
            self._looked_at[container.image_id] = self._engine.with_every_digest(container).image
        return replace(container, image=self._looked_at[container.image_id])


def _locate(
    consideration: Consideration, inventory: Inventory, engine: Engine, images: _Images
) -> Consideration | Candidate:
    """The consideration with what the list left out, or at once the candidate there is no comparing with."""
    if consideration.objection is not None:
        return Candidate(
            consideration,
            Status.IGNORED,
            running_digest(consideration.container),
            finding=consideration.objection,
        )
    try:
        container = engine.with_reference(images.of(consideration.container))
        reason = not_comparable(container, inventory.registry_tags)
        if reason is not None and reason.code is ReasonCode.LOCAL_IMAGE and container.reference is not None:
            container = images.in_full(container)
            reason = not_comparable(container, inventory.registry_tags)
    except EngineError as error:
        return Candidate(consideration, Status.UNKNOWN, finding=error.reason)
    located = replace(consideration, container=container)
    if reason is None:
        return located
    return Candidate(located, Status.IGNORED, running_digest(container), finding=reason)


def _look_up(reference: ImageReference, registry: Registry) -> Lookup:
    try:
        return registry.published(reference)
    except RegistryError as error:
        return LookupFailed(reference, error.reason)
