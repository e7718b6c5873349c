"""Is a registry reached safely: TLS verified, plain http only where allowed, proxies as configured?"""

from __future__ import annotations

import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import TYPE_CHECKING

import pytest

from rig.fake_registry import Bearer, FakeRegistry, basic_header
from rig.fake_server import Fault
from tests.unit.registry.conftest import PASSWORD, Certificate, at, user_of
from updater.errors import RegistryAnswerInvalid, RegistryTimeout, RegistryUnreachable, RegistryUntrusted
from updater.model.digest import digest_of
from updater.model.reference import parse_reference
from updater.registry.access import RegistryAccess

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from rig.fake_server import Reply, Seen
    from updater.registry.client import RegistryClient


def test_a_private_ca(new_client: Callable[..., RegistryClient], certificate: Certificate) -> None:
    with FakeRegistry(bearer=Bearer({"user": PASSWORD}), tls=certificate.context) as registry:
        digest = registry.push("app", "1")
        client = new_client(user_of(registry), RegistryAccess(registry.host, ca_file=certificate.file))
        assert client.published(at(registry, "app:1")).digest == digest
        assert client.published(at(registry, "app:1")).digest == digest
        assert registry.count("HEAD") == 3


def test_a_realm_by_plain_http_of_a_registry_behind_tls(
    new_client: Callable[..., RegistryClient], certificate: Certificate
) -> None:
    """As those name it that do not know of the TLS which a proxy in front of them speaks."""
    with FakeRegistry(bearer=Bearer({"user": PASSWORD}, anonymous=False), tls=certificate.context) as registry:
        assert registry.bearer is not None
        registry.bearer.realm = f"http://{registry.host}/token"
        digest = registry.push("app", "1")
        client = new_client(user_of(registry), RegistryAccess(registry.host, ca_file=certificate.file))
        assert client.published(at(registry, "app:1")).digest == digest


@pytest.fixture
def nowhere_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """The registry on the loopback is asked by https alone, as one elsewhere would be."""
    monkeypatch.setattr("updater.registry.places.origins", lambda registry, _access: (f"https://{registry}",))


@pytest.mark.usefixtures("nowhere_else")
def test_a_certificate_that_nobody_vouches_for(
    new_client: Callable[..., RegistryClient], certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Variables that other programs obey: neither may turn verification off, nor elsewhere.
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate.file))
    monkeypatch.setenv("CURL_CA_BUNDLE", str(certificate.file))
    monkeypatch.setenv("PYTHONHTTPSVERIFY", "0")
    with FakeRegistry(tls=certificate.context) as registry:
        with pytest.raises(RegistryUntrusted, match=r"cannot be trusted \(self-signed certificate\); .*ca_file"):
            new_client().published(at(registry, "app:1"))
        assert registry.seen == []


@pytest.mark.usefixtures("nowhere_else")
def test_a_certificate_of_another_host(
    new_client: Callable[..., RegistryClient], certificate_of_another: Certificate
) -> None:
    with FakeRegistry(tls=certificate_of_another.context) as registry:
        access = RegistryAccess(registry.host, ca_file=certificate_of_another.file)
        with pytest.raises(RegistryUntrusted, match=r"not valid for '127\.0\.0\.1'"):
            new_client(user_of(registry), access).published(at(registry, "app:1"))
        assert registry.seen == []


@pytest.mark.usefixtures("nowhere_else")
def test_a_registry_without_tls_is_not_asked_in_plain_http(
    new_client: Callable[..., RegistryClient], registry: FakeRegistry
) -> None:
    with pytest.raises(RegistryUntrusted, match="set insecure under registries"):
        new_client(user_of(registry)).published(at(registry, "app:1"))
    assert registry.seen == []


@pytest.mark.usefixtures("nowhere_else")
@pytest.mark.parametrize("content", [None, "", "no certificate"])
def test_a_ca_file_that_is_none(
    new_client: Callable[..., RegistryClient], registry: FakeRegistry, tmp_path: Path, content: str | None
) -> None:
    if content is not None:
        (tmp_path / "ca.pem").write_text(content)
    access = RegistryAccess(registry.host, ca_file=tmp_path / "ca.pem")
    with pytest.raises(RegistryUntrusted, match=r"ca\.pem cannot be used"):
        new_client(user_of(registry), access).published(at(registry, "app:1"))


def test_an_insecure_host(
    new_client: Callable[..., RegistryClient], certificate_of_another: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("updater.registry.hosts.is_loopback", lambda _host: False)
    with FakeRegistry(tls=certificate_of_another.context) as tls, FakeRegistry() as plain:
        for registry in (tls, plain):
            digest = registry.push("app", "1")
            client = new_client(user_of(registry), RegistryAccess(registry.host, insecure=True))
            assert client.published(at(registry, "app:1")).digest == digest
            assert client.published(at(registry, "app:1")).digest == digest
            assert registry.count("HEAD") == 2


def test_plain_http_on_the_loopback_is_remembered(registry: FakeRegistry, client: RegistryClient) -> None:
    registry.push("app", "1")
    registry.faults["/v2/app/manifests/1"] = Fault(status=400, times=2)
    with pytest.raises(RegistryAnswerInvalid, match="answered 400"):
        client.published(at(registry, "app:1"))
    client.published(at(registry, "app:1"))
    assert len(registry.seen) == 3


@pytest.fixture
def proxied(monkeypatch: pytest.MonkeyPatch, registry: FakeRegistry) -> str:
    proxy = f"http://proxy-user:{PASSWORD}@{registry.host}"
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.setenv(name, proxy)
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "direct.invalid,10.0.0.0/8")
    return proxy


