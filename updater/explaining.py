"""`updater explain`: what is known of one container, and what each rule makes of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from updater.deciding import decide_all, ids_of, moment_of, resolve_names
from updater.errors import UsageError
from updater.model.candidate import Status
from updater.model.decision import Action
from updater.model.digest import short
from updater.model.explanation import Explanation
from updater.model.published import Published
from updater.model.reason import ReasonCode
from updater.model.ruling import Ruling
from updater.model.terms import Enabled, Level
from updater.model.values import show_in_full
from updater.own_part import in_own_container
from updater.policy import rules, scope
from updater.recalling import facts_of, holds_at
from updater.recreator.unfinished import find_unfinished

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from updater.model.candidate import Candidate
    from updater.model.decision import Decision
    from updater.model.facts import Facts
    from updater.model.terms import Terms
    from updater.policy.needs import Needs
    from updater.policy.terms import Request
    from updater.world import World

_ORDER = "Is there an order to update it in, among those that it needs?"
_HOW = {
    Enabled.BY_USER: "by your label or config entry",
    Enabled.BY_NAME: "by its name on the command line",
    Enabled.BY_ALL: "as every container is (all)",
    Enabled.NO: "not at all",
    Enabled.REFUSED: "refused by your label or config entry",
}


def explain(world: World, request: Request, name: str, *, parallel_checks: int) -> Explanation:
    """The whole chain for one container, as a cycle that names nobody would go through it. Touches none."""
    inventory = world.engine.inventory()
    unfinished = find_unfinished(inventory.containers)
    (full_name,) = resolve_names(frozenset({name}), inventory, unfinished)

    def decided(only: str | None) -> tuple[list[Decision], Needs]:
        checked, needs = decide_all(
            world,
            request,
            inventory,
            unfinished,
            everything=only is not None,
            parallel_checks=parallel_checks,
            only=only,
        )
        return [decision for decision in checked.decisions if decision.container.name == full_name], needs

    decisions, needs = decided(full_name)
    if not decisions:
        raise UsageError(f"{full_name} is being updated, or that was cut short; `updater recover` says more")
    if decisions[0].action is Action.UPDATE and any(needs.values()):
        # Whether it is in a circle depends on what the others need, as in a cycle.
        decisions = decided(None)[0] or decisions
    (decision,) = decisions
    candidate, moment = decision.candidate, moment_of(request)
    in_full = replace(
        in_own_container(request, inventory.containers, world.engine.find_container),
        busy=frozenset(update.name for update in unfinished),
    )
    holds = holds_at(moment.now, world.memory)
    facts = facts_of(candidate, world.memory, moment, in_full, ids_of(unfinished), holds)
    asked = [*scope.rulings(candidate.container, decision.terms, in_full)]
    if decision.reasons[0].code is ReasonCode.INVALID_LABEL:
        asked = [Ruling("Can its labels be read?", decision.reasons[0])]
    objected = next((number for number, ruling in enumerate(asked) if ruling.objection is not None), None)
    if objected is not None:
        asked = asked[: objected + 1]
    elif candidate.consideration.objection is None:
        asked += rules.rulings(candidate, facts)
        in_a_circle = decision.reasons[0].code is ReasonCode.DEPENDENCY_CYCLE
        if in_a_circle or decision.action is Action.UPDATE:
            asked.append(Ruling(_ORDER, decision.reasons[0] if in_a_circle else None))
    return Explanation(
        world.engine.info, decision, tuple(_known(candidate, decision.terms, facts, world)), tuple(asked)
    )


def _known(candidate: Candidate, terms: Terms, facts: Facts, world: World) -> Iterator[tuple[str, str]]:
    container, moment = candidate.container, facts.moment
    yield "image", container.image_text
    yield "state", str(container.state)
    yield "opted in", _HOW[terms.enabled]
    yield from _settings(terms)
    if candidate.running_digest is not None:
        yield "runs", short(candidate.running_digest)
    if isinstance(candidate.lookup, Published):
        shown = candidate.target.text if candidate.target is not None else candidate.lookup.reference.text
        yield "published", f"{short(candidate.lookup.digest)} as {shown}"
    if candidate.published_image is not None and candidate.status is Status.OUTDATED:
        if candidate.published_image.created is not None:
            yield "made", f"{candidate.published_image.created:%Y-%m-%d %H:%M} UTC, as it says itself"
        if facts.published_at is not None:
            yield "there since", _at(facts.published_at)
    seen = world.memory.digests_seen(candidate.target.canonical) if candidate.target is not None else {}
    if len(seen) > 1:
        yield "seen before", ", ".join(f"{short(digest)} ({at:%Y-%m-%d})" for digest, at in list(seen.items())[-5:])
    if moment is not None:
        yield "now", f"{moment.now.astimezone(moment.zone):%a %Y-%m-%d %H:%M %Z}"
        if terms.schedule is not None:
            yield "last looked at", _at(facts.looked_at) if facts.looked_at is not None else "not known"


def _settings(terms: Terms) -> Iterator[tuple[str, str]]:
    """What was set for it, where that differs from doing nothing special."""
    if terms.schedule is not None:
        yield "schedule", terms.schedule.text
    if terms.window is not None:
        yield "window", terms.window.text
    if terms.min_age:
        yield "minimum age", show_in_full(terms.min_age)
    if terms.tags is not Level.DIGEST:
        pattern = f", only tags like {terms.tag_pattern.text}" if terms.tag_pattern is not None else ""
        yield "follows", f"{terms.tags} versions{pattern}"
    if terms.scope is not None:
        yield "scope", terms.scope


def _at(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
