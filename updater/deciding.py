"""What is decided on each container in a pass? From the inventory to the decisions, for a check and for a run alike."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from updater.errors import UnknownContainer
from updater.maturity import mature
from updater.model.decision import Action
from updater.model.facts import Moment
from updater.model.need import Condition
from updater.model.reason import ReasonCode
from updater.model.report import CheckReport
from updater.own_part import in_own_container
from updater.policy.choosing import better
from updater.policy.needs import needs_of_all, with_unknown_needs
from updater.policy.order import leave_circles, providers
from updater.policy.rules import decide
from updater.policy.scope import consider
from updater.policy.time_rules import unasked
from updater.recalling import facts_of, holds_at, remember_seen
from updater.recreator.unfinished import helper_of
from updater.watcher.majors import with_majors
from updater.watcher.sightings import Sightings
from updater.watcher.survey import fall_back, survey, with_all_dependents

if TYPE_CHECKING:
    from collections.abc import Sequence

    from updater.model.candidate import Candidate
    from updater.model.consideration import Consideration
    from updater.model.container import ContainerSnapshot, Inventory
    from updater.model.decision import Decision
    from updater.model.reason import Reason
    from updater.policy.needs import Needs
    from updater.policy.terms import Request
    from updater.recreator.unfinished import Unfinished
    from updater.world import World

# Comparisons with another version, after the first one.
MOST_FALLBACKS = 4
_ABOUT_THE_IMAGE = frozenset(
    {
        ReasonCode.SKIPPED,
        ReasonCode.REJECTED_BEFORE,
        ReasonCode.MAJOR_VERSION,
        ReasonCode.TOO_NEW,
        ReasonCode.PLATFORM_MISSING,
        ReasonCode.IMAGE_NOT_FOUND,
    }
)


def decide_all(
    world: World,
    request: Request,
    inventory: Inventory,
    unfinished: Sequence[Unfinished],
    *,
    everything: bool,
    parallel_checks: int,
    before_updates: bool = False,
    only: str | None = None,
) -> tuple[CheckReport, Needs]:
    """Containers under a working name are no containers of the user's; the one they are for is busy.

    `before_updates`: what is going to be updated is looked at together with every container that may need it. `only`:
    look at this container, without taking that for opting it in.
    """
    working = {
        container.id for update in unfinished for container in update.containers if container.name != update.name
    }
    containers = [one for one in inventory.containers if one.id not in working and helper_of(one) is None]
    request = replace(
        in_own_container(request, containers, world.engine.find_container),
        names=resolve_names(request.names, inventory, unfinished),
        busy=frozenset(update.name for update in unfinished),
    )
    considered, needs = consider_all(containers, request)
    beginning = moment_of(request)
    considerations = [_with_turn(one, beginning) for one in considered]
    shown = [
        consideration
        for consideration in considerations
        if (consideration.container.name in request.names if request.names else everything or consideration.listed)
        and only in (None, consideration.container.name)
    ]
    busy = ids_of(unfinished)

    def decided(candidates: Sequence[Candidate]) -> list[Decision]:
        moment = moment_of(request)
        remember_seen(candidates, world.memory)
        if not moment.at_once:
            candidates = mature(candidates, world.registry, world.memory, moment.now, parallel_checks)
        candidates = with_majors(candidates, request.warn_majors, world.engine)
        holds = holds_at(moment.now, world.memory)
        facts = (facts_of(candidate, world.memory, moment, request, busy, holds) for candidate in candidates)
        return [decide(candidate, known) for candidate, known in zip(candidates, facts, strict=True)]

    sightings = Sightings(world.engine, world.registry, parallel_checks)
    decisions = decided(survey(shown, inventory, sightings))
    for _ in range(MOST_FALLBACKS):
        blocked = [number for number, decision in enumerate(decisions) if _may_fall_back(decision)]
        if not blocked:
            break
        tried = [decisions[number].candidate for number in blocked]
        others = decided(fall_back(tried, inventory, sightings))
        for number, other in zip(blocked, others, strict=True):
            decisions[number] = better(decisions[number], other)
    world.memory.note_openness(world.registry.openness())
    if before_updates and any(decision.action is Action.UPDATE for decision in decisions):
        candidates = [decision.candidate for decision in decisions]
        again = decided(with_all_dependents(candidates, inventory, world.engine, parallel_checks))
        decisions = [_with_remark(one, before.reasons) for one, before in zip(again, decisions, strict=True)]
    decisions.sort(key=lambda decision: decision.container.name)
    arranged = leave_circles(decisions, providers(needs, decisions))
    arranged = with_unknown_needs(arranged, {container.name for container in containers})
    # Who names some has not asked about the others.
    unlisted = 0 if request.names else len(considerations) - len(shown)
    return CheckReport(world.engine.info, arranged, unlisted), needs


def _may_fall_back(decision: Decision) -> bool:
    """What speaks against one version need not speak against the one before it."""
    return bool(decision.candidate.fallbacks) and decision.reasons[0].code in _ABOUT_THE_IMAGE


def _with_remark(decision: Decision, before: Sequence[Reason]) -> Decision:
    """The decision with why nothing newer is taken, if that was found out before."""
    told = [reason for reason in before if reason.code in _ABOUT_THE_IMAGE and reason not in decision.reasons]
    return replace(decision, reasons=(*decision.reasons, *told)) if decision.action is Action.UPDATE else decision


def moment_of(request: Request) -> Moment:
    """When it is decided, and why now."""
    return Moment(
        datetime.now(UTC),
        request.zone,
        request.fired,
        request.began,
        at_once=request.at_once and bool(request.names),
        schedule=request.schedule,
        delay=request.delay,
    )


def _with_turn(consideration: Consideration, moment: Moment) -> Consideration:
    """Containers that the schedules which began this cycle do not mean are not looked at, and so cost no request."""
    if consideration.objection is not None:
        return consideration
    return replace(consideration, objection=unasked(consideration.terms, moment))


def ids_of(unfinished: Sequence[Unfinished]) -> frozenset[str]:
    """The ids of all containers of these updates."""
    return frozenset(container.id for update in unfinished for container in update.containers)


def consider_all(containers: Sequence[ContainerSnapshot], request: Request) -> tuple[list[Consideration], Needs]:
    """Each container by its own terms, and as a job of others where it is one; with what each of them needs."""
    first_look = [consider(container, request) for container in containers]
    needs = needs_of_all(containers, {one.container.name: one.terms.depends_on for one in first_look})
    jobs = _jobs(first_look, needs, request)
    request = replace(request, jobs=jobs)
    # Only a job is seen in another light once it is known to be one.
    return [consider(one.container, request) if one.container.name in jobs else one for one in first_look], needs


def _jobs(considerations: Sequence[Consideration], needs: Needs, request: Request) -> frozenset[str]:
    """Those that containers we care for need to have ended well: such a job is run again on its new image."""
    cared_for = {one.container.name for one in considerations if one.listed}
    return frozenset(
        need.on
        for name in cared_for | request.names
        for need in needs.get(name, ())
        if need.condition is Condition.COMPLETED
    )


def resolve_names(names: frozenset[str], inventory: Inventory, unfinished: Sequence[Unfinished]) -> frozenset[str]:
    """Names as given, or ids as docker shows them, to names. One whose update was cut short may have none now."""
    between = frozenset(update.name for update in unfinished)
    return frozenset(_resolve_name(name, inventory.containers, between) for name in names)


def _resolve_name(given: str, containers: Sequence[ContainerSnapshot], between: frozenset[str]) -> str:
    name = given.lstrip("/")
    if name in between or any(container.name == name for container in containers):
        return name
    by_id = [container.name for container in containers if len(name) >= 4 and container.id.startswith(name)]
    if len(by_id) == 1:
        return by_id[0]
    if len(by_id) > 1:
        raise UnknownContainer(f"{given!r} begins the ids of several containers: {', '.join(sorted(by_id))}")
    there = ", ".join(sorted(container.name for container in containers)) or "none at all"
    raise UnknownContainer(f"no container is named {given!r}; there are: {there}")
