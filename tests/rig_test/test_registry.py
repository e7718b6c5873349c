"""Does the private registry hold what is pushed, move tags, ask for logins and count requests?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import requests
from docker.errors import APIError

from rig import ImageSpec, Platform, Reply, RigError, build, build_index, push
from rig.images import DOCKER_TYPES, OCI_TYPES, MediaTypes, attestation, put_content

if TYPE_CHECKING:
    from rig.host import Host

MANIFESTS = r"/manifests/"


def test_a_tag_moves(host: Host) -> None:
    registry, repository = host.rig.registry, host.repository("web")
    first = host.push("web:latest", ImageSpec(marker="one"))
    assert registry.digest_of(repository, "latest") == first
    second = host.push("web:latest", ImageSpec(marker="two"))
    assert second != first
    assert registry.digest_of(repository, "latest") == second
    assert registry.digest_of(repository, first) == first


def test_a_deleted_image_is_gone_for_the_engine_too(host: Host) -> None:
    registry, repository = host.rig.registry, host.repository("web")
    digest = host.push("web:latest", ImageSpec())
    registry.delete(repository, digest)
    assert registry.digest_of(repository, "latest") is None
    with pytest.raises(APIError, match="manifest unknown"):
        host.pull("web:latest")
    with pytest.raises(RigError, match="did not delete"):
        registry.delete(repository, digest)


def test_requests_of_the_engine_are_counted_and_those_of_the_test_are_not(host: Host) -> None:
    host.push("web:latest", ImageSpec())
    recording = host.rig.registry.recording
    assert recording.requests == []
    host.pull("web:latest")
    assert len(recording.matching("HEAD", MANIFESTS)) == 1
    assert len(recording.matching("GET", MANIFESTS)) == 1
    # How many of its layers the engine has already depends on the tests before.
    assert recording.matching("GET", "/blobs/")


def test_a_process_in_the_network_reaches_the_engines_address(host: Host) -> None:
    host.push("web:latest", ImageSpec())
    script = "import urllib.request; print(urllib.request.urlopen('http://127.0.0.1:5000/v2/').status)"
    ended = host.rig.run(["/usr/bin/python3", "-c", script], environment={})
    assert ended.stdout == "200\n", ended.stderr


def test_a_hook_makes_the_registry_refuse(host: Host) -> None:
    host.push("web:latest", ImageSpec())
    host.rig.registry.recording.before = lambda request: (
        Reply(429, b'{"errors":[{"code":"TOOMANYREQUESTS"}]}', {"Content-Type": "application/json"})
        if "/manifests/" in request.path
        else None
    )
    with pytest.raises(APIError, match="toomanyrequests"):
        host.pull("web:latest")


def test_a_stopped_registry_cannot_be_reached_and_keeps_its_images(host: Host) -> None:
    registry = host.rig.registry
    host.push("web:latest", ImageSpec())
    registry.stop()
    try:
        with pytest.raises(APIError, match="connection refused"):
            host.pull("web:latest")
    finally:
        registry.start()
    host.pull("web:latest")


def test_a_registry_with_a_login(host: Host) -> None:
    with host.rig.another_registry(5100, users={"ann": "secret", "bob": "hush"}) as private:
        push(private, f"{host.prefix}/web:latest", ImageSpec())
        reference = f"{private.address}/{host.prefix}/web:latest"
        url = f"http://{private.address}/v2/"
        with requests.Session() as session:
            session.trust_env = False
            assert session.get(url, timeout=5).status_code == 401
            assert session.get(url, auth=("bob", "hush"), timeout=5).status_code == 200
            assert session.get(url, auth=("ann", "hush"), timeout=5).status_code == 401
        with pytest.raises(APIError, match="no basic auth credentials"):
            list(host.client.pull(reference, stream=True, decode=True))
        login = {"username": "ann", "password": "secret"}
        events = list(host.client.pull(reference, stream=True, decode=True, auth_config=login))
        assert not [event for event in events if "error" in event]


@pytest.mark.parametrize("types", [DOCKER_TYPES, OCI_TYPES], ids=["docker", "oci"])
def test_an_index_gives_each_platform_its_image(host: Host, types: MediaTypes) -> None:
    arm = build(ImageSpec(platform=Platform("arm", "linux", "v7"), marker="arm"))
    amd = build(ImageSpec(marker="amd"))
    index = build_index([arm, amd], types)
    assert host.push("web:latest", index) == index.digest
    assert host.pull("web:latest") == amd.image_id
    assert host.client.inspect_image(amd.image_id)["RepoDigests"] == [f"{host.reference('web')}@{index.digest}"]


def test_an_index_with_an_attestation_is_pulled_as_usual(host: Host) -> None:
    image = build(ImageSpec(marker="one", types=OCI_TYPES))
    proof, entry = attestation(image)
    repository = host.repository("web")
    put_content(host.rig.registry, repository, proof)
    host.rig.registry.put_manifest(repository, proof.digest, OCI_TYPES.manifest, proof.manifest)
    host.push("web:latest", build_index([image], OCI_TYPES, [entry]))
    assert host.pull("web:latest") == image.image_id
