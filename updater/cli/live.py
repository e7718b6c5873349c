"""A live line on the terminal: a bar with bytes and speed for a pull, a countdown for a verdict."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TransferSpeedColumn

from updater.cli.narration import DOING
from updater.cli.pull_progress import PullProgress
from updater.model.values import show_duration
from updater.model.wording import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from updater.model.outcome import Outcome

_MARKS = {"updated": "[green]✓[/]", "current": "[green]=[/]", "skipped": "[dim]-[/]", "would-update": "[yellow]>[/]"}


@contextmanager
def live_narrator() -> Iterator[LiveNarrator]:
    """A narrator that draws on stderr, and leaves one line per container behind."""
    console = Console(stderr=True, highlight=False)
    narrator = LiveNarrator(console)
    try:
        yield narrator
    finally:
        narrator.clear()


class LiveNarrator:
    """Holds the one line that changes; drawn over by the next step, gone at the end."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._pull = PullProgress()
        self._progress: Progress | None = None
        self._task: TaskID | None = None

    def step(self, container: str, doing: str) -> None:
        """A step begins."""
        if doing == "pull":
            self._pull = PullProgress()
            bar = (BarColumn(), DownloadColumn(), TransferSpeedColumn())
            self._draw(Progress(TextColumn("{task.description}"), *bar, console=self._console, transient=True))
        elif doing in DOING and self._progress is not None and self._is_bar():
            self._draw(Progress(TextColumn("{task.description}"), console=self._console, transient=True))
        if doing in DOING:
            self._describe(f"{container}: {DOING[doing]}")

    def pulling(self, container: str, line: Mapping[str, Any]) -> None:  # noqa: ARG002 - the line names no container
        """The engine reports progress."""
        self._pull.hear(line)
        if self._progress is not None and self._task is not None:
            self._progress.update(self._task, completed=self._pull.done, total=self._pull.total or None)

    def waiting(self, container: str, seconds_left: float) -> None:
        """A verdict is awaited for at most this long."""
        self._describe(f"{container}: {DOING['verify']}, at most {show_duration(round(seconds_left))}")

    def outcome(self, outcome: Outcome) -> None:
        """A container is done."""
        self.clear()
        mark = _MARKS.get(str(outcome.kind), "[red]✗[/]")
        self._console.print(mark, end=" ")
        text = f"{outcome.name}: {outcome.kind}: {printable(outcome.reason.message)}"
        self._console.print(text, markup=False)

    def clear(self) -> None:
        """Take the line away."""
        if self._progress is not None:
            self._progress.stop()
        self._progress = self._task = None

    def _draw(self, progress: Progress) -> None:
        self.clear()
        self._progress = progress
        self._task = progress.add_task("", total=None)
        progress.start()

    def _is_bar(self) -> bool:
        return self._progress is not None and len(self._progress.columns) > 1

    def _describe(self, text: str) -> None:
        if self._progress is None:
            self._draw(Progress(TextColumn("{task.description}"), console=self._console, transient=True))
        assert self._progress is not None
        assert self._task is not None
        # Brackets in a container's name cannot occur (Docker's grammar of names), so this is no markup.
        self._progress.update(self._task, description=text)
