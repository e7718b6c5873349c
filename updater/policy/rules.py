"""May this candidate be updated? Ordered rules, each answers or passes; the first answer is the decision."""

from __future__ import annotations

from typing import TYPE_CHECKING

from updater.model.candidate import Candidate, Status
from updater.model.container import LABEL_SWARM_TASK
from updater.model.decision import Action, Decision
from updater.model.digest import short
from updater.model.facts import NOTHING_KNOWN, Facts
from updater.model.reason import Reason, ReasonCode

if TYPE_CHECKING:
    from collections.abc import Callable

    from updater.model.dependent import Dependent

    Answer = tuple[Action, Reason]
    Rule = Callable[[Candidate, Facts], Answer | None]


def decide(candidate: Candidate, facts: Facts = NOTHING_KNOWN) -> Decision:
    """The decision on one candidate, given what is remembered of it."""
    for rule in RULES:
        answer = rule(candidate, facts)
        if answer is not None:
            action, reason = answer
            return Decision(candidate, action, _with_news(candidate, reason))
    return Decision(candidate, Action.UPDATE, (_news(candidate), *_company(candidate)))


def _not_compared(candidate: Candidate, _: Facts) -> Answer | None:
    """Whatever kept it from being compared, or failed while comparing, is the reason to leave it."""
    if candidate.finding is None:
        return None
    return Action.LEAVE, candidate.finding


def _up_to_date(candidate: Candidate, _: Facts) -> Answer | None:
    if candidate.status is not Status.CURRENT:
        return None
    return Action.LEAVE, Reason(ReasonCode.UP_TO_DATE, "It runs what the registry publishes.")


def _auto_remove(candidate: Candidate, _: Facts) -> Answer | None:
    if not candidate.auto_remove:
        return None
    return Action.LEAVE, Reason(
        ReasonCode.AUTO_REMOVE,
        "It was started with --rm and vanishes when it stops, so there would be nothing to roll back to;"
        " start it anew yourself.",
    )


def _dependents(candidate: Candidate, facts: Facts) -> Answer | None:
    """They have to be recreated as well; where one cannot be, it would be dead."""
    for dependent in candidate.dependents:
        obstacle = _obstacle(dependent, facts)
        if obstacle is not None:
            return Action.LEAVE, Reason(
                ReasonCode.SHARED_NAMESPACE,
                f"{dependent.name} depends on {dependent.on} and would have to be recreated as well, but {obstacle}.",
            )
    return None


def _obstacle(dependent: Dependent, facts: Facts) -> str | None:
    if dependent.auto_remove:
        return "it was started with --rm and vanishes when it stops"
    if dependent.container.id == facts.own_id:
        return "it is the container that this updater runs in"
    if dependent.container.id in facts.busy:
        return "another update of it is under way, or was cut short"
    if LABEL_SWARM_TASK in dependent.container.labels:
        return "Swarm made it"
    return None


def _monitor_only(candidate: Candidate, _: Facts) -> Answer | None:
    if not candidate.consideration.terms.monitor_only:
        return None
    return Action.LEAVE, Reason(ReasonCode.MONITOR_ONLY, "It is watched only, by your setting or label.")


def _rejected_before(candidate: Candidate, facts: Facts) -> Answer | None:
    if facts.rejection is None:
        return None
    rejection = facts.rejection
    return Action.LEAVE, Reason(
        ReasonCode.REJECTED_BEFORE,
        f"This image was turned down on {rejection.at:%Y-%m-%d}: {rejection.reason.message}"
        f" It waits for another one; `updater retry {candidate.container.name}` tries it again.",
    )


def _moved_back(candidate: Candidate, facts: Facts) -> Answer | None:
    """An attacker who can move a tag would bring back an image with known holes; a publisher who withdraws is rarer."""
    if facts.moved_back_to is None:
        return None
    return Action.LEAVE, Reason(
        ReasonCode.MOVED_BACK,
        f"The tag was pointed back to an older image, first seen on {facts.moved_back_to:%Y-%m-%d}; that is not"
        f" followed. To go back all the same: `updater rollback {candidate.container.name}`, or recreate it yourself.",
    )


RULES: tuple[Rule, ...] = (
    _not_compared,
    _up_to_date,
    _auto_remove,
    _dependents,
    _monitor_only,
    _rejected_before,
    _moved_back,
)


def _with_news(candidate: Candidate, reason: Reason) -> tuple[Reason, ...]:
    """Who is told that an outdated container stays as it is, is also told what it misses."""
    is_news = candidate.status is Status.OUTDATED and reason.code is not ReasonCode.MOVED_BACK
    return (reason, _news(candidate)) if is_news else (reason,)


def _company(candidate: Candidate) -> tuple[Reason, ...]:
    names = ", ".join(dependent.name for dependent in candidate.dependents)
    if not names:
        return ()
    message = f"{names} would be cut off, and is recreated with it on the same image as before."
    if len(candidate.dependents) > 1:
        message = f"{names} would be cut off, and are recreated with it on the same images as before."
    return (Reason(ReasonCode.DEPENDENCY_UPDATED, message),)


def _news(candidate: Candidate) -> Reason:
    image = candidate.published_image
    if image is None:
        raise ValueError("outdated, but nobody read what is published")
    created = f", made {image.created:%Y-%m-%d %H:%M} UTC" if image.created else ""
    return Reason(ReasonCode.UPDATE_AVAILABLE, f"A new image is published: {short(image.digest)}{created}.")
