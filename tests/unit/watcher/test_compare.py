"""Does what runs differ from what is published? A table, one line per case."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.given import IMAGE_ID, NEW, OLD, OTHER, consideration, container, image, published, published_image
from updater.model.candidate import Status
from updater.model.goal import Goal
from updater.model.platform import Platform
from updater.model.published import LookupFailed
from updater.model.reason import Reason, ReasonCode
from updater.model.reference import parse_reference
from updater.watcher.compare import (
    compare,
    is_same_image,
    not_comparable,
    other_control_labels,
    shown_manifest,
    shown_platform,
)

if TYPE_CHECKING:
    from updater.model.digest import Digest

GOAL = Goal(parse_reference("web:latest"))


@pytest.mark.parametrize(
    ("changes", "digest", "expected", "running"),
    [
        ({}, OLD, Status.CURRENT, OLD),
        ({}, NEW, Status.OUTDATED, OLD),
        # Any of the image's digests in that repository will do, whatever their order.
        ({"image": image(OLD, NEW)}, NEW, Status.CURRENT, NEW),
        ({"image": image(OLD, NEW)}, OTHER, Status.OUTDATED, OLD),
        # Another repository's digest says nothing, even if it is the same.
        ({"image": image(NEW, repository="docker.io/library/other")}, NEW, Status.OUTDATED, None),
        ({"image": image(NEW, repository="registry.example/library/web")}, NEW, Status.OUTDATED, None),
        # In containerd's store the image's id is the digest itself.
        ({"image": image(), "image_id": str(NEW)}, NEW, Status.CURRENT, None),
    ],
)
def test_comparison(changes: dict[str, Any], digest: Digest, expected: Status, running: Digest | None) -> None:
    result = compare(consideration(container(**changes)), published(digest), GOAL)
    assert (result.status, result.running_digest) == (expected, running)


def test_a_failed_lookup_is_unknown_and_never_current() -> None:
    reason = Reason(ReasonCode.REGISTRY_DENIED, "No.")
    result = compare(consideration(), LookupFailed(parse_reference("web"), reason), GOAL)
    assert (result.status, result.finding) == (Status.UNKNOWN, reason)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, None),
        ({"text": f"web@{OLD}"}, ReasonCode.PINNED_BY_DIGEST),
        ({"text": f"web:1@{OLD}"}, ReasonCode.PINNED_BY_DIGEST),
        ({"reference": None, "image_text": IMAGE_ID}, ReasonCode.LOCAL_IMAGE),
        ({"image": image()}, ReasonCode.LOCAL_IMAGE),
        ({"image": image(OLD, repository="docker.io/library/other")}, ReasonCode.LOCAL_IMAGE),
        ({"image": None}, ReasonCode.IMAGE_GONE),
    ],
)
def test_what_cannot_be_compared(changes: dict[str, Any], expected: ReasonCode | None) -> None:
    reason = not_comparable(container(**changes), frozenset())
    assert (reason.code if reason else None) == expected


def test_an_image_without_digests_is_followed_where_its_tag_came_from_the_registry() -> None:
    """The newest engines forget an image's digests as soon as its tag moves on."""
    assert not_comparable(container(image=image()), frozenset({parse_reference("web:latest")})) is None
    assert not_comparable(container(image=image()), frozenset({parse_reference("web:1")})) is not None


@pytest.mark.parametrize(
    ("image_id", "expected"), [(IMAGE_ID, False), (str(OTHER), True), (str(NEW), True), (str(OLD), False)]
)
def test_the_same_image_under_another_digest(image_id: str, expected: bool) -> None:
    assert is_same_image(container(image_id=image_id), published_image(NEW, config=OTHER)) is expected


@pytest.mark.parametrize(
    ("shown", "manifest", "platform"),
    [
        (None, None, None),
        ({}, None, None),
        ({"ImageManifestDescriptor": None}, None, None),
        ({"ImageManifestDescriptor": {"digest": "sha256:m"}}, "sha256:m", None),
        (
            {"ImageManifestDescriptor": {"digest": "sha256:m", "platform": {"os": "linux", "architecture": "arm64"}}},
            "sha256:m",
            Platform("linux", "arm64"),
        ),
        (
            {"ImageManifestDescriptor": {"platform": {"os": "linux", "architecture": "arm", "variant": "v7"}}},
            None,
            Platform("linux", "arm", "v7"),
        ),
        ({"ImageManifestDescriptor": {"platform": {"os": "linux"}}}, None, None),
    ],
)
def test_what_newer_engines_show_with_the_container(
    shown: dict[str, Any] | None, manifest: str | None, platform: Platform | None
) -> None:
    assert (shown_manifest(shown), shown_platform(shown)) == (manifest, platform)


def test_an_index_made_anew_around_the_same_manifest_is_no_update() -> None:
    published = published_image(NEW, config=OTHER)
    assert is_same_image(container(image_id=str(OLD)), published, str(published.manifest_digest))
    assert not is_same_image(container(image_id=str(OLD)), published, str(OTHER))


ENABLE, HOOK, WATCHTOWERS = "updater.enable", "updater.hook.pre-update", "com.centurylinklabs.watchtower.scope"


@pytest.mark.parametrize(
    ("now", "brought", "told"),
    [
        ({}, {}, ()),
        ({ENABLE: "true"}, {ENABLE: "true"}, ()),
        ({}, {ENABLE: "true"}, (ENABLE,)),
        ({ENABLE: "false"}, {ENABLE: "true"}, (f"{ENABLE} (changed)",)),
        ({ENABLE: ""}, {ENABLE: "true"}, (f"{ENABLE} (changed)",)),
        ({ENABLE: "true"}, {}, ()),  # one that it gives up tells us nothing any more
        ({HOOK: "a"}, {HOOK: "secret", WATCHTOWERS: "x"}, (WATCHTOWERS, f"{HOOK} (changed)")),
        ({"maintainer": "a"}, {"maintainer": "b", "updaterish": "c"}, ()),
    ],
)
def test_labels_that_the_new_image_brings_or_changes(
    now: dict[str, str], brought: dict[str, str], told: tuple[str, ...]
) -> None:
    fresh = published_image(NEW)
    fresh = replace(fresh, config={**fresh.config, "Labels": brought})
    found = other_control_labels(container(image=image(OLD, labels=now)), fresh)
    assert found == told
    assert "secret" not in str(found)
