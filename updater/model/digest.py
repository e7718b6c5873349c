"""What exactly is this content? A digest names bytes by their hash (OCI image spec, descriptor: digests)."""

from __future__ import annotations

import hashlib
import re
from typing import NewType

Digest = NewType("Digest", str)

# The spec allows other algorithms; every registry and engine in use speaks sha256, and sha512 is registered.
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}")


def parse_digest(text: str) -> Digest:
    """Read `sha256:<64 hex>` or `sha512:<128 hex>`; raises ValueError for anything else."""
    if not _DIGEST.fullmatch(text):
        raise ValueError(f"not a digest: {text[:80]!r}")
    return Digest(text)


def digest_in(label: str | None) -> Digest | None:
    """What a label of an update holds; None where it holds none."""
    return Digest(label) if label is not None and _DIGEST.fullmatch(label) else None


def digest_of(content: bytes) -> Digest:
    """The sha256 digest of these bytes."""
    return Digest("sha256:" + hashlib.sha256(content).hexdigest())


def short(digest: str) -> str:
    """The first twelve hexadecimal digits, as the docker command line shows an id."""
    return digest.partition(":")[2][:12] or digest[:12]
