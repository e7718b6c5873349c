"""How many lives were lived, and what happened in them? Told in the last lines of the whole run."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest


class Score:
    """A plugin of pytest for the length of one run."""

    def __init__(self) -> None:
        self.lives = 0
        self.steps: Counter[str] = Counter()
        self._began = time.monotonic()

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        taken = ", ".join(f"{name} {count}" for name, count in self.steps.most_common())
        seconds = time.monotonic() - self._began
        terminalreporter.section("state machine")
        terminalreporter.write_line(f"{self.lives} lives, {self.steps.total()} steps ({seconds:.0f} s): {taken}")
