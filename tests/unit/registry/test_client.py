"""Is what is published found, at the least cost that the protocol allows?"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from rig.fake_registry import OCI_INDEX, OCI_MANIFEST, Bearer, FakeRegistry
from rig.fake_server import Fault, Reply
from tests.unit.registry.conftest import PASSWORD, USER, at, user_of
from updater.errors import DigestMismatch, ImageNotFound, PlatformMissing, RegistryAnswerInvalid
from updater.model.digest import Digest
from updater.model.platform import Platform
from updater.model.published import Published
from updater.registry.credentials import Credentials
from updater.registry.media_types import ACCEPT

if TYPE_CHECKING:
    from collections.abc import Callable

    from updater.registry.client import RegistryClient

LINUX = Platform("linux", "amd64")
NOON = "2024-02-29T12:00:00.123456789Z"


def test_an_open_registry_is_asked_once(registry: FakeRegistry, client: RegistryClient) -> None:
    digest = registry.push("team/app", "1")
    reference = at(registry, "team/app:1")
    assert client.published(reference) == Published(reference, Digest(digest))
    (seen,) = registry.seen
    assert (seen.method, seen.path) == ("HEAD", "/v2/team/app/manifests/1")
    assert seen.headers["accept"] == ACCEPT
    assert seen.headers["accept-encoding"] == "identity"
    assert seen.headers["user-agent"].startswith("container-updater/")


def test_one_connection_serves_all_questions(registry: FakeRegistry, client: RegistryClient) -> None:
    for number in range(5):
        digest = registry.push("app", f"{number}", created=NOON)
        client.published(at(registry, f"app:{number}"))
        client.image(at(registry, f"app:{number}"), Digest(digest), LINUX)
    assert len(registry.seen) == 15
    assert len(registry.connections) == 1


@pytest.mark.parametrize("value", ["", "sha256:short", "nonsense", None])
def test_without_a_good_digest_header_the_content_tells(
    registry: FakeRegistry, client: RegistryClient, value: str | None
) -> None:
    digest = registry.push("app", "1")
    header = "Docker-Content-Digest"
    fault = Fault(without=(header,)) if value is None else Fault(headers={header: value})
    registry.faults["/v2/app/manifests/1"] = fault
    assert client.published(at(registry, "app:1")).digest == digest
    assert [seen.method for seen in registry.seen] == ["HEAD", "GET"]


def test_a_page_instead_of_a_manifest_is_no_content(registry: FakeRegistry, client: RegistryClient) -> None:
    registry.push("app", "1")
    registry.faults["/v2/app/manifests/1"] = Fault(body=b"<html>", without=("Docker-Content-Digest",))
    with pytest.raises(RegistryAnswerInvalid):
        client.published(at(registry, "app:1"))


def test_a_root_that_is_known_under_another_spelling(registry: FakeRegistry, client: RegistryClient) -> None:
    """As Caddy and others have it, that cut the slash off."""
    registry.faults["/v2/"] = Fault(status=308, headers={"Location": "/v2"})
    assert client.greet(registry.host).origin == registry.url
    assert [seen.path for seen in registry.seen] == ["/v2/", "/v2"]


def test_schema_1_is_refused_from_the_head(registry: FakeRegistry, client: RegistryClient) -> None:
    registry.put_manifest("app", {}, "application/vnd.docker.distribution.manifest.v1+prettyjws", "1")
    with pytest.raises(RegistryAnswerInvalid, match="schema 1"):
        client.published(at(registry, "app:1"))


def test_basic(new_client: Callable[..., RegistryClient]) -> None:
    with FakeRegistry(basic=("user", PASSWORD)) as registry:
        registry.push("app", "1", "2")
        client = new_client(user_of(registry))
        client.published(at(registry, "app:1"))
        client.published(at(registry, "app:2"))
        assert registry.count("HEAD") == len(registry.seen) == 3  # the first without, to be told


@pytest.mark.parametrize("key", ["token", "access_token"])
@pytest.mark.parametrize("credentials", [None, USER])
def test_bearer(new_client: Callable[..., RegistryClient], credentials: Credentials | None, key: str) -> None:
    bearer = Bearer({"user": PASSWORD}, anonymous=credentials is None, key=key)
    with FakeRegistry(bearer=bearer) as registry:
        for repository in ("a/b", "c/d"):
            registry.push(repository, "1", "2")
        client = new_client(lambda _host: credentials)
        for rest in ("a/b:1", "a/b:2", "c/d:1", "c/d:2"):
            client.published(at(registry, rest))
        assert registry.count("HEAD") == 5  # one of them refused, with the challenge
        assert registry.count("GET", "/token") == 2  # one per repository


def test_an_identity_token(new_client: Callable[..., RegistryClient]) -> None:
    with FakeRegistry(bearer=Bearer(identity_tokens={"long"}, anonymous=False)) as registry:
        registry.push("app", "1")
        new_client(lambda _host: Credentials("", identity_token="long")).published(at(registry, "app:1"))
        assert registry.count("POST", "/token") == 1


def test_a_token_that_ends_is_replaced(new_client: Callable[..., RegistryClient]) -> None:
    with FakeRegistry(bearer=Bearer()) as registry:
        registry.push("app", "1")
        client = new_client()
        client.published(at(registry, "app:1"))
        assert registry.bearer is not None
        registry.bearer.issued.clear()
        client.published(at(registry, "app:1"))
        assert registry.count("GET", "/token") == 2


@pytest.mark.parametrize("many_repositories", [True, False])
@pytest.mark.parametrize("bearer", [None, Bearer()])
def test_sixteen_threads(
    new_client: Callable[..., RegistryClient], bearer: Bearer | None, many_repositories: bool
) -> None:
    with FakeRegistry(bearer=bearer) as registry:
        names = [f"r{number}:1" if many_repositories else f"app:{number}" for number in range(64)]
        expected = [registry.push(*name.split(":"), created=name) for name in names]
        client = new_client()
        with ThreadPoolExecutor(16) as pool:
            found = list(pool.map(lambda name: client.published(at(registry, name)), names))
        assert [published.digest for published in found] == expected
        assert registry.count("HEAD") == 64 + (1 if bearer else 0)
        assert registry.count("GET") == (0 if bearer is None else 64 if many_repositories else 1)
        assert len(registry.connections) <= 16


def test_a_single_manifest(registry: FakeRegistry, client: RegistryClient) -> None:
    digest = registry.push("app", "1", created=NOON)
    image = client.image(at(registry, "app:1"), Digest(digest), LINUX)
    assert image.digest == image.manifest_digest == digest
    assert image.created == datetime(2024, 2, 29, 12, 0, 0, 123456, tzinfo=UTC)
    assert [seen.path.split("/")[3] for seen in registry.seen] == ["manifests", "blobs"]
    with pytest.raises(PlatformMissing, match="not published for linux/arm64, only for linux/amd64"):
        client.image(at(registry, "app:1"), Digest(digest), Platform("linux", "arm64"))


def test_an_index(registry: FakeRegistry, client: RegistryClient) -> None:
    platforms = ["linux/amd64", "linux/arm/v7", "linux/arm/v6"]
    entries = {registry.push("app", platform=platform, made_for=platform): platform for platform in platforms}
    attestation = registry.push("app", platform="unknown/unknown")
    index = registry.push_index("app", "1", {attestation: "unknown/unknown", **entries})
    for digest, platform in entries.items():
        image = client.image(at(registry, "app:1"), Digest(index), Platform(*platform.split("/")))
        assert (image.digest, image.manifest_digest) == (index, digest)
        assert image.config_digest != digest
    missing = r"not published for linux/s390x, only for linux/amd64, linux/arm/v6, linux/arm/v7;"
    with pytest.raises(PlatformMissing, match=missing):
        client.image(at(registry, "app:1"), Digest(index), Platform("linux", "s390x"))


def test_nested_indexes_and_entries_without_a_platform(registry: FakeRegistry, client: RegistryClient) -> None:
    arm, amd = registry.push("app", platform="linux/arm64"), registry.push("app", platform="linux/amd64")
    chart = registry.put_blob("app", b"{}")
    descriptor = {"digest": chart, "size": 2}
    artifact = registry.put_manifest("app", {"config": descriptor, "layers": []}, OCI_MANIFEST)
    inner = registry.push_index("app", "inner", {artifact: "", arm: "", amd: ""})
    outer = registry.push_index("app", "1", {inner: ""})
    assert client.image(at(registry, "app:1"), Digest(outer), LINUX).manifest_digest == amd
    with pytest.raises(PlatformMissing, match="only for linux/amd64, linux/arm64"):
        client.image(at(registry, "app:1"), Digest(outer), Platform("linux", "riscv64"))


def test_what_lies_beside_the_images_hides_no_missing_platform(registry: FakeRegistry, client: RegistryClient) -> None:
    """Signatures and the like, of kinds that are not asked for: the registry answers 404, or with what is no image."""
    odd = registry.put_manifest("app", {"blobs": []}, "application/vnd.oci.artifact.manifest.v1+json")
    index = registry.push_index("app", "1", {odd: "", registry.push("app"): "linux/amd64"})
    for _ in range(2):
        with pytest.raises(PlatformMissing, match=r"not published for linux/s390x, only for linux/amd64"):
            client.image(at(registry, "app:1"), Digest(index), Platform("linux", "s390x"))
        del registry.contents[f"/v2/app/manifests/{odd}"]
        registry.contents.setdefault(f"/v2/app/manifests/{odd}", Reply(404))


def test_an_entry_that_is_not_understood_is_missed_only_by_who_wants_it(
    registry: FakeRegistry, client: RegistryClient
) -> None:
    amd = registry.push("app")
    size = len(registry.contents[f"/v2/app/manifests/{amd}"].body)
    odd = {"digest": f"blake3:{'1' * 64}", "size": 1}
    entries = [
        {**odd, "platform": {"os": "linux", "architecture": "arm64"}},
        odd,
        {"digest": amd, "size": size, "platform": {"os": "linux", "architecture": "amd64"}},
    ]
    index = Digest(registry.put_manifest("app", {"schemaVersion": 2, "manifests": entries}, OCI_INDEX, "1"))
    assert client.image(at(registry, "app:1"), index, LINUX).manifest_digest == amd
    with pytest.raises(RegistryAnswerInvalid, match=r"points for linux/arm64 to something without a digest"):
        client.image(at(registry, "app:1"), index, Platform("linux", "arm64"))
    with pytest.raises(PlatformMissing, match="only for linux/amd64, linux/arm64"):
        client.image(at(registry, "app:1"), index, Platform("linux", "s390x"))


def test_an_index_of_endless_indexes(registry: FakeRegistry, client: RegistryClient) -> None:
    digest = registry.push("app")
    for _ in range(20):
        digest = registry.push_index("app", "1", {digest: ""})
    with pytest.raises(RegistryAnswerInvalid, match="too many indexes"):
        client.image(at(registry, "app:1"), Digest(digest), LINUX)
    assert len(registry.seen) == 8


def test_a_chart_is_no_image(registry: FakeRegistry, client: RegistryClient) -> None:
    blob = registry.put_blob("app", b'{"name": "chart"}')
    document = {"config": {"digest": blob, "size": 17}, "layers": []}
    digest = registry.put_manifest("app", document, OCI_MANIFEST, "1")
    with pytest.raises(RegistryAnswerInvalid, match="no container image"):
        client.image(at(registry, "app:1"), Digest(digest), LINUX)


def test_an_empty_index(registry: FakeRegistry, client: RegistryClient) -> None:
    digest = registry.put_manifest("app", {"schemaVersion": 2, "manifests": []}, OCI_INDEX, "1")
    with pytest.raises(PlatformMissing, match="nothing else"):
        client.image(at(registry, "app:1"), Digest(digest), LINUX)


def test_what_is_not_there(registry: FakeRegistry, client: RegistryClient) -> None:
    with pytest.raises(ImageNotFound, match=r"knows no .*/app:1, or shows it only to those"):
        client.published(at(registry, "app:1"))
    assert [seen.method for seen in registry.seen] == ["HEAD", "GET"]  # some servers know the one only


@pytest.mark.parametrize("status", [400, 404, 405, 501])
def test_a_server_that_knows_no_head(registry: FakeRegistry, client: RegistryClient, status: int) -> None:
    digest = registry.push("app", "1")
    honest, registry.reply = registry.reply, lambda seen: Reply(status) if seen.method == "HEAD" else honest(seen)  # type: ignore[method-assign]
    assert client.published(at(registry, "app:1")).digest == digest


class TestConfiguration:
    """Of an image whose configuration's digest is known already."""

    def test_one_request_tells(self, registry: FakeRegistry, client: RegistryClient) -> None:
        image = client.image(at(registry, "app:1"), Digest(registry.push("app", "1", created=NOON)), LINUX)
        registry.seen.clear()
        found = client.configuration(at(registry, "app:1"), image.config_digest)
        assert (found.platform, found.created) == (LINUX, image.created)
        assert [(seen.method, seen.path) for seen in registry.seen] == [("GET", f"/v2/app/blobs/{image.config_digest}")]

    def test_other_bytes_are_not_believed(self, registry: FakeRegistry, client: RegistryClient) -> None:
        digest = Digest(registry.put_blob("app", b'{"os": "linux", "architecture": "amd64"}'))
        lie = Reply(200, {"Docker-Content-Digest": digest}, b'{"os": "linux", "architecture": "arm64"}')
        registry.contents[f"/v2/app/blobs/{digest}"] = lie
        with pytest.raises(DigestMismatch):
            client.configuration(at(registry, "app:1"), digest)

    def test_what_is_gone_is_not_found(self, registry: FakeRegistry, client: RegistryClient) -> None:
        with pytest.raises(ImageNotFound):
            client.configuration(at(registry, "app:1"), Digest("sha256:" + 64 * "a"))
