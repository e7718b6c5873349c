"""Does each HTTP status become the error that tells a person what to do?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from updater.errors import (
    ImageNotFound,
    RegistryAnswerInvalid,
    RegistryDenied,
    RegistryError,
    RegistryFailed,
    RegistryRateLimited,
)
from updater.registry.messages import Answer
from updater.registry.statuses import failure, retry_after

YEAR = 365 * 24 * 3600


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, RegistryAnswerInvalid),
        (401, RegistryDenied),
        (403, RegistryDenied),
        (404, ImageNotFound),
        (405, RegistryAnswerInvalid),
        (406, RegistryAnswerInvalid),
        (408, RegistryFailed),
        (412, RegistryDenied),
        (418, RegistryAnswerInvalid),
        (425, RegistryFailed),
        (429, RegistryRateLimited),
        (500, RegistryFailed),
        (501, RegistryAnswerInvalid),
        (502, RegistryFailed),
        (503, RegistryFailed),
        (504, RegistryFailed),
        (521, RegistryFailed),
        (204, RegistryAnswerInvalid),
        (304, RegistryAnswerInvalid),
    ],
)
def test_statuses(status: int, kind: type[RegistryError]) -> None:
    error = failure(Answer(status), "r.example", "r.example/a:1")
    assert type(error) is kind
    assert "r.example" in str(error)
    assert ";" in str(error)  # what happened; what to do


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (b'{"errors": [{"code": "DENIED", "message": "secret"}]}', " (DENIED)"),
        (b'{"errors": [{"code": "denied \\u001b[31m", "message": "secret"}]}', ""),
        (b'{"errors": [{"code": 5}]}', ""),
        (b'{"errors": []}', ""),
        (b'{"errors": "secret"}', ""),
        (b"<html>secret</html>", ""),
        (b"", ""),
    ],
)
def test_of_the_body_only_the_code_is_repeated(body: bytes, shown: str) -> None:
    error = failure(Answer(400, {}, body), "r.example", "a")
    assert f"answered 400{shown} when" in str(error)
    assert "secret" not in str(error)


@pytest.mark.parametrize(
    ("value", "expected"),
    [("0", 0), ("120", 120), (" 7 ", 7), ("", None), ("soon", None), ("-5", None), ("1.5", 1.5), ("1e9", None),
     ("60, 60", 60), ("9" * 12, YEAR), ("9" * 400, YEAR), ("٣", None), ("Wed, 21 Oct 2015 07:28:00 GMT", 0),
     ("Fri, 31 Dec 9999 23:59:59 GMT", YEAR)],
)  # fmt: skip
def test_retry_after(value: str, expected: float | None) -> None:
    assert retry_after(Answer(429, {"retry-after": value})) == expected


def test_retry_after_a_date() -> None:
    value = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    seconds = retry_after(Answer(429, {"retry-after": value}))
    assert seconds is not None
    assert 85 < seconds <= 90


@pytest.mark.parametrize("hours", [-2, 0, 2])
def test_a_date_is_meant_by_the_servers_clock(hours: int) -> None:
    theirs = datetime.now(UTC) + timedelta(hours=hours)
    headers = {"date": theirs, "retry-after": theirs + timedelta(seconds=600)}
    told = {name: format_datetime(moment, usegmt=True) for name, moment in headers.items()}
    assert retry_after(Answer(429, told)) == 600
    # Docker Hub has written the moment as seconds since 1970.
    assert retry_after(Answer(429, {**told, "retry-after": str(int(theirs.timestamp()) + 600)})) == 600
    assert retry_after(Answer(429, {**told, "retry-after": str(int(theirs.timestamp()) - 600)})) == 0


def test_a_rate_limit_says_when() -> None:
    error = failure(Answer(429, {"retry-after": "90"}), "r.example", "a")
    assert error.retry_after == 90
    assert "90 s" in str(error)
    assert failure(Answer(429), "r.example", "a").retry_after is None
