"""What does a daemon log of a container that is done, and how loudly?"""

from __future__ import annotations

from logging import DEBUG, INFO, WARNING

import pytest

from updater.cli.logs import LOGGER
from updater.cli.watch_narration import WatchNarrator
from updater.model.outcome import ImageAt, Outcome, OutcomeKind
from updater.model.reason import Reason, ReasonCode
from updater.pulse import Pulse

NO_IMAGE = ImageAt(None, None)


def done(kind: OutcomeKind, code: ReasonCode, *notes: str) -> Outcome:
    return Outcome("web", "web:1", kind, Reason(code, "So it is."), NO_IMAGE, NO_IMAGE, notes=notes)


@pytest.mark.parametrize(
    ("outcome", "levels"),
    [
        (done(OutcomeKind.UPDATED, ReasonCode.UPDATED), [INFO]),
        (done(OutcomeKind.UPDATED, ReasonCode.UPDATED, "Its hook after the update failed."), [INFO, WARNING]),
        (done(OutcomeKind.UPDATED, ReasonCode.UPDATED, "Its hook before the update wrote:\nall well"), [INFO, INFO]),
        (done(OutcomeKind.ROLLED_BACK, ReasonCode.UNHEALTHY), [WARNING]),
        (done(OutcomeKind.ROLLED_BACK, ReasonCode.CRASHED, "Remove 123456789abc by hand."), [WARNING, WARNING]),
        (done(OutcomeKind.ROLLED_BACK, ReasonCode.ROLLED_BACK), [INFO]),
        (done(OutcomeKind.FAILED, ReasonCode.PULL_FAILED), [WARNING]),
        (done(OutcomeKind.FAILED, ReasonCode.USER_CHANGED), [INFO]),
        (done(OutcomeKind.SKIPPED, ReasonCode.OUTSIDE_WINDOW), [INFO]),
        (done(OutcomeKind.SKIPPED, ReasonCode.HOOK_POSTPONED, "Its hook before the update wrote:\nbusy"), [INFO, INFO]),
        (done(OutcomeKind.CURRENT, ReasonCode.UP_TO_DATE), [DEBUG]),
    ],
)
def test_how_loudly(outcome: Outcome, levels: list[int], caplog: pytest.LogCaptureFixture) -> None:
    assert _logged(WatchNarrator(Pulse()), outcome, caplog) == levels


def test_why_it_is_left_alone_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    narrator = WatchNarrator(Pulse())
    postponed = done(OutcomeKind.SKIPPED, ReasonCode.HOOK_POSTPONED, "Its hook before the update was not run.")
    assert _logged(narrator, postponed, caplog) == [INFO, WARNING]
    assert _logged(narrator, postponed, caplog) == [DEBUG, DEBUG]


def _logged(narrator: WatchNarrator, outcome: Outcome, caplog: pytest.LogCaptureFixture) -> list[int]:
    caplog.clear()
    LOGGER.addHandler(caplog.handler)
    try:
        with caplog.at_level(DEBUG, logger=LOGGER.name):
            narrator.outcome(outcome)
    finally:
        LOGGER.removeHandler(caplog.handler)
    lines = {record.getMessage(): record.levelno for record in caplog.records}
    assert all(message.startswith("web: ") and "\n" not in message for message in lines)
    return list(lines.values())
