"""The engine's lists, as seen on real engines, become snapshots."""

from __future__ import annotations

from typing import Any

import pytest

from updater.engine.snapshot import container_name, inventory, reference_of
from updater.model.digest import Digest
from updater.model.reference import parse_reference

ID = "sha256:" + "ab" * 32
DIGEST = Digest("sha256:" + "d" * 64)


def listed(**changes: Any) -> dict[str, Any]:
    return {
        "Id": "c" * 64,
        "Names": ["/web"],
        "Image": "web:1",
        "ImageID": ID,
        "State": "running",
        "Labels": None,
        **changes,
    }


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["/web"], "web"),
        (["/proxy/web", "/web"], "web"),
        (["/web", "/proxy/web-alias"], "web"),
        ([], None),
    ],
)
def test_names(names: list[str], expected: str | None) -> None:
    assert container_name(names) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("web", "web:latest"),
        ("abab", None),
        ("abababababab", None),
        ("cafe", "cafe:latest"),
        (ID, None),
        (ID.partition(":")[2], None),
        ("web:", None),
    ],
)
def test_references_and_ids(text: str, expected: str | None) -> None:
    assert reference_of(text, ID) == (parse_reference(expected) if expected else None)


def test_an_image_without_names_has_no_digests() -> None:
    images = [{"Id": ID, "RepoTags": ["<none>:<none>"], "RepoDigests": ["<none>@<none>"], "Labels": None}]
    seen = inventory([listed()], images)
    (container,) = seen.containers
    assert container.image is not None
    assert container.image.repository_digests == frozenset()
    assert seen.registry_tags == frozenset()


def test_digests_and_registry_tags() -> None:
    images = [{"Id": ID, "RepoTags": ["web:1", "mine:2"], "RepoDigests": [f"web@{DIGEST}"], "Labels": {"a": "b"}}]
    seen = inventory([listed()], images)
    (container,) = seen.containers
    assert container.image is not None
    assert container.image.digests_for(parse_reference("docker.io/library/web:9")) == {DIGEST}
    assert container.image.labels == {"a": "b"}
    assert seen.registry_tags == {parse_reference("web:1")}


def test_containers_being_removed_are_left_out() -> None:
    assert inventory([listed(Names=[])], []).containers == ()


def test_a_missing_image_is_none() -> None:
    (container,) = inventory([listed(Labels={"updater.enable": "true"})], []).containers
    assert container.image is None
    assert container.user_labels == {}


def test_whose_network_and_links_the_list_shows() -> None:
    vpn, app = "a" * 64, "b" * 64
    seen = inventory(
        [
            listed(Id=vpn, Names=["/vpn"]),
            listed(Id=app, Names=["/app"], HostConfig={"NetworkMode": f"container:{vpn}"}),
            listed(
                Names=["/web", "/proxy/web", "/proxy/web-again", "/other/web"], HostConfig={"NetworkMode": "bridge"}
            ),
            listed(Id="d" * 64, Names=["/proxy"], HostConfig=None),
        ],
        [],
    )
    assert {container.name: container.needs for container in seen.containers} == {
        "vpn": frozenset(),
        "app": {vpn},
        "web": frozenset(),
        "proxy": {"c" * 64},
    }
    assert {one.name: one.network_of for one in seen.containers if one.network_of is not None} == {"app": vpn}
