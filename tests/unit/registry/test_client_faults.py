"""Does every fault of a registry become the right error, soon, and without harm?"""

from __future__ import annotations

import socket
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from rig.fake_registry import FakeRegistry
from rig.fake_server import Fault
from tests.unit.registry.conftest import at
from updater.errors import (
    DigestMismatch,
    RegistryAnswerInvalid,
    RegistryDenied,
    RegistryError,
    RegistryFailed,
    RegistryPaused,
    RegistryRateLimited,
    RegistryTimeout,
    RegistryUnreachable,
)
from updater.model.digest import Digest
from updater.model.platform import Platform
from updater.model.reference import parse_reference

if TYPE_CHECKING:
    from collections.abc import Callable

    from updater.registry.client import RegistryClient

LINUX = Platform("linux", "amd64")
TAG = "/v2/app/manifests/1"


@pytest.mark.parametrize(
    ("fault", "kind", "requests"),
    [
        (Fault(status=400), RegistryAnswerInvalid, 2),
        (Fault(status=401), RegistryAnswerInvalid, 2),  # the root of the API might say what it wants
        (Fault(status=403), RegistryDenied, 1),
        (Fault(status=418), RegistryAnswerInvalid, 1),
        (Fault(status=429), RegistryRateLimited, 3),
        (Fault(status=500), RegistryFailed, 3),
        (Fault(status=503), RegistryFailed, 3),
        (Fault(status=204), RegistryAnswerInvalid, 1),
        (Fault(hangs_up=True), RegistryUnreachable, 4),  # at first over a connection that was kept
        (Fault(status=302), RegistryAnswerInvalid, 1),
        (Fault(status=302, headers={"Location": "http://127.0.0.2/"}), RegistryAnswerInvalid, 1),
        (Fault(status=302, headers={"Location": "file:///etc/passwd"}), RegistryAnswerInvalid, 1),
        (Fault(status=302, headers={"Location": "http://169.254.169.254/"}), RegistryAnswerInvalid, 1),
        (Fault(status=307, headers={"Location": TAG}), RegistryAnswerInvalid, 5),
        (Fault(headers={"X": "y" * 100_000}), RegistryUnreachable, 3),
        (Fault(headers={f"X-{number}": "y" for number in range(200)}), RegistryUnreachable, 3),
    ],
)
def test_a_question_that_fails(
    registry: FakeRegistry, client: RegistryClient, fault: Fault, kind: type[RegistryError], requests: int
) -> None:
    registry.push("app", "1")
    registry.push("good", "1")
    client.published(at(registry, "good:1"))
    registry.faults[TAG] = fault
    started = time.monotonic()
    with pytest.raises(kind) as caught:
        client.published(at(registry, "app:1"))
    assert type(caught.value) is kind
    assert ";" in str(caught.value)
    assert time.monotonic() - started < 3
    assert len(registry.seen) == 1 + requests
    client.published(at(registry, "good:1"))


@pytest.mark.parametrize("size", [b"-1", b"-ffff", b"+5", b"x", b"", b"ffffffffffffffffffff"])
def test_chunks_of_odd_sizes(registry: FakeRegistry, client: RegistryClient, size: bytes) -> None:
    digest = registry.push("app", "1")
    path = f"/v2/app/manifests/{digest}"
    body = size + b"\r\n" + b"x" * (5 * 1024 * 1024)
    chunked = Fault(headers={"Transfer-Encoding": "chunked"}, without=("Content-Length",), body=body)
    registry.faults[path] = chunked
    with pytest.raises(RegistryError) as caught:
        client.image(at(registry, "app:1"), digest, LINUX)  # type: ignore[arg-type]
    assert isinstance(caught.value, RegistryUnreachable | RegistryAnswerInvalid)


@pytest.mark.parametrize("status", [429, 503])
def test_who_wants_a_pause_gets_it(registry: FakeRegistry, client: RegistryClient, status: int) -> None:
    registry.push("good", "1")
    client.published(at(registry, "good:1"))
    registry.faults[TAG] = Fault(status=status, headers={"Retry-After": "3600"})
    with pytest.raises(RegistryRateLimited if status == 429 else RegistryFailed) as caught:
        client.published(at(registry, "app:1"))
    assert caught.value.reason.until is not None
    with pytest.raises(RegistryPaused, match="3600 s"):
        client.published(at(registry, "good:1"))
    assert len(registry.seen) == 2


@pytest.mark.parametrize(
    "fault",
    [
        Fault(status=503, times=1),
        Fault(status=502, times=2),
        Fault(hangs_up=True, times=1),
        Fault(status=429, headers={"Retry-After": "0"}, times=1),
        Fault(status=503, headers={"Retry-After": "0"}, times=1),
    ],
)
def test_passing_trouble_is_waited_out(registry: FakeRegistry, client: RegistryClient, fault: Fault) -> None:
    digest = registry.push("app", "1")
    registry.faults[TAG] = fault
    assert client.published(at(registry, "app:1")).digest == digest


