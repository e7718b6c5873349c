"""Values to test with: a container, an image, what is published; each test says only what matters to it."""

from __future__ import annotations

from typing import Any

from updater.model.candidate import Candidate, Status
from updater.model.consideration import Consideration
from updater.model.container import ContainerSnapshot, ContainerState, ImageFacts
from updater.model.digest import Digest
from updater.model.published import Published
from updater.model.published_content import PublishedImage
from updater.model.reference import parse_reference
from updater.model.terms import Enabled, Terms

OLD = Digest("sha256:" + "a" * 64)
NEW = Digest("sha256:" + "b" * 64)
OTHER = Digest("sha256:" + "c" * 64)
IMAGE_ID = "sha256:" + "1" * 64
CONTAINER_ID = "f" * 64


def image(
    *digests: Digest, repository: str = "docker.io/library/web", labels: dict[str, str] | None = None
) -> ImageFacts:
    return ImageFacts(IMAGE_ID, frozenset((repository, digest) for digest in digests), labels or {})


def container(text: str = "web:latest", **changes: Any) -> ContainerSnapshot:
    values: dict[str, Any] = {
        "id": CONTAINER_ID,
        "name": "web",
        "image_text": text,
        "image_id": IMAGE_ID,
        "reference": parse_reference(text),
        "image": image(OLD),
        "state": ContainerState.RUNNING,
        "labels": {},
    }
    return ContainerSnapshot(**(values | changes))


def consideration(snapshot: ContainerSnapshot | None = None, **terms: Any) -> Consideration:
    return Consideration(snapshot or container(), Terms(Enabled.BY_USER, **terms), None, listed=True)


def published(digest: Digest = NEW, text: str = "web:latest") -> Published:
    return Published(parse_reference(text), digest)


def published_image(digest: Digest = NEW, config: Digest = OTHER) -> PublishedImage:
    return PublishedImage(digest, digest, config, None)


def candidate(status: Status = Status.OUTDATED, **changes: Any) -> Candidate:
    values: dict[str, Any] = {
        "consideration": consideration(),
        "status": status,
        "running_digest": OLD,
        "lookup": published(),
        "published_image": published_image() if status is Status.OUTDATED else None,
        "target": parse_reference("web:latest"),
    }
    return Candidate(**(values | changes))
