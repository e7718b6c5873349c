"""Does any credential, token or signature get where it must not? A trap on another address records what arrives."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from rig.fake_registry import Bearer, FakeRegistry, basic_header
from rig.fake_server import Fault, Reply, Server
from tests.unit.registry.conftest import PASSWORD, USER, Certificate, at, user_of
from updater.errors import RegistryAnswerInvalid, RegistryDenied, RegistryError, RegistryFailed
from updater.model.digest import Digest
from updater.model.platform import Platform
from updater.registry.access import RegistryAccess
from updater.registry.credentials import Credentials

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from updater.registry.client import RegistryClient

LINUX = Platform("linux", "amd64")
TAG = "/v2/app/manifests/1"
SIGNATURE = "canary-signature"


@pytest.fixture
def trap() -> Iterator[Server]:
    with Server("127.0.0.2") as server:
        yield server


@pytest.mark.parametrize("credentials", [USER, Credentials("", identity_token=PASSWORD)])
def test_a_foreign_realm_is_asked_anonymously(
    new_client: Callable[..., RegistryClient], trap: Server, credentials: Credentials
) -> None:
    with FakeRegistry(bearer=Bearer(realm=trap.url + "/token")) as registry:
        registry.push("app", "1")
        client = new_client(lambda _host: credentials)
        with pytest.raises(RegistryDenied, match="which is not known to belong to it") as caught:
            client.published(at(registry, "app:1"))
        assert PASSWORD not in str(caught.value)
        assert [seen.method for seen in trap.seen] == ["GET"]
        assert trap.authorizations == []
        assert PASSWORD not in repr(trap.seen)


def test_a_configured_token_host_gets_them(new_client: Callable[..., RegistryClient], trap: Server) -> None:
    with FakeRegistry(bearer=Bearer(realm=trap.url + "/token")) as registry:
        registry.push("app", "1")
        client = new_client(user_of(registry), RegistryAccess(registry.host, token_host="127.0.0.2"))
        with pytest.raises(RegistryDenied):
            client.published(at(registry, "app:1"))
        assert trap.authorizations == [basic_header("user", PASSWORD)]


@pytest.mark.parametrize("realm", ["http://127.0.0.1:{port}/token", "http://user:pw@127.0.0.1:{port}/token", "/token"])
def test_a_realm_in_plain_http_is_refused_by_tls(
    new_client: Callable[..., RegistryClient], certificate: Certificate, realm: str
) -> None:
    with Server() as plain:
        bearer = Bearer(realm=realm.format(port=plain.host.partition(":")[2]))
        with FakeRegistry(bearer=bearer, tls=certificate.context) as registry:
            registry.push("app", "1")
            access = RegistryAccess(registry.host, ca_file=certificate.file)
            with pytest.raises(RegistryAnswerInvalid, match="place that is refused"):
                new_client(user_of(registry), access).published(at(registry, "app:1"))
        assert plain.seen == []


def test_a_token_request_is_not_redirected(new_client: Callable[..., RegistryClient], trap: Server) -> None:
    with FakeRegistry(bearer=Bearer({"user": PASSWORD})) as registry:
        registry.push("app", "1")
        for location in (trap.url, "/elsewhere", registry.url + "/token?again"):
            registry.faults["/token"] = Fault(status=307, headers={"Location": location})
            with pytest.raises(RegistryAnswerInvalid, match="redirects to"):
                new_client(user_of(registry)).published(at(registry, "app:1"))
        assert trap.seen == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_manifest_stays_on_its_host(new_client: Callable[..., RegistryClient], trap: Server, status: int) -> None:
    with FakeRegistry(basic=("user", PASSWORD)) as registry:
        registry.push("app", "1")
        registry.faults[TAG] = Fault(status=status, headers={"Location": trap.url + "/v2/app/manifests/1"})
        with pytest.raises(RegistryError):
            new_client(user_of(registry)).published(at(registry, "app:1"))
        assert trap.seen == []


def test_a_manifest_may_move_on_its_host(new_client: Callable[..., RegistryClient]) -> None:
    with FakeRegistry(basic=("user", PASSWORD)) as registry:
        digest = registry.push("app", "2")
        registry.contents[TAG] = Reply(307, {"Location": "/v2/app/manifests/2"})
        assert new_client(user_of(registry)).published(at(registry, "app:1")).digest == digest


@pytest.mark.parametrize("authentication", ["basic", "bearer"])
def test_a_blob_is_fetched_elsewhere_without_credentials(
    new_client: Callable[..., RegistryClient], trap: Server, authentication: str
) -> None:
    user = ("user", PASSWORD)
    with FakeRegistry(
        basic=user if authentication == "basic" else None,
        bearer=Bearer(dict([user]), anonymous=False) if authentication == "bearer" else None,
    ) as registry:
        digest = registry.push("app", "1")
        (blob,) = [path for path in registry.contents if "/blobs/" in path]
        trap.answer = registry.contents[blob]
        location = {"Location": f"{trap.url}/store?signature={SIGNATURE}", "Set-Cookie": "a=b; Domain=127.0.0.2"}
        registry.contents[blob] = Reply(307, location)
        client = new_client(user_of(registry))
        assert client.image(at(registry, "app:1"), Digest(digest), LINUX).manifest_digest == digest
        (seen,) = trap.seen
        assert not {"authorization", "cookie"} & set(seen.headers)


@pytest.mark.parametrize("authentication", ["none", "bearer"])
@pytest.mark.parametrize("status", [401, 403])
def test_what_a_store_refuses_is_not_the_registrys_word(
    new_client: Callable[..., RegistryClient], trap: Server, authentication: str, status: int
) -> None:
    """No password is shown for the asking of somebody else, and no login is called bad that the registry took."""
    bearer = Bearer({"user": PASSWORD}, anonymous=False) if authentication == "bearer" else None
    with FakeRegistry(bearer=bearer) as registry:
        digest = registry.push("app", "1")
        (blob,) = [path for path in registry.contents if "/blobs/" in path]
        trap.answer = Reply(status, {"WWW-Authenticate": 'Basic realm="store"'})
        registry.contents[blob] = Reply(307, {"Location": trap.url})
        client = new_client(user_of(registry))
        client.published(at(registry, "app:1"))
        asked = len(registry.seen)
        with pytest.raises(RegistryFailed, match=rf"contents of .*/app to 127\.0\.0\.2, which answered {status};"):
            client.image(at(registry, "app:1"), Digest(digest), LINUX)
        assert {seen.path.split("/")[3] for seen in registry.seen[asked:]} == {"manifests", "blobs"}
        assert not any("basic" in given.lower() for given in registry.authorizations if bearer is None)


def test_a_blob_is_not_fetched_in_plain_http_for_tls(
    new_client: Callable[..., RegistryClient], trap: Server, certificate: Certificate
) -> None:
    with FakeRegistry(tls=certificate.context) as registry:
        digest = registry.push("app", "1")
        (blob,) = [path for path in registry.contents if "/blobs/" in path]
        registry.contents[blob] = Reply(307, {"Location": trap.url})
        client = new_client(user_of(registry), RegistryAccess(registry.host, ca_file=certificate.file))
        with pytest.raises(RegistryAnswerInvalid, match="redirects to"):
            client.image(at(registry, "app:1"), Digest(digest), LINUX)
        assert trap.seen == []


def test_one_registry_never_sees_anothers(new_client: Callable[..., RegistryClient]) -> None:
    with FakeRegistry(basic=("user", PASSWORD)) as one, FakeRegistry(basic=("user", PASSWORD)) as other:
        for registry in (one, other):
            registry.push("app", "1")
        client = new_client(user_of(one))
        client.published(at(one, "app:1"))
        with pytest.raises(RegistryDenied, match="none were found"):
            client.published(at(other, "app:1"))
        assert other.authorizations == []


def test_cookies_and_netrc_are_not_used(
    new_client: Callable[..., RegistryClient],
    registry: FakeRegistry,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    netrc = tmp_path / ".netrc"
    netrc.write_text(f"machine 127.0.0.1 login user password {PASSWORD}\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(netrc))
    registry.push("app", "1")
    registry.faults[TAG] = Fault(headers={"Set-Cookie": "session=1; Path=/"})
    client = new_client()
    for _ in range(2):
        client.published(at(registry, "app:1"))
    assert not any({"authorization", "cookie"} & set(seen.headers) for seen in registry.seen)


def test_no_log_holds_a_secret(
    new_client: Callable[..., RegistryClient], caplog: pytest.LogCaptureFixture, trap: Server
) -> None:
    caplog.set_level(logging.DEBUG)
    with FakeRegistry(bearer=Bearer({"user": PASSWORD}, anonymous=False)) as registry:
        digest = registry.push("app", "1")
        (blob,) = [path for path in registry.contents if "/blobs/" in path]
        registry.contents[blob] = Reply(307, {"Location": f"{trap.url}/?signature={SIGNATURE}"})
        with pytest.raises(RegistryError) as caught:
            new_client(user_of(registry)).image(at(registry, "app:1"), Digest(digest), LINUX)
    assert "/v2/app/manifests/" in caplog.text  # something was logged
    for secret in (PASSWORD, basic_header("user", PASSWORD), SIGNATURE, "token-1"):
        assert secret not in caplog.text
        assert secret not in str(caught.value)


def test_what_a_registry_says_is_not_repeated(client: RegistryClient, registry: FakeRegistry) -> None:
    evil = "\x1b[2J\u202e<script>" + PASSWORD
    body = f'{{"errors": [{{"code": "{evil}", "message": "{evil}"}}]}}'.encode()
    registry.faults[TAG] = Fault(status=403, body=body)
    with pytest.raises(RegistryDenied) as caught:
        client.published(at(registry, "app:1"))
    assert not {"\x1b", "\u202e", "<"} & set(str(caught.value))
    assert PASSWORD not in str(caught.value)
