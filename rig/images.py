"""How is a small image made, with full control over everything an updater looks at, and put in its place?

Without `docker build`: layers, config, manifest and index are written here and sent to a registry over HTTP, or
to an engine by `docker load`. That takes hundredths of a second, and the digests are known beforehand.
"""

from __future__ import annotations

import io
import json
import tarfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rig.commands import SERVE
from rig.layers import Layer, base_layer, digest_of, file_layer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from rig.registry import PrivateRegistry


@dataclass(frozen=True)
class Platform:
    """What an image runs on, in the words of an index."""

    architecture: str = "amd64"
    os: str = "linux"
    variant: str = ""

    def as_json(self) -> dict[str, str]:
        parts = {"architecture": self.architecture, "os": self.os, "variant": self.variant}
        return {name: value for name, value in parts.items() if value}


@dataclass(frozen=True)
class MediaTypes:
    """The two dialects in which registries speak about the same things."""

    manifest: str
    index: str
    config: str
    layer: str


DOCKER_TYPES = MediaTypes(
    manifest="application/vnd.docker.distribution.manifest.v2+json",
    index="application/vnd.docker.distribution.manifest.list.v2+json",
    config="application/vnd.docker.container.image.v1+json",
    layer="application/vnd.docker.image.rootfs.diff.tar.gzip",
)
OCI_TYPES = MediaTypes(
    manifest="application/vnd.oci.image.manifest.v1+json",
    index="application/vnd.oci.image.index.v1+json",
    config="application/vnd.oci.image.config.v1+json",
    layer="application/vnd.oci.image.layer.v1.tar+gzip",
)


@dataclass(frozen=True)
class ImageSpec:
    """What the image is to be. Two specs that differ in any field give different digests."""

    command: Sequence[str] | None = SERVE
    entrypoint: Sequence[str] | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    user: str = ""
    workdir: str = ""
    healthcheck: Mapping[str, Any] | None = None
    exposed: Sequence[str] = ()
    """Ports as `8080/tcp`."""
    volumes: Sequence[str] = ()
    stop_signal: str = ""
    shell: Sequence[str] = ()
    on_build: Sequence[str] = ()
    created: str = "2024-01-01T00:00:00Z"
    platform: Platform = Platform()
    files: Mapping[str, bytes] = field(default_factory=dict)
    marker: str = ""
    """Tells versions apart: the content of /etc/marker, and of the page an HTTP_SERVER serves."""
    types: MediaTypes = DOCKER_TYPES


@dataclass(frozen=True)
class BuiltImage:
    """One image of one platform: bytes and digests."""

    spec: ImageSpec
    layers: tuple[Layer, ...]
    config: bytes = field(repr=False)
    manifest: bytes = field(repr=False)

    @property
    def image_id(self) -> str:
        """What an engine with the overlay2 store calls the image."""
        return digest_of(self.config)

    @property
    def digest(self) -> str:
        """What a registry calls the manifest."""
        return digest_of(self.manifest)

    @property
    def entry(self) -> dict[str, Any]:
        """How an index lists it."""
        return {
            **_descriptor(self.spec.types.manifest, self.manifest),
            "platform": self.spec.platform.as_json(),
        }


@dataclass(frozen=True)
class BuiltIndex:
    """Several images under one name."""

    images: tuple[BuiltImage, ...]
    types: MediaTypes
    content: bytes = field(repr=False)

    @property
    def digest(self) -> str:
        return digest_of(self.content)


def build(spec: ImageSpec) -> BuiltImage:
    """Write layers, config and manifest."""
    files = dict(spec.files)
    if spec.marker:
        files |= {"/etc/marker": spec.marker.encode(), "/www/index.html": spec.marker.encode()}
    layers = (base_layer(), file_layer(files)) if files else (base_layer(),)
    config = _json(_config(spec, layers))
    manifest = {
        "schemaVersion": 2,
        "mediaType": spec.types.manifest,
        "config": _descriptor(spec.types.config, config),
        "layers": [_descriptor(spec.types.layer, layer.content) for layer in layers],
    }
    return BuiltImage(spec, layers, config, _json(manifest))


