"""What if the engine is away for a moment? Half-way through a switch, waiting is safer than giving up."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import tenacity

from updater.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

_LONGEST = 60.0  # seconds that a restarting engine may be away
# A host that shuts down, or an engine that is being restarted, ends us first, and waits for us before it comes back.
_LONGEST_WHEN_TOLD_TO_END = 8.0


def patiently(call: Callable[[], T], told_to_end: Callable[[], bool] = lambda: False) -> T:
    """Call again while the engine is away; what is left half-way then, recovery takes up."""

    def is_over(state: tenacity.RetryCallState) -> bool:
        longest = _LONGEST_WHEN_TOLD_TO_END if told_to_end() else _LONGEST
        return (state.seconds_since_start or 0.0) >= longest

    retrying = tenacity.Retrying(
        retry=tenacity.retry_if_exception(lambda error: isinstance(error, EngineError) and error.temporary),
        wait=tenacity.wait_fixed(0.5),
        stop=is_over,
        reraise=True,
    )
    return retrying(call)
