"""Which kinds of documents do we take from a registry, and which not? (OCI image spec, media-types.md)

Those of Docker's registry API, version 2 schema 2, mean the same as OCI's.
"""

from __future__ import annotations

import re

from updater.errors import RegistryAnswerInvalid

INDEX_TYPES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
MANIFEST_TYPES = (
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
# In one header: without the right type a registry converts the document or denies that it exists.
ACCEPT = ", ".join(INDEX_TYPES + MANIFEST_TYPES)
_SCHEMA_1 = re.compile(r"application/vnd\.docker\.distribution\.manifest\.v1\+(?:json|prettyjws)")


def refuse_schema_1(content_type: str) -> None:
    """Raise RegistryAnswerInvalid for the media types of schema 1: their digest is not that of what is pulled."""
    if _SCHEMA_1.fullmatch(bare(content_type)):
        raise RegistryAnswerInvalid(
            "the image is published in the old format (schema 1), which engines no longer pull; push it anew"
        )


def bare(content_type: str) -> str:
    """The media type alone, without its parameters."""
    return content_type.partition(";")[0].strip().lower()
