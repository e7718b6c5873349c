"""How is a container put onto a new image, step by step? This table is the protocol; no other code lists steps.

Up to `mark`, nothing has happened to the old container, and undoing means removing the new one. From `stop` on,
undoing means putting the very same old container back (`way_back.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from updater.recreator.helper import hand_over, make_helper
from updater.recreator.hooks import has_post_update, has_pre_update, post_update, pre_update
from updater.recreator.looking import confirm, inspect
from updater.recreator.making import compare, create, keep, pull, tag
from updater.recreator.names import KEEP_REPOSITORY
from updater.recreator.switching import commit, defuse, mark, park, promote, start, stop, verify

if TYPE_CHECKING:
    from collections.abc import Callable

    from updater.recreator.recreation import Recreation


@dataclass(frozen=True, slots=True)
class Step:
    """One row: what it is called, what it does and how it is undone (for the documentation), and the doing.

    `applies` says whether it is to be taken at all.
    """

    name: str
    does: str
    undone: str
    perform: Callable[[Recreation], None]
    applies: Callable[[Recreation], bool] = lambda _: True


@dataclass(frozen=True, slots=True)
class Stage:
    """Steps that one container takes in a row before the next one of its group does.

    The container that the others depend on goes first, or last: marked last, it alone is the point of no return;
    stopped last, the others lose nothing before their own stop.
    """

    names: tuple[str, ...]
    dependents_first: bool = False


def _is_itself(recreation: Recreation) -> bool:
    return recreation.is_itself


STEPS: tuple[Step, ...] = (
    Step("inspect", "read the container and, by id, the image it runs", "nothing to undo", inspect),
    Step("keep", f"tag the old image {KEEP_REPOSITORY}:NAME, so that no engine deletes it", "the tag stays", keep),
    Step("pull", "pull exactly the digest that was decided on", "the image stays, unused", pull),
    Step("tag", "point the reference's tag at it", "point the tag at the old image", tag),
    Step("create", "create NAME.new-OID with the old one's configuration and networks", "remove it", create),
    Step("compare", "inspect it: the decided image, every field as planned, no more rights", "remove it", compare),
    Step(
        "pre-update",
        "run the user's hook, if there is one, in the old container; it may hold the update up",
        "remove the new one",
        pre_update,
        has_pre_update,
    ),
    Step(
        "helper",
        "for the updater's own container: create NAME.helper-OID, which is going to replace it",
        "remove it",
        make_helper,
        _is_itself,
    ),
    Step("confirm", "look at the old container again: has its user acted meanwhile?", "remove the new one", confirm),
    Step("mark", "rename NAME.new-OID to NAME.go-OID: it is complete", "remove it", mark),
    Step(
        "hand-over",
        "for the updater's own container: start the helper, which goes on from here",
        "nothing: the helper finishes or undoes it",
        hand_over,
        _is_itself,
    ),
    Step(
        "stop",
        "look once more; stop the old container with its own signal and timeout, or those of its labels",
        "start it",
        stop,
    ),
    Step("park", "rename it to NAME.old-P-OID", "rename it back", park),
    Step(
        "defuse",
        "switch its restart policy off, so that no reboot starts it",
        "set the policy again",
        defuse,
    ),
    Step("promote", "rename NAME.go-OID to NAME", "rename it to NAME.bad-OID", promote),
    Step("start", "see that the old one is down, and start it", "stop it", start),
    Step("verify", "wait for the verdict on its health", "stop it, and keep the end of its log", verify),
    Step(
        "post-update",
        "run the user's hook, if there is one, in the new container; a failure is told",
        "nothing: the new one has proven itself",
        post_update,
        has_post_update,
    ),
    Step("commit", "remove the old container, without its volumes", "nothing: the update is done", commit),
)

# How the containers of a group take turns; for a single one, just the table above.
STAGES: tuple[Stage, ...] = (
    Stage(("inspect", "keep", "pull", "tag", "create", "compare")),
    Stage(("pre-update",), dependents_first=True),
    Stage(("helper", "confirm")),
    Stage(("mark",), dependents_first=True),
    Stage(("hand-over",)),
    Stage(("stop",), dependents_first=True),
    Stage(("park", "defuse", "promote")),
    Stage(("start", "verify")),
    Stage(("post-update",)),
    Stage(("commit",)),
)
