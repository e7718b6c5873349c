"""What does the user see while it happens? A bar on a terminal, plain log lines elsewhere; always on stderr."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from updater.cli.logs import LOGGER
from updater.model.values import show_duration
from updater.model.wording import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import TextIO

    from updater.model.outcome import Outcome
    from updater.settings import Settings

DOING = {
    "pull": "pulling the new image",
    "create": "making the new container",
    "pre-update": "running its hook before the update",
    "stop": "stopping the old container",
    "start": "starting the new container",
    "verify": "waiting for the new container to prove itself",
    "post-update": "running its hook after the update",
    "commit": "removing the old container",
    "discard": "removing the new container; the old one was not touched",
    "recover": "finishing or undoing an update that was cut short",
    "rollback": "putting the old container back",
}
_SAY_EVERY = 10.0  # seconds of a countdown between two log lines


class CycleNarrator(Protocol):
    """What a cycle tells: the recreator's steps, and each outcome."""

    def step(self, container: str, doing: str) -> None: ...
    def pulling(self, container: str, line: Mapping[str, Any]) -> None: ...
    def waiting(self, container: str, seconds_left: float) -> None: ...
    def outcome(self, outcome: Outcome) -> None: ...


class LogNarrator:
    """One line per step that a person cares about, the others for debugging."""

    def __init__(self) -> None:
        self._said_left: dict[str, float] = {}

    def step(self, container: str, doing: str) -> None:
        """A step begins."""
        self._said_left.pop(container, None)
        if doing in DOING:
            LOGGER.info("%s: %s", container, DOING[doing])
        else:
            LOGGER.debug("%s: %s", container, doing)

    def pulling(self, container: str, line: Mapping[str, Any]) -> None:
        """The engine reports progress; what it says of each layer is too much for a log."""
        if "id" not in line and line.get("status"):
            LOGGER.debug("%s: %s", container, printable(str(line["status"])))

    def waiting(self, container: str, seconds_left: float) -> None:
        """A verdict is awaited for at most this long."""
        said = self._said_left.get(container)  # several may be waited for at once
        if said is None or said - seconds_left >= _SAY_EVERY:
            self._said_left[container] = seconds_left
            LOGGER.info("%s: at most %s until the verdict", container, show_duration(seconds_left))

    def outcome(self, outcome: Outcome) -> None:
        """A container is done."""
        LOGGER.info("%s: %s: %s", outcome.name, outcome.kind, printable(outcome.reason.message))


@contextmanager
def narrating(stream: TextIO, settings: Settings) -> Iterator[CycleNarrator]:
    """The narrator that suits the stream: a live line on a terminal, log lines elsewhere (and for debugging)."""
    several = settings["parallel_updates"] > 1  # one line cannot show them
    if several or not stream.isatty() or settings["log_format"] == "json" or settings["log_level"] == "debug":
        yield LogNarrator()
        return
    from updater.cli.live import live_narrator

    with live_narrator() as narrator:
        yield narrator