@pytest.mark.parametrize("fault", [Fault(hangs=True), Fault(trickles_headers=True)])
def test_a_slow_head_ends_at_the_deadline(
    registry: FakeRegistry, new_client: Callable[..., RegistryClient], fault: Fault
) -> None:
    registry.push("app", "1")
    registry.push("good", "1")
    registry.faults[TAG] = fault
    client = new_client(timeout_seconds=0.5)
    started = time.monotonic()
    with ThreadPoolExecutor() as pool:
        slow = [pool.submit(client.published, at(registry, "app:1")) for _ in range(4)]
        client.published(at(registry, "good:1"))
        errors = [future.exception() for future in slow]
    assert {type(error) for error in errors} == {RegistryTimeout}
    assert time.monotonic() - started < 4.0


@pytest.mark.parametrize(
    "fault", [Fault(trickles=0.02), Fault(trickles=0.02, body=b"x" * 1000, status=500), Fault(hangs=True)]
)
def test_a_slow_body_ends_at_the_deadline(
    registry: FakeRegistry, new_client: Callable[..., RegistryClient], fault: Fault
) -> None:
    digest = registry.push("app", "1")
    registry.faults[f"/v2/app/manifests/{digest}"] = fault
    started = time.monotonic()
    with pytest.raises(RegistryTimeout):
        new_client(timeout_seconds=0.2).image(at(registry, "app:1"), Digest(digest), LINUX)
    assert time.monotonic() - started < 1.5


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Fault(body=b"{}"), DigestMismatch),
        (Fault(body=b""), DigestMismatch),
        (Fault(truncates=True), RegistryUnreachable),
        (Fault(body=b"x" * (4 * 1024 * 1024 + 1)), RegistryAnswerInvalid),
        (Fault(headers={"Content-Encoding": "gzip"}), RegistryAnswerInvalid),
        (Fault(status=206), RegistryAnswerInvalid),
        (Fault(status=500, body=b"x" * 1024 * 1024), RegistryFailed),
        (Fault(status=404, headers={"Content-Encoding": "gzip"}, body=b"not gzip"), RegistryError),
    ],
)
def test_a_manifest_that_fails(
    registry: FakeRegistry, client: RegistryClient, fault: Fault, kind: type[RegistryError]
) -> None:
    digest = registry.push("app", "1")
    registry.faults[f"/v2/app/manifests/{digest}"] = fault
    with pytest.raises(kind):
        client.image(at(registry, "app:1"), Digest(digest), LINUX)


@pytest.mark.parametrize("content", [b"[" * 200_000, b'{"a": NaN}', b'{"config": {}, "config": {}}', b"\xff", b""])
def test_a_manifest_that_is_no_strict_json(registry: FakeRegistry, client: RegistryClient, content: bytes) -> None:
    digest = registry.put_manifest("app", content, "application/vnd.oci.image.manifest.v1+json", "1")
    with pytest.raises(RegistryAnswerInvalid, match="manifest is not valid JSON"):
        client.image(at(registry, "app:1"), Digest(digest), LINUX)


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Fault(body=b"{}"), DigestMismatch),
        (Fault(body=b" " * (8 * 1024 * 1024 + 1)), RegistryAnswerInvalid),
        (Fault(status=404), RegistryError),
    ],
)
def test_a_configuration_that_fails(
    registry: FakeRegistry, client: RegistryClient, fault: Fault, kind: type[RegistryError]
) -> None:
    digest = registry.push("app", "1")
    (blob,) = [path for path in registry.contents if "/blobs/" in path]
    registry.faults[blob] = fault
    with pytest.raises(kind):
        client.image(at(registry, "app:1"), Digest(digest), LINUX)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_nobody_there(client: RegistryClient, host: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    started = time.monotonic()
    with pytest.raises(RegistryUnreachable, match="connection refused"):
        client.published(parse_reference(f"{host}:{port}/app"))
    assert time.monotonic() - started < 3


@pytest.mark.parametrize("rest", ["a.b:99999999/app", f"{'a' * 64}.example/app", "nowhere.invalid/app"])
def test_addresses_that_cannot_be(client: RegistryClient, rest: str) -> None:
    with pytest.raises(RegistryError):
        client.published(parse_reference(rest))


def test_a_defect_of_ours_is_one_images_trouble(new_client: Callable[..., RegistryClient]) -> None:
    with FakeRegistry(basic=("user", "secret")) as registry, pytest.raises(RegistryAnswerInvalid, match="defect"):
        new_client(lambda host: {}[host]).published(at(registry, "app:1"))
