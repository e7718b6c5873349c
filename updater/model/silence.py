"""For how long may something be silent that waits for an answer from outside, and who wants to know that?"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

Silence = Callable[[float], AbstractContextManager[None]]
"""Around each wait; told how many seconds it may take at most."""


def unheard(_: float) -> AbstractContextManager[None]:
    """Nobody wants to know."""
    return nullcontext()
