"""Where do the faulty registries stand, and the healthy ones beside them? Real servers in the rig's network."""

from __future__ import annotations

import base64
import json
import ssl
import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from rig import ImageSpec, build
from rig.certificates import CertificateAuthority
from rig.fake_registry import FakeRegistry
from rig.fake_server import Fault, Reply, Server
from rig.layers import digest_of
from tests.engine.registry_faults import CASES, DIGEST_HEADER, Broken, Place, publish

if TYPE_CHECKING:
    from contextlib import ExitStack
    from pathlib import Path

    from rig.host import Host

USER, PASSWORD = "ann", "canary-password"
SECRETS = (PASSWORD, base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode())
METADATA = "169.254.169.254"
HEALTHY = 8
MOVED, BARE = "moved", "without-a-digest"


@dataclass
class Town:
    """All the registries. The user has credentials for every one of them, and for nobody else."""

    host: Host
    elsewhere: Server
    metadata: Server
    store: Server
    """Where one registry keeps its blobs."""
    context: ssl.SSLContext
    authority: Path
    stack: ExitStack
    registries: list[FakeRegistry] = field(default_factory=list)

    @classmethod
    def build(cls, host: Host, stack: ExitStack) -> Self:
        """Open the servers; call it in the rig's network."""
        add = host.rig.namespaces.inside(["ip", "address", "replace", f"{METADATA}/32", "dev", "lo"])
        subprocess.run(add, check=True)
        authority = CertificateAuthority(host.directory / "authority")
        pair = authority.issue("IP:127.0.0.1")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pair.certificate, pair.key)
        elsewhere, metadata, store = (
            stack.enter_context(Server(address)) for address in ("127.0.0.2", METADATA, "127.0.0.3")
        )
        return cls(host, elsewhere, metadata, store, context, authority.certificate, stack)

    def open(self, *, guarded: bool, tls: bool = False) -> FakeRegistry:
        """One more registry; guarded ones want a name and a password."""
        login = (USER, PASSWORD) if guarded else None
        registry = self.stack.enter_context(FakeRegistry(basic=login, tls=self.context if tls else None))
        registry.contents["/v2/"] = Reply(200, {}, b"{}")
        self.registries.append(registry)
        return registry

    def settle(self, registry: FakeRegistry, name: str) -> str:
        """Publish an image of this name, and make a container of it; gives the repository."""
        repository = f"{self.host.prefix}/{name}"
        publish(registry, repository, build(ImageSpec(marker=repository)))
        reference = f"{registry.host}/{repository}:latest"
        login = {"username": USER, "password": PASSWORD}
        for event in self.host.client.pull(reference, stream=True, decode=True, auth_config=login):
            assert "error" not in event, event
        self.host.create_container(name, reference, labels={"updater.enable": "true"})
        return repository

    def environment(self) -> dict[str, str]:
        """The logins of the user, and whom to trust."""
        folder = self.host.directory / "logins"
        folder.mkdir(exist_ok=True)
        auths = {registry.host: {"auth": SECRETS[1]} for registry in self.registries}
        (folder / "config.json").write_text(json.dumps({"auths": auths}))
        secure = [registry.host for registry in self.registries if registry.url.startswith("https")]
        file = self.host.directory / "updater.yml"
        file.write_text(json.dumps({"registries": {name: {"ca_file": str(self.authority)} for name in secure}}))
        return {"DOCKER_CONFIG": str(folder), "UPDATER_CONFIG": str(file)}

    @property
    def healthy(self) -> list[str]:
        """The full names of the containers that nothing is wrong with."""
        return [self.host.name(name) for name in (*_healthy_names(), MOVED, BARE)]


def _healthy_names() -> list[str]:
    return [f"healthy-{number}" for number in range(HEALTHY)]


def populate(town: Town) -> None:
    """Healthy containers and faulty ones, most of them at one registry."""
    common, secure = town.open(guarded=True), town.open(guarded=True, tls=True)
    for name in _healthy_names():
        town.settle(common, name)
    _move(town, common, town.settle(common, MOVED))
    bare = town.settle(common, BARE)
    common.faults[f"/v2/{bare}/manifests/latest"] = Fault(without=(DIGEST_HEADER,))
    # What takes its time would leave the others at its host less of theirs: that is a test of its own.
    slow = town.open(guarded=True)
    settled = []
    for case in CASES:
        shared = slow if case.place is Place.SLOW else secure if case.tls else common
        registry = town.open(guarded=False, tls=case.tls) if case.place is Place.OWN else shared
        settled.append((case, registry, town.settle(registry, case.name)))
    for case, registry, repository in settled:
        case.breaking(Broken(registry, repository, town.elsewhere, town.metadata))


def _move(town: Town, registry: FakeRegistry, repository: str) -> None:
    """The tag moves; the new configuration lies at another host, as blobs often do, and a cookie is set."""
    image = build(ImageSpec(marker="moved"))
    publish(registry, repository, image)
    town.store.answer = Reply(200, {}, image.config)
    location = {"Location": f"{town.store.url}/blob?signature=secret", "Set-Cookie": "a=b; Path=/"}
    registry.contents[f"/v2/{repository}/blobs/{digest_of(image.config)}"] = Reply(307, location)
