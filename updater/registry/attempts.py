"""When is a question to a registry asked again, and after what pause?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from updater.errors import RegistryError, RegistryTimeout
from updater.registry.pacing import LONGEST_PAUSE

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenacity import RetryCallState

    from updater.registry.connections import Deadline
    from updater.registry.messages import Answer

_ATTEMPTS = 3


def tried_again(first: RegistryError, ask: Callable[[], Answer], deadline: Deadline) -> Answer:
    """What comes of further attempts, where the first one failed in a way that may pass; raises RegistryError."""
    from tenacity import Retrying, retry_if_exception, stop_after_attempt  # most checks have no need of it

    told: list[RegistryError] = []

    def attempt() -> Answer:
        try:
            if not told:
                raise first
            return ask()
        except RegistryError as error:
            # What the registry said is worth more than that no time was left to ask it once more.
            if told and isinstance(error, RegistryTimeout):
                raise told[-1] from None
            told.append(error)
            raise

    attempts = Retrying(
        stop=lambda state: stop_after_attempt(_ATTEMPTS)(state) or _pause(state) >= deadline.remaining,
        wait=_pause,
        retry=retry_if_exception(_is_worth_another),
        reraise=True,
    )
    return attempts(attempt)


def _is_worth_another(error: BaseException) -> bool:
    if not isinstance(error, RegistryError) or not error.temporary:
        return False
    return error.retry_after is None or error.retry_after <= LONGEST_PAUSE


def _pause(state: RetryCallState) -> float:
    from tenacity import wait_random_exponential

    error = state.outcome.exception() if state.outcome else None
    asked_for = error.retry_after if isinstance(error, RegistryError) else None
    return max(wait_random_exponential(multiplier=0.2, max=2)(state), asked_for or 0.0)
