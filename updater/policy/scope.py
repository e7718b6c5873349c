"""Which containers are looked at in this cycle, and why are the others not?

Each rule is asked in turn, the first that objects is the answer. They need no registry: a container that is not
ours to touch costs no request.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from updater.model.consideration import Consideration
from updater.model.container import LABEL_SWARM_TASK, STATES_UP, ContainerState
from updater.model.control_labels import CONTROL_PREFIXES, WATCHTOWER_PREFIX
from updater.model.reason import Reason, ReasonCode
from updater.model.ruling import Ruling
from updater.model.terms import Enabled
from updater.policy.declarations import PER_CONTAINER
from updater.policy.labels import BadLabel
from updater.policy.terms import terms_of, terms_without_labels

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from updater.model.container import ContainerSnapshot
    from updater.model.terms import Terms
    from updater.policy.terms import Request


@dataclass(frozen=True, slots=True)
class Rule:
    """`question` is one that looking at a container needs a yes to."""

    question: str
    objection: Callable[[ContainerSnapshot, Terms, Request], Reason | None]


def consider(container: ContainerSnapshot, request: Request) -> Consideration:
    """The container with its terms, and the first objection to looking at it."""
    try:
        terms = terms_of(container, request)
    except BadLabel as error:
        unread = Reason(ReasonCode.INVALID_LABEL, _sentence(str(error)))
        return Consideration(container, terms_without_labels(container, request), unread, listed=True)
    objections = (ruling.objection for ruling in rulings(container, terms, request))
    objection = next((one for one in objections if one is not None), None)
    return Consideration(container, terms, objection, listed=terms.enabled not in (Enabled.NO, Enabled.REFUSED))


def rulings(container: ContainerSnapshot, terms: Terms, request: Request) -> Iterator[Ruling]:
    """Every question that is asked before a registry is, and what speaks against a yes."""
    for rule in RULES:
        yield Ruling(rule.question, rule.objection(container, terms, request))


def _disabled(_: ContainerSnapshot, terms: Terms, __: Request) -> Reason | None:
    if terms.enabled is not Enabled.REFUSED:
        return None
    return Reason(ReasonCode.DISABLED_BY_LABEL, "A label or config entry says enable=false.")


def _not_enabled(container: ContainerSnapshot, terms: Terms, __: Request) -> Reason | None:
    if terms.enabled is not Enabled.NO:
        return None
    if container.image is None and any(key.startswith(CONTROL_PREFIXES) for key in container.labels):
        message = (
            "The image it runs is no longer there, so nobody can tell whether its labels are yours or the image's;"
            " opt it in by the config file or by name."
        )
    elif _enabled_by_image(container):
        message = "Only its image says updater.enable; a label counts when you set it on the container."
    else:
        message = "Not opted in; label it updater.enable=true, or name it on the command line."
    return Reason(ReasonCode.NOT_ENABLED, message)


def _enabled_by_image(container: ContainerSnapshot) -> bool:
    enabling = {PER_CONTAINER["enable"].label, f"{WATCHTOWER_PREFIX}{PER_CONTAINER['enable'].watchtower}"}
    return container.image is not None and any(
        key in enabling and container.image.labels.get(key) == value for key, value in container.labels.items()
    )


def _out_of_scope(container: ContainerSnapshot, terms: Terms, request: Request) -> Reason | None:
    """Several updaters on one host each have their scope, so that none does another's work."""
    if request.scope is None or container.name in request.names:
        return None
    own = terms.scope or NO_SCOPE
    if own == request.scope:
        return None
    theirs = "has no scope" if own == NO_SCOPE else f"is in the scope {own}"
    return Reason(ReasonCode.OUT_OF_SCOPE, f"It {theirs}; this updater looks at the scope {request.scope} only.")


def _excluded(container: ContainerSnapshot, _: Terms, request: Request) -> Reason | None:
    if container.name in request.names:
        return None
    if request.exclude is not None and request.exclude.matches(container):
        return Reason(ReasonCode.EXCLUDED, f"Your setting exclude ({request.exclude}) keeps it out.")
    if request.include is not None and not request.include.matches(container):
        return Reason(ReasonCode.EXCLUDED, f"Your setting include ({request.include}) does not name it.")
    return None


def _itself(container: ContainerSnapshot, _: Terms, request: Request) -> Reason | None:
    """A daemon is replaced by a helper; whoever is not started to stay needs no update."""
    if container.id not in {request.own_id, *request.maybe_own} or request.own_obstacle is None:
        return None
    return Reason(ReasonCode.ITSELF, f"This is the updater's own container, {request.own_obstacle}.")


def _another_updater(container: ContainerSnapshot, _: Terms, request: Request) -> Reason | None:
    """Two that stop each other would both be stopped for ever. Named, it is clear who does what."""
    if container.image_id != request.own_image or container.id == request.own_id or container.name in request.names:
        return None
    return Reason(
        ReasonCode.ITSELF,
        "It runs the same image as this updater: another one, which updates itself. Name it, and this one updates it.",
    )


def _swarm_task(container: ContainerSnapshot, _: Terms, __: Request) -> Reason | None:
    if LABEL_SWARM_TASK not in container.labels:
        return None
    return Reason(ReasonCode.SWARM_TASK, "Swarm made it and would replace it; update the service instead.")


def _one_off(container: ContainerSnapshot, _: Terms, __: Request) -> Reason | None:
    if container.labels.get("com.docker.compose.oneoff", "").lower() != "true":
        return None
    return Reason(ReasonCode.ONE_OFF, "It was made by `docker compose run` for one job.")


def _not_running(container: ContainerSnapshot, terms: Terms, __: Request) -> Reason | None:
    if container.state in STATES_UP or terms.is_job:
        return None
    if container.state in (ContainerState.REMOVING, ContainerState.DEAD):
        return Reason(ReasonCode.NOT_RUNNING, f"It is {container.state}: the engine is removing it, or failed to.")
    if terms.include_stopped:
        return None
    return Reason(ReasonCode.NOT_RUNNING, f"It is {container.state}; --include-stopped considers it too.")


def _busy(container: ContainerSnapshot, _: Terms, request: Request) -> Reason | None:
    if container.name not in request.busy:
        return None
    return Reason(ReasonCode.BUSY, "Another updater is working on it at this moment.")


RULES: tuple[Rule, ...] = (
    Rule("Did nobody keep it out?", _disabled),
    Rule("Is it opted in?", _not_enabled),
    Rule("Is it in this updater's scope?", _out_of_scope),
    Rule("Do include and exclude let it in?", _excluded),
    Rule("Is nobody else working on it?", _busy),
    Rule("Can it be replaced, should it be this updater's own container?", _itself),
    Rule("Is it no other updater?", _another_updater),
    Rule("Is it one that Swarm did not make?", _swarm_task),
    Rule("Is it no one-off job?", _one_off),
    Rule("Does it run, or is it wanted although it does not?", _not_running),
)
NO_SCOPE = "none"


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + "."
