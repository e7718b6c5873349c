"""Do the other kinds of registry let in whom they should: by token, by TLS, as a cache, from another hand?"""

from __future__ import annotations

import base64
import json
import socket
import ssl
import subprocess
from typing import TYPE_CHECKING

import pytest
import requests
from docker.errors import APIError

from rig import ImageSpec, PrivateRegistry, RigError, build, build_index, push
from rig.certificates import CertificateAuthority
from rig.fake_registry import basic_header
from rig.images import OCI_TYPES
from rig.tls_registry import TlsRegistry
from rig.token_service import TokenService
from tests.rig_test.second_registry import second_registry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rig.crane_registry import CraneRegistry
    from rig.host import Host

USERS = {"ann": "first-secret"}
LOGIN = {"username": "ann", "password": "first-secret"}

__all__ = ["second_registry"]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> CertificateAuthority:
    return CertificateAuthority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def tokens(host: Host, authority: CertificateAuthority) -> Iterator[TokenService]:
    with TokenService(authority, USERS) as service:
        yield service


@pytest.fixture
def guarded(host: Host, tokens: TokenService) -> Iterator[PrivateRegistry]:
    with PrivateRegistry(host.rig.namespaces, 5111, tokens=tokens) as registry:
        yield registry


def pull(host: Host, registry: PrivateRegistry, repository: str, login: dict[str, str] | None = None) -> None:
    """Raises APIError where the engine is refused."""
    reference = f"{registry.address}/{repository}:latest"
    for event in host.client.pull(reference, stream=True, decode=True, auth_config=login):
        assert "error" not in event, event


def granted(token: str) -> list[str]:
    """The repositories that a token opens."""
    claims = token.split(".")[1]
    document = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
    assert {"iss", "aud", "exp", "nbf", "iat", "jti"} <= set(document)
    return [access["name"] for access in document["access"]]


def test_anybody_pulls_what_is_public_and_users_what_is_private(
    host: Host, guarded: PrivateRegistry, tokens: TokenService
) -> None:
    public, private = f"public/{host.prefix}-web", f"{host.prefix}/web"
    for repository in (public, private):
        push(guarded, repository, ImageSpec(marker=repository))
    assert tokens.seen == []  # the rig's own pushes need no request
    pull(host, guarded, public)
    with pytest.raises(APIError, match="denied"):
        pull(host, guarded, private)
    pull(host, guarded, private, LOGIN)
    with pytest.raises(APIError, match=r"incorrect username or password|unauthorized"):
        pull(host, guarded, private, {**LOGIN, "password": "wrong"})
    assert [f"repository:{private}:pull"] in tokens.scopes


def test_several_scopes_are_granted_together(tokens: TokenService) -> None:
    url = f"{tokens.realm}?service=x&scope=repository:a/b:pull&scope=repository:public/c:pull,push"

    def ask(**login: str) -> requests.Response:
        headers = {"Authorization": basic_header(login["user"], login["password"])} if login else {}
        with requests.Session() as session:
            session.trust_env = False
            return session.get(url, headers=headers, timeout=5)

    assert granted(ask().json()["token"]) == ["public/c"]
    assert granted(ask(user="ann", password="first-secret").json()["token"]) == ["a/b", "public/c"]
    assert ask(user="ann", password="wrong").status_code == 401
    assert tokens.count("GET", "/token") == 3


def test_tls_is_trusted_by_who_knows_the_authority(host: Host, authority: CertificateAuthority) -> None:
    with TlsRegistry(host.rig.namespaces, 5443, USERS, authority=authority) as registry:
        push(registry, f"{host.prefix}/web", ImageSpec(marker="1"))
        pull(host, registry, f"{host.prefix}/web", LOGIN)
        with requests.Session() as session:
            session.trust_env = False
            with pytest.raises(requests.exceptions.SSLError):
                session.get(f"https://{registry.address}/v2/", timeout=5)
        # Stricter than Python's default before 3.13.
        context = ssl.create_default_context(cafile=str(authority.certificate))
        context.verify_flags |= ssl.VERIFY_X509_STRICT
        name, port = registry.address.split(":")
        with socket.create_connection((name, int(port)), 5) as plain:
            context.wrap_socket(plain, server_hostname=name).close()
    assert not inside(host, f"ls /etc/docker/certs.d/{registry.address}")


def inside(host: Host, script: str) -> bool:
    return subprocess.run(host.rig.namespaces.inside(["sh", "-c", script]), capture_output=True).returncode == 0


def test_the_machines_own_certificates_stay_as_they_are(host: Host, authority: CertificateAuthority) -> None:
    with TlsRegistry(host.rig.namespaces, 5443, authority=authority) as registry:
        certificate = f"/etc/docker/certs.d/{registry.address}/ca.crt"
        assert inside(host, f"test -s {certificate}")
        outside = subprocess.run(["test", "-e", certificate])
        assert outside.returncode == 1


def test_a_cache_follows_its_upstream(host: Host) -> None:
    host.push("web:latest", ImageSpec(marker="1"))
    with PrivateRegistry(host.rig.namespaces, 5112, upstream=host.rig.registry) as cache:
        pull(host, cache, f"{host.prefix}/web")
        moved = host.push("web:latest", ImageSpec(marker="2"))
        assert cache.digest_of(f"{host.prefix}/web", "latest") == moved


def test_another_implementation_takes_images_and_indexes(host: Host, second_registry: type[CraneRegistry]) -> None:
    with second_registry(host.rig.namespaces, 5113) as registry:
        image = build(ImageSpec(marker="1", types=OCI_TYPES))
        index = build_index([image], OCI_TYPES)
        assert push(registry, f"{host.prefix}/web", index) == index.digest
        assert registry.digest_of(f"{host.prefix}/web", "latest") == index.digest
        pull(host, registry, f"{host.prefix}/web")


def test_a_certificate_that_cannot_be_made_is_told(authority: CertificateAuthority, tmp_path: Path) -> None:
    with pytest.raises(RigError, match="openssl made no certificate for NONSENSE-x"):
        authority.issue("NONSENSE:x")