@pytest.mark.usefixtures("proxied")
def test_the_proxy_of_the_environment(registry: FakeRegistry, new_client: Callable[..., RegistryClient]) -> None:
    digest = registry.push("app", "1")
    client = new_client(lambda _host: None, RegistryAccess("registry.invalid", insecure=True))
    assert client.published(parse_reference("registry.invalid/app:1")).digest == digest
    (seen,) = registry.seen
    assert seen.path == "http://registry.invalid/v2/app/manifests/1"
    assert seen.headers["proxy-authorization"] == basic_header("proxy-user", PASSWORD)


@pytest.mark.usefixtures("proxied")
def test_a_proxy_that_does_not_work(client: RegistryClient) -> None:
    with pytest.raises(RegistryUnreachable, match=r"the proxy on the way to registry\.invalid") as caught:
        client.published(parse_reference("registry.invalid/app:1"))
    assert PASSWORD not in str(caught.value)


@pytest.mark.usefixtures("proxied")
def test_past_the_proxy(registry: FakeRegistry, client: RegistryClient) -> None:
    registry.push("app", "1")
    client.published(at(registry, "app:1"))
    with pytest.raises(RegistryUnreachable, match="cannot be resolved"):
        client.published(parse_reference("direct.invalid/app:1"))
    assert [seen.path for seen in registry.seen] == ["/v2/app/manifests/1"]


def test_a_resolver_that_never_answers_holds_nobody(
    new_client: Callable[..., RegistryClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    released = threading.Event()

    def hang(*_: object, **__: object) -> list[object]:
        released.wait(30)
        return []

    monkeypatch.setattr("updater.registry.reaching.socket.getaddrinfo", hang)
    client = new_client(timeout_seconds=0.2)
    started = time.monotonic()
    with pytest.raises(RegistryTimeout, match="in time"):
        client.published(parse_reference("registry.example/app:1"))
    assert time.monotonic() - started < 10  # the system's own limit would be more
    released.set()


def test_all_addresses_of_a_host_are_tried(
    registry: FakeRegistry, client: RegistryClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = registry.push("app", "1")
    port = int(registry.host.rpartition(":")[2])
    places = [("127.0.0.3", 1), ("127.0.0.1", port)]
    resolved = [(socket.AF_INET, socket.SOCK_STREAM, 0, "", place) for place in places]
    monkeypatch.setattr("updater.registry.reaching.socket.getaddrinfo", lambda *_, **__: resolved)
    assert client.published(parse_reference(f"localhost:{port}/app:1")).digest == digest


class ForgetsConnections(FakeRegistry):
    """Answers once on each connection, keeps it open, and closes it when it is asked there again."""

    def __init__(self) -> None:
        super().__init__()
        self.of_connection = threading.local()

    def reply(self, seen: Seen) -> Reply:
        if hasattr(self.of_connection, "is_old"):
            raise ConnectionAbortedError
        self.of_connection.is_old = True
        return super().reply(seen)


def test_kept_connections_that_were_closed_cost_no_question_its_attempts(client: RegistryClient) -> None:
    with ForgetsConnections() as registry:
        names = [f"app-{number}" for number in range(64)]
        digests = [registry.push(name, "1", created=name) for name in names]
        with ThreadPoolExecutor(16) as pool:
            found = list(pool.map(client.published, [at(registry, f"{name}:1") for name in names]))
        assert [one.digest for one in found] == digests
        assert max(registry.count("HEAD", f"/{name}/") for name in names) == 2


@pytest.mark.parametrize(("hints", "is_understood"), [(1, True), (4, True), (100, False)])
def test_hints_before_the_answer(client: RegistryClient, hints: int, is_understood: bool) -> None:
    """As some fronts send them; no endless row of them, though."""
    hint = "HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n" * hints
    digest = digest_of(b"")
    answer = f"{hint}HTTP/1.1 200 OK\r\nDocker-Content-Digest: {digest}\r\nContent-Length: 0\r\n\r\n".encode()

    class Front(StreamRequestHandler):
        def handle(self) -> None:
            self.request.recv(65536)
            self.wfile.write(answer)

    with ThreadingTCPServer(("127.0.0.1", 0), Front) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        reference = parse_reference(f"127.0.0.1:{server.server_address[1]}/app:1")
        try:
            with nullcontext() if is_understood else pytest.raises(RegistryUnreachable):
                assert client.published(reference).digest == digest
        finally:
            server.shutdown()


def test_a_name_that_nobody_has(client: RegistryClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> list[object]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr("updater.registry.reaching.socket.getaddrinfo", unknown)
    with pytest.raises(RegistryUnreachable, match="cannot be resolved"):
        client.published(parse_reference("registry.example/app:1"))