def build_index(
    images: Iterable[BuiltImage], types: MediaTypes = DOCKER_TYPES, extra_entries: Iterable[Mapping[str, Any]] = ()
) -> BuiltIndex:
    """Write an index; `extra_entries` go in as they are, such as an attestation."""
    several = tuple(images)
    entries = [*(image.entry for image in several), *extra_entries]
    index = {"schemaVersion": 2, "mediaType": types.index, "manifests": entries}
    return BuiltIndex(several, types, _json(index))


def attestation(subject: BuiltImage) -> tuple[BuiltImage, dict[str, Any]]:
    """What BuildKit puts beside an image: a manifest for `unknown/unknown`, and its entry in an index.

    Push the first one by digest, or into the same repository, before the index that has the second.
    """
    nowhere = Platform("unknown", "unknown")
    proof = build(ImageSpec(command=None, platform=nowhere, types=OCI_TYPES, labels={"subject": subject.digest}))
    annotations = {
        "vnd.docker.reference.type": "attestation-manifest",
        "vnd.docker.reference.digest": subject.digest,
    }
    return proof, {**proof.entry, "annotations": annotations}


def push(
    registry: PrivateRegistry, name: str, content: ImageSpec | BuiltImage | BuiltIndex | Sequence[BuiltImage]
) -> str:
    """Make `repository:tag` (the tag may be left out: latest) name this image, or this index; give its digest."""
    repository, _, tag = name.partition(":")
    match content:
        case ImageSpec():
            return push(registry, name, build(content))
        case BuiltImage():
            put_content(registry, repository, content)
            return registry.put_manifest(repository, tag or "latest", content.spec.types.manifest, content.manifest)
        case BuiltIndex():
            for image in content.images:
                put_content(registry, repository, image)
                registry.put_manifest(repository, image.digest, image.spec.types.manifest, image.manifest)
            return registry.put_manifest(repository, tag or "latest", content.types.index, content.content)
        case _:
            return push(registry, name, build_index(content))


def put_content(registry: PrivateRegistry, repository: str, image: BuiltImage) -> None:
    """Upload the blobs of an image, but name it by no tag yet."""
    for layer in image.layers:
        registry.put_blob(repository, layer.digest, layer.content)
    registry.put_blob(repository, image.image_id, image.config)


def load(client: Any, name: str, image: ImageSpec | BuiltImage) -> str:
    """Put an image into the engine as if it had been built there, without any registry; give its id."""
    built = build(image) if isinstance(image, ImageSpec) else image
    reference = name if ":" in name else f"{name}:latest"
    members = {f"{layer.digest[7:]}/layer.tar": layer.content for layer in built.layers}
    members["config.json"] = built.config
    listing = [{"Config": "config.json", "RepoTags": [reference], "Layers": [*members][: len(built.layers)]}]
    members["manifest.json"] = _json(listing)
    for _ in client.load_image(_tar(members)):
        pass
    return built.image_id


def _config(spec: ImageSpec, layers: Sequence[Layer]) -> dict[str, Any]:
    settings: dict[str, Any] = {
        "Cmd": _list(spec.command),
        "Entrypoint": _list(spec.entrypoint),
        "Env": ["PATH=/bin:/usr/bin", *(f"{name}={value}" for name, value in spec.env.items())],
        "Labels": dict(spec.labels) or None,
        "User": spec.user or None,
        "WorkingDir": spec.workdir or None,
        "Healthcheck": dict(spec.healthcheck) if spec.healthcheck else None,
        "ExposedPorts": {port: {} for port in spec.exposed} or None,
        "Volumes": {path: {} for path in spec.volumes} or None,
        "StopSignal": spec.stop_signal or None,
        "Shell": list(spec.shell) or None,
        "OnBuild": list(spec.on_build) or None,
    }
    return {
        **spec.platform.as_json(),
        "created": spec.created,
        "config": {name: value for name, value in settings.items() if value is not None},
        "rootfs": {"type": "layers", "diff_ids": [layer.diff_id for layer in layers]},
        "history": [{"created": spec.created, "created_by": "rig"} for _ in layers],
    }


def _list(words: Sequence[str] | None) -> list[str] | None:
    return None if words is None else list(words)


def _descriptor(media_type: str, content: bytes) -> dict[str, Any]:
    return {"mediaType": media_type, "size": len(content), "digest": digest_of(content)}


def _json(value: object) -> bytes:
    return json.dumps(value, indent=1).encode()


def _tar(members: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()
