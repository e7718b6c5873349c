"""What does an HTTP status that is no success mean for the image that was asked for?

Statuses and error codes: OCI distribution spec, "Error Codes" and the tables of each endpoint.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from updater.errors import (
    ImageNotFound,
    RegistryAnswerInvalid,
    RegistryDenied,
    RegistryError,
    RegistryFailed,
    RegistryRateLimited,
)
from updater.registry.strict_json import objects_of, parse_object, text_of

if TYPE_CHECKING:
    from updater.registry.messages import Answer

# Of an error's body only its code is repeated: a word of a fixed shape, that can hold neither secret nor markup.
_ERROR_CODE = re.compile(r"[A-Z][A-Z0-9_]{2,39}")
# Whole seconds; some write parts of them, and of a header that came twice (a proxy's, a registry's) the first counts.
_SECONDS = re.compile(r"[ \t]*([0-9]+(?:\.[0-9]+)?)[ \t]*(?:,|$)")
# A number as large as this is no length of time, but a moment in seconds since 1970 (Docker Hub's API writes that).
_A_MOMENT = 1e9
# Seconds; whoever asks for more means for ever, or nothing.
_LONGEST_PAUSE = 365 * 24 * 3600.0
# What the server itself calls passing: request timeout, too early, and its own troubles.
_PASSING = frozenset({408, 425, 500, 502, 503, 504})


def failure(answer: Answer, who: str, what: str) -> RegistryError:
    """The error for an answer that is no success. `who` answered, `what` was asked for."""
    error = _failure(answer, who, what)
    error.status = answer.status
    return error


def _failure(answer: Answer, who: str, what: str) -> RegistryError:
    status = answer.status
    if status == 404:
        return ImageNotFound(
            f"{who} knows no {what}, or shows it only to those who may read it; check the name and the tag, "
            f"and `docker login {who}` if it is private"
        )
    if status == 429:
        return _rate_limited(answer, who)
    answered = f"{who} answered {status}{_code_in(answer)} when asked for {what}"
    if status in (401, 403):
        return RegistryDenied(f"{answered}; `docker login {who}` with a user who may read it")
    if status == 412:
        return RegistryDenied(
            f"{answered}; a policy of its own keeps the image back (Harbor's, say, for what is known to be"
            " vulnerable or not signed), so ask its operator"
        )
    if status in _PASSING or status > 504:
        return RegistryFailed(f"{answered}; it is tried again in the next cycle", retry_after(answer))
    return RegistryAnswerInvalid(f"{answered}; look whether the address belongs to a registry")


def retry_after(answer: Answer) -> float | None:
    """Seconds to wait, from Retry-After (RFC 9110, 10.2.3: seconds or a date); None where it does not say.

    A date is meant by the server's own clock, which it tells as well.
    """
    value = answer.headers.get("retry-after", "")
    now = (_moment(answer.headers.get("date", "")) or datetime.now(UTC)).timestamp()
    if match := _SECONDS.match(value):
        number = float(match[1])
        seconds = number - now if number > _A_MOMENT else number
    elif moment := _moment(value):
        seconds = moment.timestamp() - now
    else:
        return None
    return min(max(0.0, seconds), _LONGEST_PAUSE)


def _moment(value: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, TypeError, OverflowError):
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def pause_asked_for(answer: Answer) -> float | None:
    """Seconds for which the server wants to be left alone; None where it does not say so, or answered gladly."""
    return retry_after(answer) if answer.status in (429, 503) else None


def _rate_limited(answer: Answer, who: str) -> RegistryRateLimited:
    seconds = retry_after(answer)
    when = "check less often, or log in for a higher limit"
    if seconds is not None:
        when = f"ask again in {seconds:.0f} s, or {when}"
    return RegistryRateLimited(f"{who} says that it was asked too often; {when}", seconds)


def _code_in(answer: Answer) -> str:
    try:
        errors = objects_of(parse_object(answer.body, "the error"), "errors")
    except RegistryError:
        return ""
    code = text_of(errors[0], "code") if errors else ""
    return f" ({code})" if _ERROR_CODE.fullmatch(code) else ""
