"""Which kinds of real registries are images published in, in which shapes, and what has a user to set for each?"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rig import ImageSpec, PrivateRegistry, build, build_index, push
from rig.images import DOCKER_TYPES, OCI_TYPES
from rig.tls_registry import TlsRegistry
from rig.token_service import PUBLIC, TokenService

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rig.certificates import CertificateAuthority
    from rig.crane_registry import CraneRegistry
    from rig.host import Host
    from rig.images import BuiltImage, BuiltIndex, MediaTypes

USER, PASSWORD = "ann", "canary-password"
USERS = {USER: PASSWORD}
LOGIN = {"username": USER, "password": PASSWORD}
SECRETS = (PASSWORD, base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode())


@dataclass(frozen=True)
class Site:
    """One registry: where images are pushed to, where containers name them, and what opens it."""

    host: Host
    address: str
    source: PrivateRegistry
    login: Mapping[str, str] | None = None
    settings: Mapping[str, object] = field(default_factory=dict)
    """What stands for it under `registries:`."""
    folder: str = ""
    tokens: TokenService | None = None

    def repository(self, short: str) -> str:
        return f"{self.folder}{self.host.prefix}/{short}"

    def reference(self, short: str) -> str:
        """What to write where an image is named."""
        return f"{self.address}/{self.repository(short)}:latest"

    def push(self, short: str, content: ImageSpec | BuiltImage | BuiltIndex) -> str:
        """Make the tag `latest` name this; the digest."""
        return push(self.source, self.repository(short), content)

    def create(self, short: str) -> None:
        """A container of it, opted in, not started."""
        for event in self.host.client.pull(self.reference(short), stream=True, decode=True, auth_config=self.login):
            assert "error" not in event, event
        self.host.create_container(short, self.reference(short), labels={"updater.enable": "true"})

    def environment(self, *, login: Mapping[str, str] | str | None = "its own", **settings: object) -> dict[str, str]:
        """What leads the updater to it: a docker configuration with a login, and a config file."""
        shown = self.login if isinstance(login, str) else login
        folder = self.host.directory / "logins"
        folder.mkdir(exist_ok=True)
        entry = {} if shown is None else {self.address: {"auth": _auth(shown)}}
        (folder / "config.json").write_text(json.dumps({"auths": entry}))
        registries = {self.address: dict(self.settings) | settings}
        file = self.host.directory / "updater.yml"
        file.write_text(json.dumps({"registries": registries}))  # JSON is YAML
        return {"DOCKER_CONFIG": str(folder), "UPDATER_CONFIG": str(file)}


Kind = Callable[["Host", "CertificateAuthority"], AbstractContextManager[Site]]


def _auth(login: Mapping[str, str]) -> str:
    return base64.b64encode(f"{login['username']}:{login['password']}".encode()).decode()


@contextmanager
def open_to_all(host: Host, _authority: CertificateAuthority) -> Iterator[Site]:
    with PrivateRegistry(host.rig.namespaces, 5201) as registry:
        yield Site(host, registry.address, registry)


@contextmanager
def with_passwords(host: Host, _authority: CertificateAuthority) -> Iterator[Site]:
    with PrivateRegistry(host.rig.namespaces, 5202, USERS) as registry:
        yield Site(host, registry.address, registry, LOGIN)


@contextmanager
def with_tokens(host: Host, authority: CertificateAuthority, folder: str = "") -> Iterator[Site]:
    with (
        TokenService(authority, USERS) as tokens,
        PrivateRegistry(host.rig.namespaces, 5203, tokens=tokens) as registry,
    ):
        yield Site(host, registry.address, registry, None if folder else LOGIN, folder=folder, tokens=tokens)


@contextmanager
def with_tokens_for_anybody(host: Host, authority: CertificateAuthority) -> Iterator[Site]:
    with with_tokens(host, authority, PUBLIC) as site:
        yield site


@contextmanager
def with_tls(host: Host, authority: CertificateAuthority) -> Iterator[Site]:
    with TlsRegistry(host.rig.namespaces, 5444, USERS, authority=authority) as registry:
        yield Site(host, registry.address, registry, LOGIN, {"ca_file": str(authority.certificate)})


@contextmanager
def through_a_cache(host: Host, _authority: CertificateAuthority) -> Iterator[Site]:
    with (
        PrivateRegistry(host.rig.namespaces, 5205) as upstream,
        PrivateRegistry(host.rig.namespaces, 5206, upstream=upstream) as cache,
    ):
        yield Site(host, cache.address, upstream)


@contextmanager
def of_another_implementation(host: Host, crane: type[CraneRegistry]) -> Iterator[Site]:
    with crane(host.rig.namespaces, 5207) as registry:
        yield Site(host, registry.address, registry)


def single(image: BuiltImage, _types: MediaTypes) -> BuiltImage:
    """The image by itself, in the dialect it was built in."""
    return image


def listed(image: BuiltImage, types: MediaTypes) -> BuiltIndex:
    """An index (or manifest list) of this image alone."""
    return build_index([image], types)


Shape = tuple[Callable[["BuiltImage", "MediaTypes"], "BuiltImage | BuiltIndex"], "MediaTypes"]
SHAPES: Mapping[str, Shape] = {
    "oci-index": (listed, OCI_TYPES),
    "docker-list": (listed, DOCKER_TYPES),
    "oci-manifest": (single, OCI_TYPES),
    "docker-manifest": (single, DOCKER_TYPES),
}


def push_nested(site: Site, short: str, image: BuiltImage) -> str:
    """Publish the image in an index within an index."""
    inner = build_index([image], OCI_TYPES)
    site.push(short, inner)
    entry = {"mediaType": OCI_TYPES.index, "size": len(inner.content), "digest": inner.digest}
    return site.push(short, build_index([], OCI_TYPES, [entry]))


def every_shape(site: Site) -> dict[str, tuple[str, str]]:
    """Two containers of each shape, one of them outdated; their statuses and published digests."""
    expected = {}
    for name, (shape, types) in SHAPES.items():
        first, second = (build(ImageSpec(marker=f"{name} {version}", types=types)) for version in "12")
        for short in (f"{name}-same", f"{name}-moved"):
            expected[short] = ("current", site.push(short, shape(first, types)))
            site.create(short)
        expected[f"{name}-moved"] = ("outdated", site.push(f"{name}-moved", shape(second, types)))
    # Engines do not pull what is nested, so that these begin as plain images.
    first, second = (build(ImageSpec(marker=f"nested {version}", types=OCI_TYPES)) for version in "12")
    for short, then, status in (("nested-same", first, "current"), ("nested-moved", second, "outdated")):
        site.push(short, first)
        site.create(short)
        expected[short] = (status, push_nested(site, short, then))
    return expected
