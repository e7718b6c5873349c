"""What is in a thousand tiny images that share one layer? Made in memory, the same bytes on every run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from rig.images import DOCKER_TYPES
from rig.layers import digest_of, file_layer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rig.layers import Layer


class Stored(NamedTuple):
    """What a registry holds under one path."""

    media_type: str
    digest: str
    content: bytes


def repository(number: int) -> str:
    """The path of an image within its registry."""
    return f"bench/app-{number:04}"


def contents(count: int) -> Iterator[tuple[str, Stored]]:
    """The paths of the registry's API, and what is under each, for that many images tagged `latest`."""
    layer = file_layer({"/etc/motd": b"one layer for all\n"})
    for number in range(count):
        config = _config(number, layer)
        manifest = _manifest(config, layer)
        base = f"/v2/{repository(number)}"
        stored = _stored(DOCKER_TYPES.manifest, manifest)
        yield f"{base}/manifests/latest", stored
        yield f"{base}/manifests/{stored.digest}", stored
        for blob in (config, layer.content):
            yield f"{base}/blobs/{digest_of(blob)}", _stored("application/octet-stream", blob)


def _stored(media_type: str, content: bytes) -> Stored:
    return Stored(media_type, digest_of(content), content)


def _config(number: int, layer: Layer) -> bytes:
    return json.dumps(
        {
            "architecture": "amd64",
            "os": "linux",
            "created": "2024-01-01T00:00:00Z",
            "config": {"Cmd": ["/bin/true"], "Labels": {"number": str(number)}},
            "rootfs": {"type": "layers", "diff_ids": [layer.diff_id]},
        }
    ).encode()


def _manifest(config: bytes, layer: Layer) -> bytes:
    described = ((DOCKER_TYPES.config, config), (DOCKER_TYPES.layer, layer.content))
    config_entry, layer_entry = (
        {"mediaType": media_type, "size": len(content), "digest": digest_of(content)}
        for media_type, content in described
    )
    document = {"schemaVersion": 2, "mediaType": DOCKER_TYPES.manifest, "config": config_entry, "layers": [layer_entry]}
    return json.dumps(document).encode()
