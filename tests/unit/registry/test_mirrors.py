"""Where is asked if a mirror is configured, and what does each of the two get to see?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rig.fake_registry import Bearer, FakeRegistry
from rig.fake_server import Fault
from tests.unit.registry.conftest import USER, at, user_of
from updater.errors import DigestMismatch, ImageNotFound, RegistryUnreachable
from updater.model.platform import Platform
from updater.registry.access import RegistryAccess
from updater.registry.places import places

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from updater.registry.client import RegistryClient

AMD64 = Platform("linux", "amd64")


@pytest.fixture
def mirror() -> Iterator[FakeRegistry]:
    with FakeRegistry("127.0.0.2") as fake:
        yield fake


def mirrored(registry: FakeRegistry, mirror: FakeRegistry, path: str = "") -> RegistryAccess:
    return RegistryAccess(registry.host, mirror=mirror.host + path)


@pytest.mark.parametrize("path", ["", "/proxy", "/proxy/hub"])
def test_the_mirror_is_asked_instead(
    registry: FakeRegistry, mirror: FakeRegistry, new_client: Callable[..., RegistryClient], path: str
) -> None:
    digest = mirror.push(f"{path}/team/app".strip("/"), "1")
    client = new_client(user_of(registry), mirrored(registry, mirror, path))
    assert client.published(at(registry, "team/app:1")).digest == digest
    assert client.image(at(registry, "team/app:1"), digest, AMD64).manifest_digest == digest  # type: ignore[arg-type]
    assert client.tags(at(registry, "team/app")).names == ("1",)
    assert registry.seen == []
    assert mirror.authorizations == []


@pytest.mark.parametrize("fault", [Fault(status=404), Fault(status=403), Fault(status=500), Fault(hangs_up=True)])
def test_where_it_is_of_no_use_the_registry_itself_is_asked(
    registry: FakeRegistry, mirror: FakeRegistry, new_client: Callable[..., RegistryClient], fault: Fault
) -> None:
    digest = registry.push("team/app", "1")
    mirror.faults["/v2/team/app/manifests/1"] = fault
    client = new_client(access := user_of(registry), mirrored(registry, mirror))
    assert access is not None
    assert client.published(at(registry, "team/app:1")).digest == digest


def test_a_page_of_a_mirrors_is_no_answer(
    registry: FakeRegistry, mirror: FakeRegistry, new_client: Callable[..., RegistryClient]
) -> None:
    """As some front of it shows that wants one to log in, or says that all is well."""
    digest = registry.push("team/app", "1")
    for path in ("manifests/1", "tags/list"):
        mirror.faults[f"/v2/team/app/{path}"] = Fault(status=200, body=b"<html>")
    client = new_client(user_of(registry), mirrored(registry, mirror))
    assert client.published(at(registry, "team/app:1")).digest == digest
    assert client.tags(at(registry, "team/app:1")).names == ("1",)


def test_a_mirror_that_is_down(registry: FakeRegistry, new_client: Callable[..., RegistryClient]) -> None:
    with FakeRegistry("127.0.0.2") as gone:
        pass
    digest = registry.push("team/app", "1")
    assert (
        new_client(user_of(registry), mirrored(registry, gone)).published(at(registry, "team/app:1")).digest == digest
    )


def test_if_both_fail_the_registrys_word_counts(
    mirror: FakeRegistry, new_client: Callable[..., RegistryClient]
) -> None:
    with FakeRegistry() as registry:
        access = mirrored(registry, mirror)
        with pytest.raises(ImageNotFound, match=registry.host):
            new_client(user_of(registry), access).published(at(registry, "team/app:1"))
    with pytest.raises(RegistryUnreachable, match=registry.host):
        new_client(user_of(registry), access).published(at(registry, "team/app:1"))


def test_neither_sees_the_credentials_of_the_other(new_client: Callable[..., RegistryClient]) -> None:
    for owner in (0, 1):
        servers = [FakeRegistry(basic=("user", "x")), FakeRegistry("127.0.0.2", bearer=Bearer(anonymous=False))]
        with servers[0] as registry, servers[1] as mirror:
            client = new_client({servers[owner].host: USER}.get, mirrored(registry, mirror))
            with pytest.raises(Exception, match="credentials"):
                client.published(at(registry, "team/app:1"))
            assert servers[1 - owner].authorizations == [
                header for header in servers[1 - owner].authorizations if header.startswith("Bearer token-")
            ]
            assert servers[owner].authorizations


def test_a_mirror_that_lies_is_found_out(
    registry: FakeRegistry, mirror: FakeRegistry, new_client: Callable[..., RegistryClient]
) -> None:
    digest = mirror.push("team/app", "1")
    mirror.faults[f"/v2/team/app/manifests/{digest}"] = Fault(body=b'{"schemaVersion": 2}')
    client = new_client(user_of(registry), mirrored(registry, mirror))
    with pytest.raises(DigestMismatch):
        client.image(at(registry, "team/app:1"), digest, AMD64)  # type: ignore[arg-type]


def test_places() -> None:
    access = {
        "docker.io": RegistryAccess("docker.io", mirror="harbor.lan/hub"),
        "harbor.lan": RegistryAccess("harbor.lan", insecure=True, token_host="auth.lan"),
    }
    mirror, own = places("docker.io", access)
    assert (mirror.registry, mirror.origins) == ("harbor.lan", ("https://harbor.lan", "http://harbor.lan"))
    assert (mirror.repository("library/web"), mirror.token_host) == ("hub/library/web", "auth.lan")
    assert (own.registry, own.origins) == ("docker.io", ("https://registry-1.docker.io",))
    assert own.repository("library/web") == "library/web"
    assert len(places("harbor.lan", access)) == 1
