"""Which image is meant? Text such as `nginx` or `ghcr.io/a/b:1@sha256:…`, read once, both spellings kept.

The grammar is that of github.com/distribution/reference, which the engine and every registry client follow;
names and tags are those of the OCI distribution spec ("Pulling manifests").
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from updater.model.digest import parse_digest

if TYPE_CHECKING:
    from updater.model.digest import Digest

DOCKER_HUB = "docker.io"
DEFAULT_TAG = "latest"
# The spec advises clients to keep registry, slash and repository within this many characters.
LONGEST_NAME = 255

# Names under which Docker Hub is known, in texts old and new; all of them are one registry.
_HUB_HOSTS = frozenset({DOCKER_HUB, "index.docker.io", "registry-1.docker.io"})

_DOMAIN_PART = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?"
_DOMAIN = re.compile(rf"(?:{_DOMAIN_PART}(?:\.{_DOMAIN_PART})*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?")
_PATH_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_PATH = re.compile(rf"{_PATH_PART}(?:/{_PATH_PART})*")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_IMAGE_ID = re.compile(r"(?:sha256:)?[a-f0-9]{64}")


class NotAReference(ValueError):
    """The text names no image in a registry: malformed, or the id of an image."""

    def __init__(self, text: str, problem: str) -> None:
        super().__init__(f"{text[:300]!r} is not an image reference: {problem}")


@dataclass(frozen=True, slots=True)
class ImageReference:
    """A repository in a registry, and what is wanted from it: a tag, a digest, or both.

    Two references are equal when they mean the same, however they were written.
    """

    registry: str
    repository: str
    tag: str | None
    digest: Digest | None
    text: str = field(compare=False)

    def __str__(self) -> str:
        return self.text

    @property
    def name(self) -> str:
        """Registry and repository: `docker.io/library/nginx`."""
        return f"{self.registry}/{self.repository}"

    @property
    def canonical(self) -> str:
        """Everything written out: `docker.io/library/nginx:latest`."""
        tag = f":{self.tag}" if self.tag else ""
        digest = f"@{self.digest}" if self.digest else ""
        return f"{self.name}{tag}{digest}"

    @property
    def is_pinned(self) -> bool:
        """True where a digest fixes the content, so that nothing newer can be meant."""
        return self.digest is not None

    def with_tag(self, tag: str) -> ImageReference:
        """Another tag of the same repository, spelled as this one is."""
        bare = self.text.partition("@")[0]
        if self.tag is not None and bare.endswith(f":{self.tag}"):
            bare = bare.removesuffix(f":{self.tag}")
        return replace(self, tag=tag, digest=None, text=f"{bare}:{tag}")

    def with_digest(self, digest: Digest) -> ImageReference:
        """The same repository and tag, fixed to this content."""
        fixed = replace(self, digest=digest)
        return replace(fixed, text=fixed.canonical)


def parse_reference(text: str) -> ImageReference:
    """Read a reference as the engine does; raises NotAReference.

    Without registry Docker Hub is meant, there without a path `library/`, without tag and digest `latest`.
    """
    if _IMAGE_ID.fullmatch(text):
        # The engine reads such a text as an image id, before it looks for a repository of that name.
        raise NotAReference(text, "it is an image id")
    rest, separator, digest_text = text.partition("@")
    digest = _digest(text, digest_text) if separator else None
    rest, tag = _split_tag(text, rest)
    registry, repository = _registry_and_repository(text, rest)
    if tag is None and digest is None:
        tag = DEFAULT_TAG
    return ImageReference(registry, repository, tag, digest, text)


def parse_repository_digest(text: str) -> tuple[str, Digest]:
    """Read an entry of an image's RepoDigests, `nginx@sha256:…`, as (`docker.io/library/nginx`, digest).

    Raises NotAReference, also for the `<none>@<none>` that engines show for an image without a name.
    """
    reference = parse_reference(text)
    if reference.digest is None:
        raise NotAReference(text, "it has no digest")
    return reference.name, reference.digest


def is_tag(text: str) -> bool:
    """Whether the text can be a tag."""
    return _TAG.fullmatch(text) is not None


def _digest(text: str, digest_text: str) -> Digest:
    try:
        return parse_digest(digest_text)
    except ValueError:
        raise NotAReference(text, "after @ a digest is expected (sha256: and 64 hexadecimal digits)") from None


def _split_tag(text: str, rest: str) -> tuple[str, str | None]:
    # A colon before the last slash belongs to a port, or to an address in brackets.
    colon = rest.rfind(":")
    if colon <= rest.rfind("/"):
        return rest, None
    tag = rest[colon + 1 :]
    if not _TAG.fullmatch(tag):
        raise NotAReference(text, "a tag has 1 to 128 letters, digits, '_', '.' or '-' and starts with none of '.-'")
    return rest[:colon], tag


def _registry_and_repository(text: str, rest: str) -> tuple[str, str]:
    first, slash, remainder = rest.partition("/")
    if slash and _is_registry(first):
        if not _DOMAIN.fullmatch(first) or (first.startswith("[") and not _is_ipv6(first[1 : first.index("]")])):
            raise NotAReference(text, "the part before the first slash is not a host")
        # Without its capital, a host without a dot or a port would be read as the beginning of the path.
        registry, path = (first.lower() if _is_registry(first.lower()) else first), remainder
    else:
        registry, path = DOCKER_HUB, rest
    if not _PATH.fullmatch(path):
        raise NotAReference(text, "a repository has lowercase letters and digits, joined by '.', '_', '__', '-' or '/'")
    if registry in _HUB_HOSTS:
        registry = DOCKER_HUB
        path = path if "/" in path else f"library/{path}"
    if len(registry) + 1 + len(path) > LONGEST_NAME:
        raise NotAReference(text, f"registry and repository are longer than {LONGEST_NAME} characters")
    return registry, path


def _is_ipv6(literal: str) -> bool:
    try:
        ipaddress.IPv6Address(literal)
    except ValueError:
        return False
    return True


def _is_registry(part: str) -> bool:
    # As the engine tells `a/b` from `host/b`: a dot, a port, localhost, or a capital that no path may have.
    return "." in part or ":" in part or part == "localhost" or part != part.lower()
