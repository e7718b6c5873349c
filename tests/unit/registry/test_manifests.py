"""Is what is published read for what it is, and refused where two readers could differ?"""

from __future__ import annotations

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as some

from updater.errors import DigestMismatch, RegistryAnswerInvalid
from updater.model.digest import Digest, digest_of
from updater.model.platform import Platform
from updater.registry.manifests import Entry, Index, Manifest, parse_manifest, verify
from updater.registry.media_types import ACCEPT, refuse_schema_1

ONE, TWO = Digest("sha256:" + "1" * 64), Digest("sha256:" + "2" * 64)
OCI_INDEX, DOCKER_LIST = (
    "application/vnd.oci.image.index.v1+json",
    ("application/vnd.docker.distribution.manifest.list.v2+json"),
)
OCI_MANIFEST, DOCKER_MANIFEST = (
    "application/vnd.oci.image.manifest.v1+json",
    ("application/vnd.docker.distribution.manifest.v2+json"),
)
CONFIG = {"digest": ONE, "size": 3}


def parse(document: object, content_type: str = "") -> Index | Manifest:
    return parse_manifest(json.dumps(document).encode(), content_type)


def test_all_four_types_are_accepted_in_one_header() -> None:
    assert ACCEPT.split(", ") == [OCI_INDEX, DOCKER_LIST, OCI_MANIFEST, DOCKER_MANIFEST]


@pytest.mark.parametrize("media_type", [OCI_MANIFEST, DOCKER_MANIFEST, None])
@pytest.mark.parametrize("content_type", [OCI_MANIFEST, DOCKER_MANIFEST + "; charset=utf-8", "", "application/json"])
def test_a_manifest(media_type: str | None, content_type: str) -> None:
    document = {"schemaVersion": 2, "config": CONFIG, "layers": []}
    document |= {"mediaType": media_type} if media_type else {}
    assert parse(document, content_type) == Manifest(ONE)


@pytest.mark.parametrize("media_type", [OCI_INDEX, DOCKER_LIST])
def test_an_index(media_type: str) -> None:
    entries = [
        {**CONFIG, "platform": {"os": "linux", "architecture": "arm", "variant": "v7", "os.version": "1"}},
        {"digest": TWO, "size": 0, "platform": {"os": "linux"}},
        {"digest": TWO, "size": 0, "mediaType": OCI_INDEX},
    ]
    assert parse({"mediaType": media_type, "manifests": entries}, media_type) == Index(
        (Entry(ONE, Platform("linux", "arm", "v7")), Entry(TWO), Entry(TWO))
    )


@pytest.mark.parametrize(
    "odd", [{"digest": "blake3:" + "1" * 64, "size": 1}, {"digest": "../../x", "size": 1}, {"digest": TWO}, {}]
)
def test_an_entry_that_is_not_understood_hides_no_other(odd: dict[str, object]) -> None:
    entries = [{**odd, "platform": {"os": "linux", "architecture": "arm64"}}, CONFIG]
    assert parse({"manifests": entries}) == Index((Entry(None, Platform("linux", "arm64")), Entry(ONE)))


@pytest.mark.parametrize(
    ("document", "content_type"),
    [
        ({}, ""),
        ({"schemaVersion": 2}, OCI_MANIFEST),
        ({"config": CONFIG, "layers": [], "manifests": []}, OCI_MANIFEST),
        ({"layers": [], "manifests": []}, OCI_INDEX),
        ({"manifests": []}, OCI_MANIFEST),
        ({"mediaType": OCI_MANIFEST, "manifests": []}, ""),
        ({"config": CONFIG}, OCI_INDEX),
        ({"mediaType": DOCKER_LIST, "config": CONFIG}, ""),
        ({"layers": []}, ""),
        ({"config": "text"}, ""),
        ({"config": {"digest": "sha256:short", "size": 1}}, ""),
        ({"config": {"digest": ONE}}, ""),
        ({"config": {"digest": ONE, "size": -1}}, ""),
        ({"config": {"digest": ONE, "size": True}}, ""),
        ({"config": {"digest": ONE, "size": 1.5}}, ""),
    ],
)
def test_refused(document: object, content_type: str) -> None:
    with pytest.raises(RegistryAnswerInvalid):
        parse(document, content_type)


@pytest.mark.parametrize("kind", ["json", "prettyjws", "prettyjws; charset=utf-8"])
def test_schema_1_is_refused(kind: str) -> None:
    content_type = f"application/vnd.docker.distribution.manifest.v1+{kind}"
    with pytest.raises(RegistryAnswerInvalid, match="schema 1"):
        refuse_schema_1(content_type)
    with pytest.raises(RegistryAnswerInvalid, match="schema 1"):
        parse({"schemaVersion": 1, "config": CONFIG}, content_type)


def test_schema_1_under_another_name_is_refused() -> None:
    with pytest.raises(RegistryAnswerInvalid, match="schema 1"):
        parse({"schemaVersion": 1, "name": "a", "fsLayers": []}, "application/json")


def test_bytes_are_checked_against_their_digest() -> None:
    content = b"content"
    assert verify(content, digest_of(content), "it") is content
    sha512 = Digest("sha512:" + hashlib.sha512(content).hexdigest())
    assert verify(content, sha512, "it") is content
    for digest in (digest_of(b"other"), Digest("sha512:" + "0" * 128)):
        with pytest.raises(DigestMismatch, match="it is not what its digest"):
            verify(content, digest, "it")


_json = some.recursive(
    some.none() | some.booleans() | some.integers() | some.text(max_size=5),
    lambda inner: (
        some.lists(inner, max_size=3)
        | some.dictionaries(some.sampled_from(["config", "layers", "manifests", "digest", "size", "platform"]), inner)
    ),
    max_leaves=8,
)


@given(_json, some.sampled_from([OCI_INDEX, OCI_MANIFEST, "", "text/html"]))
def test_nothing_else_is_raised(document: object, content_type: str) -> None:
    try:
        parse(document, content_type)
    except RegistryAnswerInvalid:
        return
