"""Does every error that the HTTP library has become one of ours, and say nothing that it should not?"""

from __future__ import annotations

import http.client
import socket
import ssl
from typing import Any

import pytest
from urllib3 import exceptions

from updater.errors import (
    RegistryAnswerInvalid,
    RegistryError,
    RegistryTimeout,
    RegistryUnreachable,
    RegistryUntrusted,
)
from updater.registry.network_errors import translate, translated

URL = "https://r.example/v2/?signature=secret"


def wrapped(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


def certificate_error() -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "failed")
    error.verify_message = "self-signed \x1bcertificate"
    return error


NOBODY: Any = None


@pytest.mark.parametrize(
    ("error", "kind", "text"),
    [
        (exceptions.SSLError(certificate_error()), RegistryUntrusted, "(self-signed certificate)"),
        (exceptions.SSLError(ssl.SSLError(1, "wrong version number")), RegistryUntrusted, "no TLS connection"),
        (exceptions.SSLError(ssl.SSLEOFError(8, "eof")), RegistryUnreachable, "broke the connection off"),
        (exceptions.ConnectTimeoutError(NOBODY, URL), RegistryTimeout, "in time"),
        (exceptions.ReadTimeoutError(NOBODY, URL, "x"), RegistryTimeout, "in time"),
        (exceptions.ProtocolError("aborted", TimeoutError()), RegistryTimeout, "in time"),
        (exceptions.NameResolutionError("r", NOBODY, socket.gaierror(-2, "x")), RegistryUnreachable, "resolved"),
        (
            wrapped(exceptions.NewConnectionError(NOBODY, "x"), ConnectionRefusedError(111, "Connection refused")),
            RegistryUnreachable,
            "(connection refused)",
        ),
        (
            wrapped(exceptions.NewConnectionError(NOBODY, "x"), OSError(113, "No route to host")),
            RegistryUnreachable,
            "(no route to host)",
        ),
        (exceptions.ProxyError("x", OSError()), RegistryUnreachable, "proxy"),
        (exceptions.ProxySchemeUnknown("socks5"), RegistryUnreachable, "proxy"),
        (exceptions.ProtocolError("x", ConnectionResetError()), RegistryUnreachable, "broke"),
        (exceptions.IncompleteRead(3, 5), RegistryUnreachable, "broke"),
        (http.client.BadStatusLine("x"), RegistryUnreachable, "broke"),
        (OSError(5, "x"), RegistryUnreachable, "broke"),
        (exceptions.LocationParseError("x"), RegistryAnswerInvalid, "spelled"),
        (UnicodeError("label too long"), RegistryAnswerInvalid, "spelled"),
    ],
)
def test_meanings(error: Exception, kind: type[RegistryError], text: str) -> None:
    found = translate(error, "r.example")
    assert type(found) is kind
    assert text in str(found)
    assert "r.example" in str(found)
    assert "secret" not in str(found)
    assert "\x1b" not in str(found)


def every_kind(root: type[BaseException]) -> set[type[BaseException]]:
    return {root}.union(*(every_kind(kind) for kind in root.__subclasses__()))


@pytest.mark.parametrize("kind", sorted(every_kind(exceptions.HTTPError), key=str), ids=lambda kind: kind.__name__)
def test_no_kind_is_forgotten(kind: type[exceptions.HTTPError]) -> None:
    error = kind.__new__(kind)
    with pytest.raises(RegistryError, match=r"r\.example") as caught, translated("r.example"):
        raise error
    assert caught.value.__cause__ is error


def test_ours_pass_unchanged() -> None:
    error = RegistryAnswerInvalid("too large")
    with pytest.raises(RegistryAnswerInvalid) as caught, translated("r.example"):
        raise error
    assert caught.value is error
