"""How are the decided updates carried out: in which order, how many at once, and what stops which?

Each line of containers that depend on each other goes one by one; lines that have nothing to do with each other may
go side by side.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING

from updater.errors import EngineError
from updater.itself import own_container
from updater.model.facts import Facts, Moment
from updater.model.history import Operation
from updater.model.need import Condition
from updater.model.outcome import ImageAt, Outcome, OutcomeKind
from updater.model.reason import Reason, ReasonCode
from updater.model.wording import printable
from updater.own_part import in_own_container
from updater.planning import plan_companions, plan_update
from updater.policy.order import Line, lines, providers, reached
from updater.policy.rules import objects_by_now
from updater.policy.scope import consider
from updater.recreator.health import has_healthcheck, healthcheck_deadline
from updater.recreator.transaction import perform
from updater.remembering import remember
from updater.world import surroundings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from updater.model.container import ContainerSnapshot, Inventory
    from updater.model.decision import Decision
    from updater.model.need import Need
    from updater.model.plan import Plan
    from updater.planning import Replaced
    from updater.policy.needs import Needs
    from updater.policy.order import Providers
    from updater.policy.terms import Request
    from updater.world import World

    Tell = Callable[[Outcome], None]

_NOT_DONE = frozenset({OutcomeKind.FAILED, OutcomeKind.ROLLED_BACK})
# With a label that cannot be read, nobody knows whether its user keeps it out.
_KEPT_OUT = frozenset(
    {
        ReasonCode.DISABLED_BY_LABEL,
        ReasonCode.INVALID_LABEL,
        ReasonCode.SWARM_TASK,
        ReasonCode.ONE_OFF,
        ReasonCode.ITSELF,
    }
)
_LOOK_EVERY = 1.0  # seconds


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be carried out in one cycle, and what all of its lines share.

    `replaced` grows as containers are replaced: the new id by the old one.
    """

    world: World
    inventory: Inventory
    request: Request
    needs: Needs
    graph: Providers
    side_by_side: bool
    replaced: Replaced = field(default_factory=dict)


def carry_out(
    decisions: Sequence[Decision],
    world: World,
    inventory: Inventory,
    request: Request,
    needs: Needs,
    tell: Tell,
    *,
    parallel_updates: int,
) -> list[Outcome]:
    """Update all of these; `tell` hears of each outcome as it comes.

    Our own container goes last: whatever comes after it, nobody would be there to do.
    """
    graph = providers(needs, decisions)
    own_id = own_container(inventory.containers)
    ourselves = tuple(decision for decision in decisions if decision.container.id == own_id)
    todo = lines([decision for decision in decisions if decision not in ourselves], graph)
    job = Job(world, inventory, request, needs, graph, side_by_side=min(parallel_updates, len(todo)) > 1)
    outcomes: list[Outcome] = []
    for outcome in _side_by_side(todo, job, parallel_updates) if job.side_by_side else _one_by_one(todo, job):
        outcomes.append(outcome)
        tell(outcome)
    for outcome in _walk(Line(ourselves), job, {outcome.name: outcome for outcome in outcomes}):
        outcomes.append(outcome)
        tell(outcome)
    return outcomes


def _one_by_one(todo: Sequence[Line], job: Job) -> Iterator[Outcome]:
    for line in todo:
        yield from _walk(line, job)


def _side_by_side(todo: Sequence[Line], job: Job, parallel_updates: int) -> Iterator[Outcome]:
    with ThreadPoolExecutor(parallel_updates, thread_name_prefix="update") as pool:
        walks = [pool.submit(_whole_walk, line, job) for line in todo]
        for walk in as_completed(walks):
            yield from walk.result()


def _whole_walk(line: Line, job: Job) -> list[Outcome]:
    return list(_walk(line, job))


def _walk(line: Line, job: Job, before: Mapping[str, Outcome] = MappingProxyType({})) -> Iterator[Outcome]:
    """One after the other; whatever needs one that failed is left as it is."""
    done: dict[str, Outcome] = {}
    for decision in line.decisions:
        for outcome in _update(decision, job, {**before, **done}):
            done[outcome.name] = outcome
            yield outcome
    yield from _restart_those_that_want_it(done, job)


def _update(decision: Decision, job: Job, done: dict[str, Outcome]) -> tuple[Outcome, ...]:
    name = decision.container.name
    if job.world.interruption.requested():
        reason = Reason(ReasonCode.INTERRUPTED, "You interrupted the run before its turn.")
        return (_left(decision, OutcomeKind.SKIPPED, reason),)
    failed = [other for other in reached({name}, job.graph) - {name} if other in done and done[other].kind in _NOT_DONE]
    if failed:
        reason = Reason(
            ReasonCode.DEPENDENCY_FAILED, f"It depends on {failed[0]}, whose update failed; it waits for the next run."
        )
        return (_left(decision, OutcomeKind.SKIPPED, reason),)
    late = objects_by_now(decision.candidate, _facts_by_now(name, job))
    if late is not None:
        return (_left(decision, OutcomeKind.SKIPPED, late),)
    try:
        unmet = _unmet(job.needs.get(name, ()), job, done)
        if unmet is not None:
            return (_left(decision, OutcomeKind.SKIPPED, unmet),)
        companions = plan_companions(decision.candidate.dependents, job.world.engine, job.request, job.replaced)
        plan = plan_update(decision, job.world.engine, job.inventory, job.replaced)
    except EngineError as error:
        return (_left(decision, OutcomeKind.FAILED, error.reason),)
    try:
        outcomes = perform(plan, surroundings(job.world, job.inventory, side_by_side=job.side_by_side), companions)
    except EngineError as error:
        # The engine went away for longer than anybody waits: recovery takes it up, and what was done is still told.
        return (_left(decision, OutcomeKind.FAILED, error.reason),)
    outcomes = (_with_hint(outcomes[0], decision, plan), *outcomes[1:])
    remember_all(outcomes, Operation.UPDATE, job.world)
    job.replaced.update(_replaced((plan, *companions), outcomes))
    return outcomes


