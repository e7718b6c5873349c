"""What can go wrong, and what does each failure know?

UpdaterError
├── UsageError
│   ├── InvalidSetting
│   └── UnknownContainer
├── EngineError
│   ├── EngineUnreachable
│   │   └── EngineTimeout
│   ├── EngineDenied
│   ├── EngineNotFound
│   ├── EngineConflict
│   ├── EngineRefused
│   ├── EngineNoSpace
│   └── PullFailed
├── RegistryError
│   ├── RegistryUnreachable
│   │   ├── RegistryTimeout
│   │   ├── RegistryUntrusted
│   │   └── RegistryGivenUp
│   ├── RegistryDenied
│   ├── RegistryRateLimited
│   │   └── RegistryPaused
│   ├── RegistryFailed
│   ├── RegistryAnswerInvalid
│   ├── ImageNotFound
│   ├── PlatformMissing
│   └── DigestMismatch
├── StateLost
└── UpdateFailed
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

from updater.model.reason import Reason, ReasonCode

if TYPE_CHECKING:
    from collections.abc import Iterable

# Seconds; a server may ask for a pause beyond the calendar's end.
_LONGEST_PAUSE = 365 * 24 * 3600.0


class UpdaterError(Exception):
    """The root. `str(error)` is one line for a person, without secrets, that says what to do next."""

    code: ClassVar[ReasonCode] = ReasonCode.ENGINE_ERROR
    temporary: ClassVar[bool] = False
    retry_after: float | None = None

    @property
    def reason(self) -> Reason:
        """The same failure as a value, for the edge of a room; `until` where it is known when to try again."""
        pause = self.retry_after
        until = None if pause is None else datetime.now(UTC) + timedelta(seconds=min(pause, _LONGEST_PAUSE))
        return Reason(self.code, str(self), until)


class UsageError(UpdaterError):
    """The user asked for something that cannot be; nothing was touched. Exit code 2."""


class InvalidSetting(UsageError):
    """A setting or label whose name or value is not known."""

    code = ReasonCode.INVALID_LABEL

    def __init__(self, place: str, problem: str, good: str | Iterable[str] = ()) -> None:
        expected = good if isinstance(good, str) else ", ".join(good)
        super().__init__(f"{place}: {problem}" + (f"; expected {expected}" if expected else ""))


class UnknownContainer(UsageError):
    """A name on the command line that no container has."""


class EngineError(UpdaterError):
    """The container engine did not do what it was asked."""

    status: int | None = None


class EngineUnreachable(EngineError):
    """No engine answers at the address. Exit code 3 where nothing can be done without it."""

    temporary = True


class EngineTimeout(EngineUnreachable):
    """It does not answer in the time that this call may take; it may answer others."""


class EngineDenied(EngineError):
    """The engine, its socket or the proxy before it refuses us. Exit code 3."""


class EngineNotFound(EngineError):
    """The container, image or network is not there (404)."""

    code = ReasonCode.CONTAINER_GONE


class EngineConflict(EngineError):
    """A name is taken, or the object is in a state that forbids the call (409)."""

    code = ReasonCode.NAME_CONFLICT


class EngineRefused(EngineError):
    """The engine understood the call and did not carry it out (400, 403, 500)."""


class EngineNoSpace(EngineError):
    """The engine's disk is full."""

    code = ReasonCode.NO_SPACE


class PullFailed(EngineError):
    """The engine could not pull the image; it says so inside an answer of status 200."""

    code = ReasonCode.PULL_FAILED


class RegistryError(UpdaterError):
    """A registry gave no usable answer; `status` is that of HTTP, where there was one."""

    code = ReasonCode.REGISTRY_ERROR
    status: int | None = None


class RegistryUnreachable(RegistryError):
    """No connection, no name, no time left, or the TLS handshake failed."""

    code = ReasonCode.REGISTRY_UNREACHABLE
    temporary = True


class RegistryTimeout(RegistryUnreachable):
    """The registry did not answer in full within the time allowed."""


class RegistryUntrusted(RegistryUnreachable):
    """The TLS certificate does not prove that this is the registry; asking again changes nothing."""

    temporary = False


class RegistryGivenUp(RegistryUnreachable):
    """Not asked: it answered nobody else in this cycle."""

    temporary = False


class RegistryDenied(RegistryError):
    """Credentials are needed, or the ones we have were rejected."""

    code = ReasonCode.REGISTRY_DENIED


class RegistryRateLimited(RegistryError):
    """429: too many requests; `retry_after` in seconds where the registry says so."""

    code = ReasonCode.REGISTRY_RATE_LIMITED
    temporary = True

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class RegistryPaused(RegistryRateLimited):
    """Not asked at all: it said when to come back, or its quota is nearly used up."""

    temporary = False


class RegistryFailed(RegistryError):
    """5xx: the registry itself is in trouble; `retry_after` in seconds where it says so."""

    temporary = True

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class RegistryAnswerInvalid(RegistryError):
    """The answer is malformed, too large, or of a kind that is refused (schema 1, a redirect elsewhere)."""


class ImageNotFound(RegistryError):
    """404: no such repository or tag, or no access to it; registries do not tell which."""

    code = ReasonCode.IMAGE_NOT_FOUND


class PlatformMissing(RegistryError):
    """The image is published, but not for the platform the container runs on."""

    code = ReasonCode.PLATFORM_MISSING


class DigestMismatch(RegistryError):
    """The bytes do not hash to the digest they were announced under: a security matter."""

    code = ReasonCode.DIGEST_MISMATCH


class StateLost(UpdaterError):
    """A new version of this program finds nothing of what the one before it remembers."""


class UpdateFailed(UpdaterError):
    """A step of the recreate did not succeed, for the reason given."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.message)
        self._reason = reason

    @property
    def reason(self) -> Reason:
        """What goes into the outcome."""
        return self._reason
