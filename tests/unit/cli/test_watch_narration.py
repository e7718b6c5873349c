"""What does a daemon log of a container that is done, and how loudly?"""

from __future__ import annotations

import logging

import pytest

from updater.cli.logs import LOGGER
from updater.cli.watch_narration import WatchNarrator
from updater.model.outcome import ImageAt, Outcome, OutcomeKind
from updater.model.reason import Reason, ReasonCode
from updater.pulse import Pulse

D, I, W = logging.DEBUG, logging.INFO, logging.WARNING
NO_IMAGE = ImageAt(None, None)


def done(kind: OutcomeKind, code: ReasonCode, *notes: str) -> Outcome:
    return Outcome("web", "web:1", kind, Reason(code, "So it is."), NO_IMAGE, NO_IMAGE, notes=notes)


@pytest.mark.parametrize(
    ("outcome", "levels"),
    [
        (done(OutcomeKind.UPDATED, ReasonCode.UPDATED), [I]),
        (done(OutcomeKind.UPDATED, ReasonCode.UPDATED, "Its hook after the update failed."), [I, W]),
        (done(OutcomeKind.UPDATED, ReasonCode.UPDATED, "Its hook before the update wrote:\nall well"), [I, I]),
        (done(OutcomeKind.ROLLED_BACK, ReasonCode.UNHEALTHY), [W]),
        (done(OutcomeKind.ROLLED_BACK, ReasonCode.CRASHED, "Remove 123456789abc by hand."), [W, W]),
        (done(OutcomeKind.ROLLED_BACK, ReasonCode.ROLLED_BACK), [I]),
        (done(OutcomeKind.FAILED, ReasonCode.PULL_FAILED), [W]),
        (done(OutcomeKind.FAILED, ReasonCode.USER_CHANGED), [I]),
        (done(OutcomeKind.SKIPPED, ReasonCode.OUTSIDE_WINDOW), [I]),
        (done(OutcomeKind.SKIPPED, ReasonCode.HOOK_POSTPONED, "Its hook before the update wrote:\nbusy"), [I, I]),
        (done(OutcomeKind.CURRENT, ReasonCode.UP_TO_DATE), [D]),
    ],
)
def test_how_loudly(outcome: Outcome, levels: list[int], caplog: pytest.LogCaptureFixture) -> None:
    assert _logged(WatchNarrator(Pulse()), outcome, caplog) == levels


def test_why_it_is_left_alone_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    narrator = WatchNarrator(Pulse())
    postponed = done(OutcomeKind.SKIPPED, ReasonCode.HOOK_POSTPONED, "Its hook before the update was not run.")
    assert _logged(narrator, postponed, caplog) == [I, W]
    assert _logged(narrator, postponed, caplog) == [D, D]


def _logged(narrator: WatchNarrator, outcome: Outcome, caplog: pytest.LogCaptureFixture) -> list[int]:
    caplog.clear()
    LOGGER.addHandler(caplog.handler)
    try:
        with caplog.at_level(logging.DEBUG, logger=LOGGER.name):
            narrator.outcome(outcome)
    finally:
        LOGGER.removeHandler(caplog.handler)
    lines = {record.getMessage(): record.levelno for record in caplog.records}
    assert all(message.startswith("web: ") and "\n" not in message for message in lines)
    return list(lines.values())
