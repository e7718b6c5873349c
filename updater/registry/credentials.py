"""Which name and password belong to a registry host?

A source is a function from a host to its credentials or None; the host has to match exactly, so that what was
stored for `registry.example` is never shown to `registry.example.evil.test`, nor to another port.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from updater.errors import RegistryDenied
from updater.model.reference import DOCKER_HUB

if TYPE_CHECKING:
    from collections.abc import Mapping

    from updater.registry.access import RegistryAccess

# Under this address everything of docker's keeps what belongs to Docker Hub.
HUB_SERVER = "https://index.docker.io/v1/"
_REMEMBERED_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Credentials:
    """Name and password, or an identity token that stands for both (Oauth2 refresh token)."""

    username: str
    password: str = field(default="", repr=False)
    identity_token: str = field(default="", repr=False)


# A source that has trouble with one host raises RegistryDenied for it, which says what to do.
CredentialSource = Callable[[str], Credentials | None]


def server_of(host: str) -> str:
    """The address under which a host's credentials are kept."""
    return HUB_SERVER if host == DOCKER_HUB else host


def anonymous(_host: str) -> Credentials | None:
    """The source that knows nobody."""
    return None


def chain(*sources: CredentialSource) -> CredentialSource:
    """The source that asks each of these in turn; the first answer counts."""

    def find(host: str) -> Credentials | None:
        return next((found for source in sources if (found := source(host)) is not None), None)

    return find


def configured(access: Mapping[str, RegistryAccess]) -> CredentialSource:
    """The source of the names and passwords under `registries:`."""

    def find(host: str) -> Credentials | None:
        entry = access.get(host)
        if entry is None or not entry.username or entry.password is None:
            return None
        return Credentials(entry.username, entry.password)

    return find


def remembering(
    source: CredentialSource,
    seconds: float = _REMEMBERED_SECONDS,
    clock: Callable[[], float] = time.monotonic,
) -> CredentialSource:
    """The source that asks this one once per host, and again when the answer is this old.

    Whoever asks for a host while another does waits for that answer. Having none, and trouble, are answers, too:
    a program that hangs costs its time once.
    """
    answers: dict[str, _Remembered] = {}

    def find(host: str) -> Credentials | None:
        answer = answers.setdefault(host, _Remembered())
        with answer.lock:
            if answer.good_until is None or answer.good_until <= clock():
                answer.ask(source, host)
                answer.good_until = clock() + seconds
            if answer.trouble:
                # An exception collects the ways it took; each asker gets one of its own.
                raise RegistryDenied(answer.trouble)
            return answer.found

    return find


class _Remembered:
    """What is known of one host."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.good_until: float | None = None
        self.found: Credentials | None = None
        self.trouble = ""

    def ask(self, source: CredentialSource, host: str) -> None:
        self.found, self.trouble = None, ""
        try:
            self.found = source(host)
        except RegistryDenied as error:
            self.trouble = str(error)
