"""What does a failure of the engine mean? The one place that knows the errors of the docker package.

`docker.errors.APIError` is a `requests.HTTPError`, and sockets fail as requests' or urllib3's errors, so every
call goes through `translated`, and no other file catches any of them.
"""

from __future__ import annotations

import json
import re
import socket
import ssl
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import docker.errors
import requests
import urllib3

from updater.errors import (
    EngineConflict,
    EngineDenied,
    EngineError,
    EngineNoSpace,
    EngineNotFound,
    EngineRefused,
    EngineTimeout,
    EngineUnreachable,
)
from updater.model.wording import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

_NO_SPACE = re.compile(r"no space left on device|disk quota exceeded", re.IGNORECASE)

# What a gateway says of what is behind it (RFC 9110, 15.6).
_NOBODY_BEHIND = frozenset({502, 503})
_NO_ANSWER_YET = 504

FOREIGN_ERRORS = (
    docker.errors.DockerException,
    docker.errors.StreamParseError,
    requests.RequestException,
    urllib3.exceptions.HTTPError,
    urllib3.exceptions.ProxySchemeUnsupported,
    OSError,
    json.JSONDecodeError,
)


@contextmanager
def translated(doing: str) -> Iterator[None]:
    """Turn whatever the docker package raises into one of ours; `doing` completes "could not …"."""
    try:
        yield
    except FOREIGN_ERRORS as error:
        raise translate(error, doing) from error


def translate(error: Exception, doing: str) -> EngineError:
    """The error of ours that says what this one means."""
    if isinstance(error, docker.errors.APIError):
        return _from_answer(error, doing)
    for cause in _causes(error):
        if isinstance(cause, docker.errors.APIError):  # the SDK wraps what is said to its first question
            return _from_answer(cause, doing)
        if isinstance(cause, PermissionError):
            return EngineDenied(
                f"could not {doing}: no permission to use the engine's socket;"
                " run as root or as a member of the group that owns the socket"
            )
        if isinstance(cause, requests.ReadTimeout | urllib3.exceptions.ReadTimeoutError):
            return EngineTimeout(f"could not {doing}: the engine did not answer in time; is it overloaded?")
        if isinstance(cause, FileNotFoundError | ConnectionError | TimeoutError | socket.gaierror):
            return EngineUnreachable(
                f"could not {doing}: no engine answers ({printable(_spoken(cause))});"
                " is it running, and is DOCKER_HOST or --host right?"
            )
    if (failure := _of_a_socket(error)) is not None:  # no route, a certificate that proves nothing, a path too long
        return EngineUnreachable(
            f"could not {doing}: no engine answers ({printable(_spoken(failure))}); is DOCKER_HOST or --host right?"
        )
    if isinstance(error, requests.ConnectionError | urllib3.exceptions.HTTPError | OSError):
        return EngineUnreachable(f"could not {doing}: no engine answers ({printable(str(error))})")
    return EngineError(f"could not {doing}: {printable(str(error))}")


def refusal(message: str, doing: str) -> EngineError:
    """What a message of the engine means where no status says it."""
    if _NO_SPACE.search(message):
        return EngineNoSpace(
            f"could not {doing}: the engine's disk is full ({printable(message)}); free some space and run again"
        )
    return EngineRefused(f"could not {doing}: {printable(message)}")


def _from_answer(error: docker.errors.APIError, doing: str) -> EngineError:
    status = error.response.status_code if error.response is not None else None
    message = printable(str(error.explanation or error))
    translation: EngineError
    if status == 404:
        translation = EngineNotFound(f"could not {doing}: {message}")
    elif status == 409:
        translation = EngineConflict(f"could not {doing}: {message}")
    elif _is_away_behind_a_proxy(error):
        translation = EngineUnreachable(
            f"could not {doing}: the proxy in front of the engine answers, and the engine does not ({message})"
        )
    elif status in (401, 403, 405) and not _is_engines_own(error):
        translation = EngineDenied(
            f"could not {doing}: the engine, or the proxy in front of it, refuses the call ({message})"
            f"{_way_through(error)}"
        )
    else:
        translation = refusal(message, doing)
    translation.status = status
    return translation


def _is_away_behind_a_proxy(error: docker.errors.APIError) -> bool:
    """Where a proxy only gave up waiting, the engine may still be at what it was told, which is not to be repeated."""
    if error.response is None or _is_engines_own(error):
        return False
    status = error.response.status_code
    return status in _NOBODY_BEHIND or (status == _NO_ANSWER_YET and error.response.request.method == "GET")


def _is_engines_own(error: docker.errors.APIError) -> bool:
    """Engines answer in JSON (also with 403, for an address that is taken); proxies that deny a call do not."""
    return error.response is not None and "json" in error.response.headers.get("Content-Type", "")


def _way_through(error: docker.errors.APIError) -> str:
    """What to set in a socket proxy; nothing for a call that is not ours."""
    from updater.engine.rights import call_of  # a table that only a refusal has a use for

    request = error.response.request if error.response is not None else None
    call = call_of(str(request.method), unquote(urlsplit(str(request.url)).path)) if request is not None else None
    if call is None:
        return ""
    flags = " ".join(f"{flag}=1" for flag in call.flags)
    return f"; a socket proxy lets {call.method} {call.path} pass with {flags}, see docs/security.md of the project"


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and all it wraps: the docker package and urllib3 hide the socket's error in arguments and causes."""
    pending: list[BaseException] = [error]
    seen: set[int] = set()
    while pending:
        current = pending.pop(0)
        if id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        pending += [
            wrapped
            for wrapped in (*current.args, getattr(current, "reason", None), current.__cause__, current.__context__)
            if isinstance(wrapped, BaseException)
        ]


def _of_a_socket(error: BaseException) -> OSError | None:
    """The failure of a connection that is wrapped in this error; requests' own errors are OSErrors by name only."""
    failures = (one for one in _causes(error) if isinstance(one, OSError))
    return next((one for one in failures if not isinstance(one, requests.RequestException)), None)


def _spoken(error: BaseException) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not good: {error.verify_message}"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return str(error)
