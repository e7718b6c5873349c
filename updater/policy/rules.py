"""May this candidate be updated? Ordered rules, each answers or passes; the first answer is the decision."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from updater.model.candidate import Candidate, Status
from updater.model.container import LABEL_SWARM_TASK
from updater.model.decision import Action, Decision
from updater.model.digest import short
from updater.model.facts import NOTHING_KNOWN, Facts
from updater.model.published import Published
from updater.model.reason import Reason, ReasonCode
from updater.model.ruling import Ruling
from updater.model.wording import printable
from updater.policy.time_rules import not_scheduled, outside_window, shown, too_new

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from updater.model.dependent import Dependent

    Answer = tuple[Action, Reason]


@dataclass(frozen=True, slots=True)
class Rule:
    """`question` is one that an update needs a yes to; `answer` objects, or passes with None."""

    question: str
    answer: Callable[[Candidate, Facts], Answer | None]


def decide(candidate: Candidate, facts: Facts = NOTHING_KNOWN) -> Decision:
    """The decision on one candidate, given what is remembered of it."""
    for rule in RULES:
        answer = rule.answer(candidate, facts)
        if answer is not None:
            action, reason = answer
            return Decision(candidate, action, (*_with_news(candidate, reason), *_remarks(candidate, facts)))
    reasons = (_news(candidate), *_itself(candidate, facts), *_company(candidate), *_remarks(candidate, facts))
    return Decision(candidate, Action.UPDATE, reasons)


def _not_compared(candidate: Candidate, _: Facts) -> Answer | None:
    """Whatever kept it from being compared, or failed while comparing, is the reason to leave it.

    That its turn has not come is no such thing: it waits.
    """
    if candidate.finding is None:
        return None
    not_yet = candidate.finding.code is ReasonCode.NOT_SCHEDULED
    return Action.WAIT if not_yet else Action.LEAVE, candidate.finding


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
    if dependent.container.id in facts.maybe_own:
        return "it may be the container that this updater runs in"
    if dependent.container.id in facts.busy:
        return "another update of it is under way, or was cut short"
    if LABEL_SWARM_TASK in dependent.container.labels:
        return "Swarm made it"
    return None


def _monitor_only(candidate: Candidate, _: Facts) -> Answer | None:
    if not candidate.consideration.terms.monitor_only:
        return None
    return Action.LEAVE, Reason(ReasonCode.MONITOR_ONLY, "It is watched only, by your setting or label.")


def _held(candidate: Candidate, facts: Facts) -> Answer | None:
    name = candidate.container.name
    if candidate.consideration.terms.hold:
        return Action.LEAVE, Reason(ReasonCode.HELD, "Your label or config entry holds it as it is.")
    if facts.hold is None:
        return None
    if facts.hold.until is None:
        message = f"You hold it since {facts.hold.at:%Y-%m-%d}; `updater release {name}` ends that."
        return Action.LEAVE, Reason(ReasonCode.HELD, message)
    message = f"You hold it until {shown(facts.hold.until, facts.moment)}; `updater release {name}` ends that sooner."
    return Action.WAIT, Reason(ReasonCode.HELD, message, facts.hold.until)


def _skipped(candidate: Candidate, facts: Facts) -> Answer | None:
    if facts.skip is None:
        return None
    return Action.LEAVE, Reason(
        ReasonCode.SKIPPED,
        f"You left this image out on {facts.skip.at:%Y-%m-%d}; it waits for the next one,"
        f" or for `updater release {candidate.container.name}`.",
    )


def _major_version(candidate: Candidate, _: Facts) -> Answer | None:
    """Databases do not read the files of their predecessor: the update would be rolled back, or worse, not be."""
    if candidate.majors is None:
        return None
    old, new = candidate.majors
    return Action.LEAVE, Reason(
        ReasonCode.MAJOR_VERSION,
        f"It would go from version {old} to {new}, for which its data has to be migrated by hand;"
        " change the tag yourself, or take the image out of warn_majors.",
    )


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


# In this order: what cannot be, what a person said, what was learnt, and last what the clock says.
RULES: tuple[Rule, ...] = (
    Rule("Can it be compared with what is published?", _not_compared),
    Rule("Is what is published another image than the one that runs?", _up_to_date),
    Rule("Would it still be there after a stop?", _auto_remove),
    Rule("Can those that depend on it be recreated, too?", _dependents),
    Rule("May it be updated, and not only watched?", _monitor_only),
    Rule("Does nobody hold it?", _held),
    Rule("Did nobody leave this image out?", _skipped),
    Rule("Was this image not turned down before?", _rejected_before),
    Rule("Is it newer, and not an older one that came back?", _moved_back),
    Rule("Is it of the same major version, if that matters?", _major_version),
    Rule("Has it been published for long enough?", too_new),
    Rule("Is it this container's turn?", not_scheduled),
    Rule("Is a window open?", outside_window),
)


def objects_by_now(candidate: Candidate, facts: Facts) -> Reason | None:
    """What has come to speak against an update between the decision and its turn: a cycle may take hours."""
    answers = (rule(candidate, facts) for rule in (_held, outside_window))
    return next((answer[1] for answer in answers if answer is not None), None)


def rulings(candidate: Candidate, facts: Facts = NOTHING_KNOWN) -> tuple[Ruling, ...]:
    """Every rule that is asked, up to and including the first that rules out that it could be updated at all.

    What comes after "it cannot be compared" or "it is the same" has nothing to be asked about.
    """
    found = []
    for rule in RULES:
        answer = rule.answer(candidate, facts)
        found.append(Ruling(rule.question, answer[1] if answer is not None else None))
        if answer is not None and candidate.status is not Status.OUTDATED:
            break
    return tuple(found)


def _with_news(candidate: Candidate, reason: Reason) -> tuple[Reason, ...]:
    """Who is told that an outdated container stays as it is, is also told what it misses."""
    is_news = candidate.status is Status.OUTDATED and reason.code is not ReasonCode.MOVED_BACK
    return (reason, _news(candidate)) if is_news else (reason,)


def _itself(candidate: Candidate, facts: Facts) -> tuple[Reason, ...]:
    if candidate.container.id != facts.own_id:
        return ()
    return (Reason(ReasonCode.ITSELF, "It is this updater's own container: a helper replaces it, after all others."),)


def _company(candidate: Candidate) -> tuple[Reason, ...]:
    names = ", ".join(dependent.name for dependent in candidate.dependents)
    if not names:
        return ()
    message = f"{names} would be cut off, and is recreated with it on the same image as before."
    if len(candidate.dependents) > 1:
        message = f"{names} would be cut off, and are recreated with it on the same images as before."
    return (Reason(ReasonCode.DEPENDENCY_UPDATED, message),)


def _remarks(candidate: Candidate, facts: Facts) -> tuple[Reason, ...]:
    """What is worth knowing and decides nothing."""
    found = []
    if candidate.status in (Status.CURRENT, Status.UNKNOWN) and (held := _held(candidate, facts)) is not None:
        found.append(held[1])  # nothing is held back now, but the next image will be
    if candidate.beyond is not None:
        level = candidate.consideration.terms.tags
        message = f"{candidate.beyond} is published, too, which following {level} versions does not reach."
        found.append(Reason(ReasonCode.NEWER_VERSION, message))
    if candidate.no_version is not None:
        found.append(Reason(ReasonCode.NEWER_VERSION, candidate.no_version))
    if (labels := " ".join(_labels_of_images(candidate))) != "":
        found.append(Reason(ReasonCode.IMAGE_LABELS, f"{labels} A label counts when you set it yourself."))
    return tuple(found)


def _labels_of_images(candidate: Candidate) -> Iterator[str]:
    # What is not compared has its reason, which speaks of its image where that matters.
    if candidate.container.labels_of_image and candidate.status is not Status.IGNORED:
        names = ", ".join(printable(name, 80) for name in candidate.container.labels_of_image)
        yield f"Its image brings labels, which are ignored: {names}."
    if candidate.gives_other_labels:
        yield f"The new image brings or changes labels: {', '.join(candidate.gives_other_labels)}."


def _news(candidate: Candidate) -> Reason:
    image = candidate.published_image
    if image is None:
        raise ValueError("outdated, but nobody read what is published")
    created = f", made {image.created:%Y-%m-%d %H:%M} UTC" if image.created else ""
    own, target = candidate.container.reference, candidate.target
    if target is not None and own is not None and target.tag != own.tag:
        message = f"A newer version is published: {target.tag} ({short(image.digest)}{created})."
    elif isinstance(candidate.lookup, Published) and candidate.lookup.digest != image.digest:
        message = f"An image is published that is old enough: {short(image.digest)}{created}. A newer one is not yet."
    else:
        message = f"A new image is published: {short(image.digest)}{created}."
    return Reason(ReasonCode.UPDATE_AVAILABLE, message)
