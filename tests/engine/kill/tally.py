"""How many points ran, and how many failed? Told in the last lines of the whole run."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.engine.kill.points import Verdict


class Tally:
    """A plugin of pytest for the length of one run."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._points = 0
        self._failed = 0
        self._excused = 0
        self._began = time.monotonic()
        self._seconds = 0.0

    def settle(self, verdicts: Sequence[Verdict]) -> None:
        """Count them, and fail with all that were wrong, if any."""
        wrong = [verdict for verdict in verdicts if verdict.complaints]
        self._points += len(verdicts)
        self._failed += len(wrong)
        self._excused += sum(verdict.excused for verdict in verdicts)
        self._seconds = time.monotonic() - self._began
        if wrong:
            shown = "\n".join(str(verdict) for verdict in wrong)
            pytest.fail(f"{len(wrong)} of {len(verdicts)} points failed\n{shown}", pytrace=False)
        assert verdicts, "no point ran at all"

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        line = f"{self._title}: {self._points} points, {self._failed} failed ({self._seconds:.0f} s)"
        if self._excused:
            line += f"; in {self._excused} the engine could not start the container any more, whoever asked"
        terminalreporter.section(self._title)
        terminalreporter.write_line(line)