def _facts_by_now(name: str, job: Job) -> Facts:
    now, request = datetime.now(UTC), job.request
    moment = Moment(now, request.zone, at_once=request.at_once and bool(request.names))
    return Facts(hold=job.world.memory.holds_of(name, now), moment=moment)


def _with_hint(outcome: Outcome, decision: Decision, plan: Plan) -> Outcome:
    """Whoever starts the container from a file has to know that the file is behind now."""
    container = decision.container
    if outcome.kind is not OutcomeKind.UPDATED or plan.image == container.image_text:
        return outcome
    service = container.labels.get("com.docker.compose.service")
    if service is None:
        hint = f"It was started from {container.image_text}; name {plan.image} where you start it from."
    else:
        files = container.labels.get("com.docker.compose.project.config_files") or "your compose file"
        hint = (
            f"{printable(files)} still says {container.image_text} for the service {printable(service)}: change that"
            f" line to `image: {plan.image}`, or the next `docker compose up` goes back."
        )
    return replace(outcome, notes=(*outcome.notes, hint))


def remember_all(outcomes: Sequence[Outcome], operation: Operation, world: World) -> None:
    """The first is what the operation was about, the others came along."""
    for place, outcome in enumerate(outcomes):
        remember(outcome, operation if place == 0 else Operation.COMPANION, world.memory)


def _replaced(plans: Sequence[Plan], outcomes: Sequence[Outcome]) -> Replaced:
    now = {outcome.name: outcome.container_id for outcome in outcomes if outcome.container_id is not None}
    return {plan.container_id: now[plan.name] for plan in plans if plan.name in now}


def _unmet(needs: Sequence[Need], job: Job, done: dict[str, Outcome]) -> Reason | None:
    """Compose's `service_healthy`: one that was just updated has proven itself, any other is looked at."""
    for need in needs:
        if need.condition is Condition.HEALTHY and need.on not in done:
            problem = _wait_for_health(need.on, job)
            if problem is not None:
                return Reason(ReasonCode.DEPENDENCY_FAILED, f"It needs {need.on} to be healthy, which {problem}.")
    return None


def _wait_for_health(name: str, job: Job) -> str | None:
    """None once it is healthy (or has no healthcheck); else what is wrong with it."""
    deadline: float | None = None
    while (container := job.world.engine.find_container(name)) is not None and has_healthcheck(container):
        status = (container["State"].get("Health") or {}).get("Status")
        if status == "healthy" or not container["State"].get("Running"):
            return None  # one that does not run is nobody's business here: its dependents ran without it
        if status == "unhealthy":
            return "is unhealthy"
        now = time.monotonic()
        deadline = deadline or now + healthcheck_deadline(container["Config"]["Healthcheck"])
        if now > deadline or job.world.interruption.requested():
            return "does not become healthy"
        time.sleep(_LOOK_EVERY)
    return None


def _restart_those_that_want_it(done: dict[str, Outcome], job: Job) -> Iterator[Outcome]:
    """Compose's `restart: true`: after what they depend on was updated."""
    updated = {name for name, outcome in done.items() if outcome.kind is OutcomeKind.UPDATED}
    for container in job.inventory.containers:
        causes = [need.on for need in job.needs.get(container.name, ()) if need.restart and need.on in updated]
        if not causes or container.name in done:
            continue
        source = ImageAt(container.image_id, None)
        outcome = Outcome(
            container.name,
            container.image_text,
            OutcomeKind.CURRENT,
            Reason(ReasonCode.DEPENDENCY_UPDATED, f"It was restarted, since {causes[0]} was updated."),
            source,
            source,
        )
        try:
            now = job.world.engine.find_container(container.name)
            if now is None or not now["State"].get("Running") or _is_not_ours(container, job):
                continue
            job.world.engine.restart(now["Id"], now["Config"].get("StopTimeout"))
        except EngineError as error:
            outcome = replace(outcome, kind=OutcomeKind.FAILED, reason=error.reason)
        yield outcome


def _is_not_ours(container: ContainerSnapshot, job: Job) -> bool:
    """Whether even a restart is none of our business; ourselves we would kill in the middle."""
    objection = consider(container, job.request).objection
    kept_out = objection is not None and objection.code in _KEPT_OUT
    here = in_own_container(job.request, job.inventory.containers, job.world.engine.find_container)
    return kept_out or container.id in here.maybe_own


def _left(decision: Decision, kind: OutcomeKind, reason: Reason) -> Outcome:
    candidate = decision.candidate
    published = candidate.published_image.digest if candidate.published_image is not None else None
    source = ImageAt(candidate.container.image_id, candidate.running_digest)
    return Outcome(
        candidate.container.name, candidate.container.image_text, kind, reason, source, ImageAt(None, published)
    )
