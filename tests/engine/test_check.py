"""`updater check` on a real engine and registry: every kind of container, and what a check costs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from rig import ImageSpec
from rig.images import Platform, build, build_index
from tests.engine.contract import checked, codes

if TYPE_CHECKING:
    from rig.host import Host

pytestmark = pytest.mark.least_rights()
ON = {"updater.enable": "true"}


@pytest.fixture
def fleet(host: Host) -> Host:
    """A current, an outdated, a pinned, a local-image, a not-enabled and an image-self-enabling container."""
    for name in ("current", "outdated", "plain"):
        host.push(f"{name}:latest", ImageSpec(marker="1"))
    host.run_container("current", "current:latest", labels=ON)
    host.run_container("outdated", "outdated:latest", labels=ON)
    host.run_container("plain", "plain:latest")
    digest = host.push("pinned:latest", ImageSpec(marker="p"))
    host.client.pull(host.reference(f"pinned@{digest}"))
    host.run_container("pinned", host.reference(f"pinned@{digest}"), labels=ON)
    host.load("local:latest", ImageSpec(marker="l"))
    host.run_container("local", host.name("local:latest"), labels=ON)
    host.push("selfish:latest", ImageSpec(marker="s", labels=ON))
    host.run_container("selfish", "selfish:latest")
    host.push("outdated:latest", ImageSpec(marker="2", created="2025-05-01T10:00:00.123Z"))
    host.rig.registry.recording.clear()
    return host


def test_every_kind_has_its_own_answer(fleet: Host) -> None:
    result = fleet.updater("check", "--all-containers", "-o", "json")
    assert result.exit_code == 0
    containers = checked(result.json)
    assert {
        name.removeprefix(f"{fleet.prefix}-"): (container["status"], container["decision"], codes(container))
        for name, container in containers.items()
    } == {
        "current": ("current", "leave", ["up-to-date"]),
        "outdated": ("outdated", "update", ["update-available"]),
        "pinned": ("ignored", "leave", ["pinned-by-digest"]),
        "local": ("ignored", "leave", ["local-image"]),
        "plain": ("ignored", "leave", ["not-enabled"]),
        "selfish": ("ignored", "leave", ["not-enabled"]),
    }
    assert result.json["summary"] == {"current": 1, "outdated": 1, "unknown": 0, "ignored": 4}
    outdated = containers[fleet.name("outdated")]
    assert outdated["image"] == fleet.reference("outdated:latest")
    assert outdated["running"]["digest"] != outdated["published"]["digest"]
    assert outdated["published"]["created"] == "2025-05-01T10:00:00Z"
    assert "its image" in containers[fleet.name("selfish")]["reasons"][0]["message"].lower()


def test_without_names_only_what_is_opted_in_is_listed(fleet: Host) -> None:
    result = fleet.updater("check", "-o", "json")
    assert {name.removeprefix(f"{fleet.prefix}-") for name in checked(result.json)} == {
        "current",
        "outdated",
        "pinned",
        "local",
    }


def test_a_check_changes_nothing_and_pulls_nothing(fleet: Host) -> None:
    def state() -> tuple[list[str], list[str]]:
        images = [image["Id"] + str(image["RepoTags"]) for image in fleet.client.images()]
        containers = [container["Id"] + container["State"] for container in fleet.client.containers(all=True)]
        return sorted(images), sorted(containers)

    before = state()
    with fleet.rig.recording_socket() as socket:
        fleet.updater("check", docker_host=socket.host)
        assert {request.method for request in socket.recording.requests} == {"GET"}
    assert state() == before
    assert not fleet.rig.registry.recording.matching(("POST", "PUT", "PATCH", "DELETE"), "/")
    blobs = fleet.rig.registry.recording.matching(("GET",), "/blobs/")
    # The configurations of the one outdated image and (classic store) of what is published instead, and no layer.
    assert len(blobs) in {1, 2}


def test_exit_code_says_that_updates_are_available(fleet: Host) -> None:
    assert fleet.updater("check", "--exit-code").exit_code == 4
    assert fleet.updater("check", "--exit-code", "--monitor-only").exit_code == 4
    assert fleet.updater("check", "--exit-code", fleet.name("current")).exit_code == 0


def test_the_table_names_every_reason(fleet: Host) -> None:
    table = fleet.updater("check").stdout
    assert "NAME" in table
    assert "update" in table
    assert "It is pinned to a digest" in table
    assert "2 containers are not opted in" in table


@pytest.mark.parametrize("name", ["outdated", "plain"])
def test_a_name_opts_in(fleet: Host, name: str) -> None:
    (container,) = checked(fleet.updater("check", fleet.name(name), "-o", "json").json).values()
    assert container["status"] in ("current", "outdated")


def test_a_name_does_not_overrule_a_refusal_or_a_pin(fleet: Host) -> None:
    fleet.run_container("refused", "current:latest", labels={"updater.enable": "false"})
    result = fleet.updater("check", fleet.name("refused"), fleet.name("pinned"), "-o", "json")
    containers = checked(result.json)
    assert codes(containers[fleet.name("refused")]) == ["disabled-by-label"]
    assert codes(containers[fleet.name("pinned")]) == ["pinned-by-digest"]


def test_ids_are_names_too(fleet: Host) -> None:
    identifier = fleet.inspect("plain")["Id"]
    assert list(checked(fleet.updater("check", identifier[:12], "-o", "json").json)) == [fleet.name("plain")]


def test_who_names_one_is_told_nothing_of_the_others(fleet: Host) -> None:
    assert "not opted in" not in fleet.updater("check", fleet.name("outdated")).stdout
    assert "not opted in; --all-containers" in fleet.updater("check").stdout


def test_an_unknown_name_is_an_error_before_anything_happens(fleet: Host) -> None:
    result = fleet.updater("check", fleet.name("current"), "nobody")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "'nobody'" in result.stderr
    assert fleet.name("current") in result.stderr
    assert fleet.rig.registry.recording.requests == []


def test_watchtowers_label_opts_in(host: Host) -> None:
    host.push("web:latest", ImageSpec())
    host.run_container("web", "web:latest", labels={"com.centurylinklabs.watchtower.enable": "true"})
    assert list(checked(host.updater("check", "-o", "json").json)) == [host.name("web")]


def test_a_bad_label_concerns_its_container_only(host: Host) -> None:
    host.push("web:latest", ImageSpec())
    host.run_container("good", "web:latest", labels=ON)
    host.run_container("bad", "web:latest", labels={"updater.enable": "ture"})
    result = host.updater("check", "-o", "json")
    containers = checked(result.json)
    assert codes(containers[host.name("bad")]) == ["invalid-label"]
    assert "'ture'" in containers[host.name("bad")]["reasons"][0]["message"]
    assert containers[host.name("good")]["status"] == "current"
    assert result.exit_code == 0


class TestTheRegistryCannotSay:
    """Each failure has its own code; the others are checked all the same; the exit code is 1."""

    def outcome(self, host: Host, *arguments: str) -> tuple[int, dict[str, list[str]]]:
        result = host.updater("check", "-o", "json", *arguments)
        assert "Traceback" not in result.stderr
        containers = checked(result.json)
        assert all(container["decision"] == "leave" for container in containers.values())
        return result.exit_code, {
            name.removeprefix(f"{host.prefix}-"): [container["status"], *codes(container)]
            for name, container in containers.items()
        }

    def test_tag_gone(self, host: Host) -> None:
        digest = host.push("gone:latest", ImageSpec(marker="1"))
        host.push("here:latest", ImageSpec(marker="2"))
        host.run_container("gone", "gone:latest", labels=ON)
        host.run_container("here", "here:latest", labels=ON)
        host.rig.registry.delete(f"{host.prefix}/gone", digest)
        assert self.outcome(host) == (
            1,
            {"gone": ["unknown", "image-not-found"], "here": ["current", "up-to-date"]},
        )

    def test_registry_down(self, host: Host) -> None:
        host.push("here:latest", ImageSpec())
        host.run_container("here", "here:latest", labels=ON)
        with host.rig.another_registry(5177) as other:
            from rig.images import push

            push(other, "away:latest", ImageSpec(marker="a"))
            host.client.pull(f"{other.address}/away:latest")
            host.run_container("away", f"{other.address}/away:latest", labels=ON)
        assert self.outcome(host) == (
            1,
            {"away": ["unknown", "registry-unreachable"], "here": ["current", "up-to-date"]},
        )

    def test_other_platform_only(self, host: Host) -> None:
        host.push("web:latest", ImageSpec(marker="1"))
        host.run_container("web", "web:latest", labels=ON)
        arm = build(ImageSpec(marker="2", platform=Platform("arm64")))
        host.push("web:latest", build_index([arm]))
        assert self.outcome(host) == (1, {"web": ["unknown", "platform-missing"]})
        host.push("web:latest", arm)
        assert self.outcome(host) == (1, {"web": ["unknown", "platform-missing"]})

    def test_login_needed(self, host: Host) -> None:
        from rig.images import push

        with host.rig.another_registry(5178, users={"me": "secret-word"}) as private:
            push(private, "web:latest", ImageSpec(marker="1"))
            host.client.pull(f"{private.address}/web:latest", auth_config={"username": "me", "password": "secret-word"})
            host.run_container("web", f"{private.address}/web:latest", labels=ON)
            assert self.outcome(host) == (1, {"web": ["unknown", "registry-denied"]})
            folder = host.directory / "logins"
            folder.mkdir()
            (folder / "config.json").write_text(
                '{"auths": {"%s": {"username": "me", "password": "secret-word"}}}' % private.address  # noqa: UP031
            )
            result = host.updater("check", "-o", "json", environment={"DOCKER_CONFIG": str(folder)})
            assert result.exit_code == 0
            assert "secret-word" not in result.stdout + result.stderr


def test_a_cycle_costs_one_request_per_image_and_three_engine_calls(host: Host) -> None:
    for image in range(5):
        host.push(f"image{image}:latest", ImageSpec(marker=str(image)))
    for number in range(50):
        host.create_container(f"c{number}", f"image{number % 5}:latest", labels=ON)
    host.rig.registry.recording.clear()
    with host.rig.recording_socket() as socket:
        result = host.updater("run", "--include-stopped", "-o", "json", docker_host=socket.host)
        engine_calls = list(socket.recording.requests)
    assert result.exit_code == 0
    assert result.json["summary"]["current"] == 50
    asked = host.rig.registry.recording.requests
    assert [request.method for request in asked] == ["HEAD"] * 5
    assert len(engine_calls) == 3, [request.path for request in engine_calls]


def test_an_image_that_no_registry_has_costs_one_call_however_many_share_it(host: Host) -> None:
    host.load("local:latest", ImageSpec(marker="l"))
    for number in range(10):
        host.create_container(f"c{number}", host.name("local:latest"), labels=ON)
    with host.rig.recording_socket() as socket:
        result = host.updater("check", "--include-stopped", "-o", "json", docker_host=socket.host)
        engine_calls = list(socket.recording.requests)
    assert [codes(one) for one in checked(result.json).values()] == [["local-image"]] * 10
    assert len(engine_calls) == 4, [request.path for request in engine_calls]


class TestWhatChanged:
    """Costs one inspection each, and no other call of the engine; what did not change costs none."""

    @pytest.fixture
    def twenty(self, host: Host) -> Host:
        for number in range(20):
            host.push(f"image{number}:latest", ImageSpec(marker=str(number)))
            host.create_container(f"c{number}", f"image{number}:latest", labels=ON)
        for number in (3, 7):
            host.push(f"image{number}:latest", ImageSpec(marker=f"{number} again"))
        host.rig.registry.recording.clear()
        return host

    def calls(self, host: Host, *arguments: str) -> tuple[list[str], list[str]]:
        """What a check calls, beside its three: inspections of containers, and of images."""
        with host.rig.recording_socket() as socket:
            result = host.updater("check", "--include-stopped", "-o", "json", *arguments, docker_host=socket.host)
            paths = [request.path for request in socket.recording.requests]
        assert result.json["summary"] == {"current": 18, "outdated": 2, "unknown": 0, "ignored": 0}
        found = [
            [path for path in paths if re.search(f"/{kind}/(sha256:)?[0-9a-f]{{64}}/json", path)]
            for kind in ("containers", "images")
        ]
        assert len(paths) == 3 + len(found[0]) + len(found[1]), paths
        return found[0], found[1]

    def test_one_inspection_each(self, twenty: Host) -> None:
        containers, images = self.calls(twenty)
        assert (len(containers), images) == (2, [])
        asked = twenty.rig.registry.recording
        assert len(asked.matching("HEAD", "/manifests/")) == 20
        assert len(asked.matching("GET", "/manifests/")) == 2
        # What is published, and (in the classic store) for which platform the image is that runs.
        assert len(asked.matching("GET", "/blobs/")) in {2, 4}
        assert len(asked.requests) <= 26

    def test_the_version_of_a_database_costs_no_other(self, twenty: Host) -> None:
        use = ("--warn-majors", f"{twenty.rig.registry.address}/{twenty.prefix}/*")
        containers, images = self.calls(twenty, *use)
        assert (len(containers), images) == (2, [])

    def test_a_registry_that_no_longer_has_the_old_image_costs_one_call_more(self, twenty: Host) -> None:
        for number in (3, 7):
            running = twenty.inspect(f"c{number}")["Image"]
            twenty.rig.registry.delete(twenty.repository(f"image{number}"), running, "blobs")
        containers, images = self.calls(twenty)
        assert (len(containers), len(images)) == (2, 2)
