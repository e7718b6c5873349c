"""What does a daemon log of its cycles? What is new; and each step is a sign of its life.

Nobody reads a table of it: what went wrong is a warning, and what `run` prints below its table stands in the log, too.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from updater.cli.logs import LOGGER
from updater.cli.narration import LogNarrator
from updater.model.outcome import OutcomeKind
from updater.model.reason import ReasonCode
from updater.model.wording import printable

if TYPE_CHECKING:
    from updater.model.outcome import Outcome
    from updater.pulse import Pulse

_MOST_REMEMBERED = 1000  # containers; some are made under new names all the time


class WatchNarrator(LogNarrator):
    """Why a container is left alone is logged once, and later on for debugging only, until it is another reason."""

    def __init__(self, pulse: Pulse) -> None:
        super().__init__()
        self._pulse = pulse
        self._said: dict[str, ReasonCode] = {}

    def step(self, container: str, doing: str) -> None:
        """A step begins."""
        self._pulse.progresses()
        super().step(container, doing)

    def outcome(self, outcome: Outcome) -> None:
        """A container is done."""
        self._pulse.progresses()
        level = _level(outcome) if self._is_news(outcome) else logging.DEBUG
        LOGGER.log(level, "%s: %s: %s", outcome.name, outcome.kind, printable(outcome.reason.message))
        for note in outcome.notes:
            # One of several lines only quotes what a hook wrote; the others are for somebody who has to act.
            least = logging.INFO if "\n" in note else logging.WARNING
            LOGGER.log(logging.DEBUG if level == logging.DEBUG else least, "%s: %s", outcome.name, printable(note))

    def _is_news(self, outcome: Outcome) -> bool:
        code = outcome.reason.code
        if outcome.kind is OutcomeKind.SKIPPED and code is ReasonCode.NOT_SCHEDULED:
            return False
        before = self._said.pop(outcome.name, None)
        if outcome.kind is OutcomeKind.CURRENT:
            return False
        if outcome.kind is not OutcomeKind.SKIPPED:
            return True
        if len(self._said) >= _MOST_REMEMBERED:
            self._said.clear()
        self._said[outcome.name] = code
        return before is not code


def _level(outcome: Outcome) -> int:
    """Going back at somebody's wish, and what they changed meanwhile, is no trouble."""
    wanted = outcome.reason.code in (ReasonCode.ROLLED_BACK, ReasonCode.USER_CHANGED, ReasonCode.CONTAINER_GONE)
    trouble = outcome.kind in (OutcomeKind.FAILED, OutcomeKind.ROLLED_BACK) and not wanted
    return logging.WARNING if trouble else logging.INFO
