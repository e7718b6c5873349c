"""In which ways can a registry be wrong or hostile, and what is an updater to say of each?

The images are pulled while the registries are still honest. Then each repository gets its own fault.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, Any

from rig import ImageSpec, Platform, build, build_index
from rig.fake_server import Fault, Reply
from rig.images import DOCKER_TYPES, OCI_TYPES
from rig.layers import digest_of

if TYPE_CHECKING:
    from rig.fake_registry import FakeRegistry
    from rig.fake_server import Server

NOWHERE = "sha256:" + "0" * 64
ELSEWHERE = "sha256:" + "f" * 64
EVIL = "\x1b[2J\u202e\u2066<script>alert(1)</script>\x07\u200b"
IN_A_HEADER = EVIL.replace("\x1b", "\x9b").encode().decode("latin-1")
"""A header's value as this server writes it: UTF-8, read as Latin-1 by most."""
PORTAL = b"<!DOCTYPE html><html><body><script>location='http://login.example/'</script>Please log in</body></html>"
LONG = {"X-Padding": "x" * 20_000}
DIGEST_HEADER = "Docker-Content-Digest"


@dataclass(frozen=True)
class Broken:
    """One repository of which the registry is about to be wrong."""

    registry: FakeRegistry
    repository: str
    elsewhere: Server
    """Another host. What it is asked is written down."""
    metadata: Server
    """A server at 169.254.169.254."""

    @property
    def tag(self) -> str:
        return f"/v2/{self.repository}/manifests/latest"

    def publish(self, image: Any) -> str:
        """Make the tag name another image or index; its digest."""
        return publish(self.registry, self.repository, image)

    def another(self) -> Any:
        """An image that differs from the one that was pulled."""
        return build(ImageSpec(marker=f"{self.repository} again"))


def publish(registry: FakeRegistry, repository: str, image: Any) -> str:
    """Put an image or index, with all its layers, under the tag `latest`; its digest."""
    for each in getattr(image, "images", (image,)):
        for layer in each.layers:
            registry.put_blob(repository, layer.content)
        registry.put_blob(repository, each.config)
        digest = registry.put_manifest(repository, each.manifest, each.spec.types.manifest, "latest")
    if hasattr(image, "images"):
        return registry.put_manifest(repository, image.content, image.types.index, "latest")
    return digest


Breaking = Callable[[Broken], None]


class Place(Enum):
    """At which registry the fault is."""

    COMMON = auto()
    SLOW = auto()
    OWN = auto()
    """The fault concerns a whole registry, so that it needs one of its own."""


@dataclass(frozen=True)
class Case:
    """A fault, and the code of the reason that it must give."""

    name: str
    code: str
    breaking: Breaking
    place: Place = Place.COMMON
    tls: bool = False


def answers(**fault: Any) -> Breaking:
    """The tag is answered with this fault."""

    def breaking(one: Broken) -> None:
        one.registry.faults[one.tag] = Fault(**fault)

    return breaking


def says(body: bytes, media_type: str = OCI_TYPES.manifest, **headers: str) -> Breaking:
    """The tag is answered without a digest, and then with this body."""
    return answers(without=(DIGEST_HEADER,), body=body, headers={"Content-Type": media_type, **headers})


def challenges(header: str) -> Breaking:
    """The tag is answered with a wish for authentication; `{…}` in it may name the other servers."""

    def breaking(one: Broken) -> None:
        told = header.format(elsewhere=one.elsewhere.host, metadata=one.metadata.host)
        one.registry.faults[one.tag] = Fault(status=401, headers={"WWW-Authenticate": told} if told else {})

    return breaking


def redirects(location: str, **headers: str) -> Breaking:
    """The tag is answered with a redirect; `{…}` in it may name the other servers."""

    def breaking(one: Broken) -> None:
        places = {"elsewhere": one.elsewhere.url, "metadata": one.metadata.url, "tag": one.tag}
        target = location.format(**places, own=one.registry.host)
        one.registry.faults[one.tag] = Fault(status=307, headers={"Location": target, **headers})

    return breaking


def endless(one: Broken) -> None:
    """A body that does not say how long it is."""
    headers = {"Connection": "close"}
    without = (DIGEST_HEADER, "Content-Length")
    answers(truncates=True, body=b" " * 40_000_000, without=without, headers=headers)(one)


def compresses(one: Broken) -> None:
    body = gzip.compress(one.registry.contents[one.tag].body)
    says(body, DOCKER_TYPES.manifest, **{"Content-Encoding": "gzip"})(one)


def announces_other_bytes(one: Broken) -> None:
    one.registry.contents[one.tag.replace("latest", ELSEWHERE)] = one.registry.contents[one.tag]
    answers(headers={DIGEST_HEADER: ELSEWHERE})(one)


def has_configuration(body: Callable[[bytes], bytes]) -> Breaking:
    """The tag moves to an image whose configuration comes as other bytes than were announced."""

    def breaking(one: Broken) -> None:
        image = one.another()
        one.publish(image)
        path = f"/v2/{one.repository}/blobs/{digest_of(image.config)}"
        one.registry.contents[path] = Reply(200, {}, body(image.config))

    return breaking


