"""Is what runs what is published? Tags that moved here or there, images known by several names, indexes made anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rig import ImageSpec
from rig.images import Platform, build, build_index
from tests.engine.contract import checked, codes
from updater.engine.rights import Use

if TYPE_CHECKING:
    from rig.host import Host

pytestmark = pytest.mark.least_rights()
ON = {"updater.enable": "true"}


def test_a_tag_that_moved_here_is_still_followed_by_its_name(host: Host) -> None:
    """The engine's list then shows an image id instead of the reference."""
    host.push("web:latest", ImageSpec(marker="1"))
    host.run_container("web", "web:latest", labels=ON)
    host.push("web:latest", ImageSpec(marker="2"))
    host.pull("web:latest")
    (container,) = checked(host.updater("check", "-o", "json").json).values()
    assert container["image"] == host.reference("web:latest")
    assert (container["status"], container["decision"]) == ("outdated", "update")


@pytest.mark.parametrize("name", ["aaa-other", "zzz-other"])
def test_an_image_that_two_repositories_know_is_followed_in_its_own(host: Host, name: str) -> None:
    """Some engines list the digest of one repository only, the first or the last."""
    host.push("web:latest", ImageSpec(marker="1"))
    host.run_container("web", "web:latest", labels=ON)
    host.client.tag(host.reference("web:latest"), host.name(name), "latest")
    (shown,) = host.updater("check", "-o", "json").json["containers"]
    assert shown["status"] == "current", shown["reasons"]
    host.push("web:latest", ImageSpec(marker="2"))
    (shown,) = host.updater("check", "-o", "json").json["containers"]
    assert shown["status"] == "outdated", shown["reasons"]


def test_a_container_made_from_an_image_id_has_nothing_to_follow(host: Host) -> None:
    host.push("web:latest", ImageSpec(marker="1"))
    identifier = host.pull("web:latest")
    host.run_container("long", identifier, labels=ON)
    host.run_container("short", identifier.removeprefix("sha256:")[:12], labels=ON)
    containers = checked(host.updater("check", "-o", "json").json)
    assert [codes(container) for container in containers.values()] == [["local-image"]] * 2


def test_the_same_image_under_a_new_digest_is_no_update(host: Host) -> None:
    image = build(ImageSpec(marker="1"))
    host.push("web:latest", image)
    host.run_container("web", "web:latest", labels=ON)
    host.push("web:latest", build_index([image]))
    (container,) = checked(host.updater("check", "-o", "json").json).values()
    assert container["status"] == "current"


def test_an_index_made_anew_around_the_image_that_runs_is_no_update(host: Host) -> None:
    """As when another platform was added: with containerd's store the image's id is the old index's digest."""
    image, other = build(ImageSpec(marker="1")), build(ImageSpec(marker="2", platform=Platform("arm64")))
    host.push("web:latest", build_index([image]))
    host.run_container("web", "web:latest", labels=ON)
    host.push("web:latest", build_index([image, other]))
    (shown,) = host.updater("check", "-o", "json").json["containers"]
    assert (shown["status"], codes(shown)) == ("current", ["up-to-date"])


@pytest.mark.least_rights(Use.UPDATE)
def test_a_tag_that_is_pointed_back_is_not_followed(host: Host) -> None:
    first = host.push("web:latest", ImageSpec(marker="1"))
    host.run_container("web", "web:latest", labels=ON)
    host.updater("check")
    host.push("web:latest", ImageSpec(marker="2"))
    assert host.updater("run", "--grace-period", "1s", "-o", "json").json["summary"]["updated"] == 1
    assert host.push("web:latest", ImageSpec(marker="1")) == first
    (shown,) = host.updater("check", "-o", "json").json["containers"]
    assert (shown["status"], shown["decision"], codes(shown)) == ("outdated", "leave", ["moved-back"])
    result = host.updater("run", "-o", "json")
    assert (result.exit_code, result.json["summary"]["updated"]) == (0, 0)
    assert host.execute("web", "cat /etc/marker") == "2"
    host.push("web:latest", ImageSpec(marker="3"))
    assert host.updater("run", "--grace-period", "1s", "-o", "json").json["summary"]["updated"] == 1
