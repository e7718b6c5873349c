"""What do the tests of the client share? A fake registry, certificates, and a client that is closed again."""

from __future__ import annotations

import ssl
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from rig.fake_registry import FakeRegistry
from updater.model.reference import ImageReference, parse_reference
from updater.registry.client import RegistryClient
from updater.registry.credentials import Credentials, CredentialSource, anonymous

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from rig.fake_server import Server
    from updater.registry.access import RegistryAccess

PASSWORD = "canary-password"  # in no text, log or foreign request may this appear
USER = Credentials("user", PASSWORD)


@pytest.fixture
def registry() -> Iterator[FakeRegistry]:
    with FakeRegistry() as fake:
        yield fake


@pytest.fixture
def new_client() -> Iterator[Callable[..., RegistryClient]]:
    opened: list[RegistryClient] = []

    def open_client(
        credentials: CredentialSource = anonymous,
        *access: RegistryAccess,
        timeout_seconds: float = 5.0,
    ) -> RegistryClient:
        entries = {entry.host: entry for entry in access}
        opened.append(RegistryClient(credentials, entries, timeout_seconds=timeout_seconds))
        return opened[-1]

    yield open_client
    for client in opened:
        client.close()


@pytest.fixture
def client(new_client: Callable[..., RegistryClient]) -> RegistryClient:
    return new_client()


def user_of(server: Server) -> CredentialSource:
    """The user's credentials, for this server and no other."""
    return {server.host: USER}.get


def at(server: Server, rest: str) -> ImageReference:
    return parse_reference(f"{server.host}/{rest}")


@dataclass(frozen=True)
class Certificate:
    """A self-signed certificate, and a server's context that shows it."""

    file: Path
    context: ssl.SSLContext


def _certificate(folder: Path, name: str) -> Certificate:
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    command += ["-keyout", str(key), "-out", str(certificate), "-days", "2", "-subj", "/CN=fake"]
    subprocess.run([*command, "-addext", f"subjectAltName={name}"], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return Certificate(certificate, context)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """Good for 127.0.0.1."""
    return _certificate(tmp_path_factory.mktemp("tls"), "IP:127.0.0.1")


@pytest.fixture(scope="session")
def certificate_of_another(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """Good for another name only."""
    return _certificate(tmp_path_factory.mktemp("tls"), "DNS:another.example")