def is_for_another_platform(one: Broken) -> None:
    one.publish(build_index([build(ImageSpec(marker="arm", platform=Platform("arm64")))]))


def moves_to_old_format(one: Broken) -> None:
    media_type = "application/vnd.docker.distribution.manifest.v1+prettyjws"
    says(b'{"schemaVersion": 1, "name": "app", "tag": "latest", "fsLayers": []}', media_type)(one)


def blames(status: int) -> Breaking:
    """An error whose every word is meant for a terminal or a page, not for a reader."""
    body = json.dumps({"errors": [{"code": EVIL, "message": EVIL, "detail": EVIL}]}).encode()
    headers = dict.fromkeys(("Server", "X-Error", "Retry-After", "Content-Type", DIGEST_HEADER), IN_A_HEADER)
    return answers(status=status, body=body, headers=headers)


ERROR, DENIED, GONE = "registry-error", "registry-denied", "image-not-found"
AWAY, LIMITED, MISMATCH = "registry-unreachable", "registry-rate-limited", "digest-mismatch"

CASES = (
    Case("forbidden", DENIED, answers(status=403)),
    Case("gone", GONE, answers(status=404)),
    Case("fails", ERROR, answers(status=500)),
    Case("unavailable", ERROR, answers(status=503)),
    Case("teapot", ERROR, answers(status=418)),
    Case("limited", LIMITED, answers(status=429, headers={"Retry-After": "3600"}), place=Place.OWN),
    Case("limited-silently", LIMITED, answers(status=429), place=Place.OWN),
    Case("hangs", AWAY, answers(hangs=True), place=Place.SLOW),
    Case("hangs-up", AWAY, answers(hangs_up=True)),
    Case(
        "trickles-headers", AWAY, answers(trickles_headers=True, headers={"X-Padding": "x" * 20_000}), place=Place.SLOW
    ),
    Case("trickles-body", AWAY, answers(trickles=0.2, without=(DIGEST_HEADER,)), place=Place.SLOW),
    Case("truncates", AWAY, answers(truncates=True, without=(DIGEST_HEADER,))),
    Case("redirects-away", ERROR, redirects("{elsewhere}{tag}")),
    Case("redirects-with-a-cookie", ERROR, redirects("{elsewhere}{tag}", **{"Set-Cookie": "a=b; Path=/"})),
    Case("redirects-to-metadata", ERROR, redirects("{metadata}/latest/meta-data/")),
    Case("redirects-for-ever", ERROR, redirects("{tag}")),
    Case("redirects-to-http", ERROR, redirects("http://{own}{tag}"), tls=True),
    Case("redirects-to-markup", ERROR, redirects("http://<script>{elsewhere}{tag}")),
    Case("redirects-to-no-address", ERROR, redirects("http://[not-an-address/")),
    Case("redirects-in-colour", ERROR, redirects(f"http://{IN_A_HEADER}/")),
    Case("announces-nothing", GONE, answers(headers={DIGEST_HEADER: NOWHERE})),
    Case("announces-other-bytes", MISMATCH, announces_other_bytes),
    Case("other-configuration", MISMATCH, has_configuration(lambda config: config.replace(b"/bin/sh", b"/bin/no"))),
    Case("large-configuration", ERROR, has_configuration(lambda _: b" " * 20_000_000)),
    Case("compressed", ERROR, compresses),
    Case("large", ERROR, says(b" " * 20_000_000)),
    Case("large-without-a-length", ERROR, endless),
    Case("deep", ERROR, says(b'{"a":' * 200_000)),
    Case("repeats-keys", ERROR, says(b'{"schemaVersion": 2, "manifests": [], "manifests": []}')),
    Case("not-a-number", ERROR, says(b'{"schemaVersion": NaN, "manifests": []}')),
    Case("no-json", ERROR, says(b"\xff\xfe\x00")),
    Case("old-format", ERROR, moves_to_old_format),
    Case("portal", ERROR, says(PORTAL, "text/html; charset=utf-8")),
    Case("another-platform", "platform-missing", is_for_another_platform),
    Case("denies-in-colour", DENIED, blames(403)),
    Case("fails-in-colour", ERROR, blames(500)),
    Case("no-challenge", ERROR, challenges(""), place=Place.OWN),
    Case("unknown-challenge", ERROR, challenges(f"Negotiate, {IN_A_HEADER} realm=x"), place=Place.OWN),
    Case("foreign-realm", DENIED, challenges('Bearer realm="http://{elsewhere}/token",service="x"'), place=Place.OWN),
    Case("realm-at-metadata", ERROR, challenges('Bearer realm="http://{metadata}/token"'), place=Place.OWN),
    Case("realm-at-no-address", ERROR, challenges('Bearer realm="http://[not-an-address/"'), place=Place.OWN),
    Case("realm-of-markup", ERROR, challenges('Bearer realm="http://<script>{elsewhere}/"'), place=Place.OWN),
    Case("realm-over-http", ERROR, challenges('Bearer realm="http://{elsewhere}/token"'), place=Place.OWN, tls=True),
)
