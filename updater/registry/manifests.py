"""What does a published document say: an index of images, or one image? (OCI image spec, manifest.md, image-index.md)

The media types of Docker's registry API, version 2 schema 2, mean the same.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from updater.errors import DigestMismatch, RegistryAnswerInvalid
from updater.model.digest import Digest, parse_digest, short
from updater.registry.configuration import platform_of
from updater.registry.media_types import INDEX_TYPES, MANIFEST_TYPES, bare, refuse_schema_1
from updater.registry.strict_json import JsonObject, object_of, objects_of, parse_object, text_of

if TYPE_CHECKING:
    from updater.model.platform import Platform


@dataclass(frozen=True, slots=True)
class Entry:
    """Where one image of an index is, and for which platform, where that is said.

    `digest` is None where what is said is malformed, or of an algorithm that is not known here: that matters to nobody
    but who wants this very image.
    """

    digest: Digest | None
    platform: Platform | None = None


@dataclass(frozen=True, slots=True)
class Index:
    """Several images under one name."""

    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Manifest:
    """One image; `config` is the digest of its configuration."""

    config: Digest


def verify(content: bytes, digest: Digest, what: str) -> bytes:
    """The content, if it hashes to the digest; raises DigestMismatch."""
    algorithm, _, expected = digest.partition(":")
    if hashlib.new(algorithm, content).hexdigest() != expected:
        raise DigestMismatch(
            f"{what} is not what its digest {algorithm}:{short(digest)}… says: the registry, or something before "
            "it, changed the bytes; do not pull this image until that is explained"
        )
    return content


def parse_manifest(body: bytes, content_type: str) -> Index | Manifest:
    """Read an index or a manifest; raises RegistryAnswerInvalid.

    A document that could be read as both is refused, since two programs may then disagree on what it means
    (OCI distribution advisory GHSA-mc8v-mgrf-8f4m).
    """
    refuse_schema_1(content_type)
    document = parse_object(body, "the manifest")
    if document.get("schemaVersion") == 1:
        refuse_schema_1("application/vnd.docker.distribution.manifest.v1+json")
    is_index, is_manifest = "manifests" in document, "config" in document or "layers" in document
    types = {text_of(document, "mediaType"), bare(content_type)}
    is_index_type, is_manifest_type = bool(types & set(INDEX_TYPES)), bool(types & set(MANIFEST_TYPES))
    if is_index == is_manifest or (is_index and is_manifest_type) or (is_manifest and is_index_type):
        raise RegistryAnswerInvalid("what is published is neither clearly an image nor clearly an index; push it anew")
    if is_index:
        return Index(tuple(_entry(entry) for entry in objects_of(document, "manifests")))
    return Manifest(_pointed_to(object_of(document, "config")))


def _entry(entry: JsonObject) -> Entry:
    platform = platform_of(object_of(entry, "platform"))
    try:
        return Entry(_pointed_to(entry), platform)
    except RegistryAnswerInvalid:
        return Entry(None, platform)


def _pointed_to(descriptor: JsonObject) -> Digest:
    size = descriptor.get("size")
    try:
        digest = parse_digest(text_of(descriptor, "digest"))
    except ValueError:
        raise RegistryAnswerInvalid("the manifest points to something without a valid digest; push it anew") from None
    if isinstance(size, bool) or not isinstance(size, int) or size < 0:
        raise RegistryAnswerInvalid("the manifest points to something without a size; push it anew")
    return digest
