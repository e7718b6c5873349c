"""Where does the updater die, and what happens before it can recover? Drawn by Hypothesis."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from hypothesis import strategies

from tests.engine.kill.moments import Moment, When
from tests.engine.state_machine.versions import BAD_KINDS, Kind

# How many calls change something in an update (undisturbed), one that is rolled back, and a recovery.
_IN_UPDATE, _IN_ROLLBACK, _IN_RECOVERY = 11, 19, 9


class Meanwhile(StrEnum):
    """What happens between the death and the recovery."""

    NOTHING = "nothing"
    ENGINE_RESTARTS = "the engine restarts"
    ENGINE_IS_KILLED = "the engine is killed and starts"
    USER_STOPS = "the user stops the container"
    USER_REMOVES = "the user removes the container"
    USER_RENAMES = "the user renames the container"
    USER_RECREATES = "the user recreates the container"
    IMAGE_IS_PUBLISHED = "another good image is published"
    MEMORY_IS_LOST = "the state folder is lost"

    @property
    def is_by_the_user(self) -> bool:
        return self.name.startswith("USER_")

    @property
    def is_by_the_engine(self) -> bool:
        return self.name.startswith("ENGINE_")


@dataclass(frozen=True)
class Death:
    """The updater is killed in an update to an image of this kind, and perhaps its recovery, too."""

    kind: Kind
    moment: Moment
    meanwhile: Meanwhile = Meanwhile.NOTHING
    second: Moment | None = None
    healer: str = "recover"
    """The command that recovers in the end; `run` does so, too, unless its container is gone."""


def _moments(most: int) -> strategies.SearchStrategy[Moment]:
    return strategies.builds(Moment, strategies.integers(1, most), strategies.sampled_from(When))


def _deaths_of(kinds: tuple[Kind, ...], most: int) -> strategies.SearchStrategy[Death]:
    return strategies.builds(
        Death,
        strategies.sampled_from(kinds),
        _moments(most),
        strategies.sampled_from(Meanwhile),
        strategies.none() | _moments(_IN_RECOVERY),
        strategies.sampled_from(("recover", "run")),
    )


GOOD_DEATHS = _deaths_of((Kind.GOOD,), _IN_UPDATE)
BAD_DEATHS = _deaths_of(BAD_KINDS, _IN_ROLLBACK)
MOMENTS = _moments(_IN_UPDATE)
