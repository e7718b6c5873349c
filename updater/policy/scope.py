"""Which containers are looked at in this cycle, and why are the others not?

Each rule is asked in turn, the first that objects is the answer. They need no registry: a container that is not
ours to touch costs no request.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from updater.model.consideration import Consideration
from updater.model.container import LABEL_SWARM_TASK, STATES_UP, ContainerState
from updater.model.control_labels import CONTROL_PREFIXES
from updater.model.reason import Reason, ReasonCode
from updater.model.terms import Enabled
from updater.policy.labels import LABELS, BadLabel
from updater.policy.terms import terms_of, terms_without_labels

if TYPE_CHECKING:
    from collections.abc import Callable

    from updater.model.container import ContainerSnapshot
    from updater.model.terms import Terms
    from updater.policy.terms import Request

    Rule = Callable[[ContainerSnapshot, Terms, Request], Reason | None]


def consider(container: ContainerSnapshot, request: Request) -> Consideration:
    """The container with its terms, and the first objection to looking at it."""
    try:
        terms = terms_of(container, request)
    except BadLabel as error:
        unread = Reason(ReasonCode.INVALID_LABEL, _sentence(str(error)))
        return Consideration(container, terms_without_labels(container, request), unread, listed=True)
    objection = next((reason for rule in RULES if (reason := rule(container, terms, request))), None)
    return Consideration(container, terms, objection, listed=terms.enabled not in (Enabled.NO, Enabled.REFUSED))


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
    enabling = {LABELS[0].key, LABELS[0].watchtower}
    return container.image is not None and any(
        key in enabling and container.image.labels.get(key) == value for key, value in container.labels.items()
    )


def _itself(container: ContainerSnapshot, _: Terms, request: Request) -> Reason | None:
    if container.id != request.own_id:
        return None
    return Reason(ReasonCode.ITSELF, "This is the updater's own container; this version leaves it alone.")


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


RULES: tuple[Rule, ...] = (_disabled, _not_enabled, _busy, _itself, _swarm_task, _one_off, _not_running)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + "."
