"""What does a failure of the network mean? The one place where urllib3's errors become ours."""

from __future__ import annotations

import socket
import ssl
from contextlib import contextmanager
from http.client import HTTPException
from typing import TYPE_CHECKING

from urllib3 import exceptions

from updater.errors import (
    RegistryAnswerInvalid,
    RegistryError,
    RegistryTimeout,
    RegistryUnreachable,
    RegistryUntrusted,
)
from updater.model.wording import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

# What is raised, and what it means; the first row counts that has the error or anything it wraps. Order matters:
# urllib3's NewConnectionError is a timeout to Python, and a name that cannot be resolved is a NewConnectionError.
_MEANINGS: tuple[tuple[tuple[type[BaseException], ...], type[RegistryError], str], ...] = (
    (
        (exceptions.ProxyError, exceptions.ProxySchemeUnknown),
        RegistryUnreachable,
        "the proxy on the way to {host} does not work; check HTTP_PROXY, HTTPS_PROXY and NO_PROXY",
    ),
    (
        (exceptions.NameResolutionError, socket.gaierror),
        RegistryUnreachable,
        "the name of {host} cannot be resolved; check its spelling and the DNS",
    ),
    (
        (exceptions.NewConnectionError, ConnectionRefusedError),
        RegistryUnreachable,
        "no connection to {host} ({word}); check that it runs, and the port",
    ),
    (
        (TimeoutError, exceptions.TimeoutError),
        RegistryTimeout,
        "{host} did not answer in time; check the network, it is tried again in the next cycle",
    ),
    (
        (ssl.SSLEOFError, ssl.SSLZeroReturnError, ConnectionResetError),
        RegistryUnreachable,
        "{host} broke the connection off; it is tried again in the next cycle",
    ),
    (
        (ssl.SSLError, exceptions.SSLError),
        RegistryUntrusted,
        "no TLS connection to {host} could be made; if it speaks plain http, set insecure under registries",
    ),
    (
        (exceptions.ProtocolError, exceptions.IncompleteRead, HTTPException, OSError),
        RegistryUnreachable,
        "{host} broke the connection off; it is tried again in the next cycle",
    ),
    (
        # Addresses and headers that cannot be used, before anything was sent.
        (ValueError, exceptions.HTTPError),
        RegistryAnswerInvalid,
        "{host} cannot be asked like that; check how its address is spelled",
    ),
)


@contextmanager
def translated(host: str) -> Iterator[None]:
    """Raise whatever the network throws as a RegistryError about this host."""
    try:
        yield
    except RegistryError:
        raise
    except (exceptions.HTTPError, HTTPException, OSError, ValueError) as error:
        raise translate(error, host) from error


def translate(error: BaseException, host: str) -> RegistryError:
    """The error of ours; its text holds no URL, since a URL's query may be a secret."""
    causes = tuple(_causes(error))
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            why = printable(cause.verify_message.rstrip(".")) or "it is not valid"
            return RegistryUntrusted(
                f"the TLS certificate of {host} cannot be trusted ({why}); "
                "for a private CA set ca_file under registries"
            )
    for kinds, meaning, sentence in _MEANINGS:
        if any(isinstance(cause, kinds) for cause in causes):
            return meaning(sentence.format(host=host, word=_system_word(causes)))
    return RegistryUnreachable(f"{host} could not be asked; it is tried again in the next cycle")


def _system_word(causes: tuple[BaseException, ...]) -> str:
    words = (cause.strerror for cause in causes if isinstance(cause, OSError) and cause.strerror)
    return printable(str(next(words, "failed"))).lower()


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what it wraps: urllib3 keeps the original as cause, as `reason`, or among the arguments."""
    waiting: list[object] = [error]
    seen: set[int] = set()
    while waiting:
        found = waiting.pop(0)
        if isinstance(found, BaseException) and id(found) not in seen:
            seen.add(id(found))
            yield found
            waiting += [found.__cause__, found.__context__, getattr(found, "reason", None), *found.args]
