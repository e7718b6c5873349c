"""Config: what the user set is kept, what the old image gave follows the new one. One line per case."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.recreator.inspects import NEW_IMAGE, OLD_ID, OLD_IMAGE, container, drawn, image, new_image
from updater.recreator.blueprint import IMAGE_GONE, draw

COMPOSE = "com.docker.compose."


@pytest.mark.parametrize(
    ("options", "sent"),
    [
        # Nothing set: all is left to the new image.
        ({}, {"Env": [], "Labels": {}}),
        # Env, entry by entry
        ({"Env": ["MINE=1"]}, {"Env": ["MINE=1"]}),
        ({"Env": ["MODE=mine"]}, {"Env": ["MODE=mine"]}),
        ({"Env": ["MODE"]}, {"Env": ["MODE"]}),
        ({"Env": ["MODE="]}, {"Env": ["MODE="]}),
        ({"Env": ["MODE=old"]}, {"Env": []}),
        ({"Env": ["A=x=y z", "B="]}, {"Env": ["A=x=y z", "B="]}),
        # Labels
        ({"Labels": {"mine": "1"}}, {"Labels": {"mine": "1"}}),
        ({"Labels": {"version": "mine"}}, {"Labels": {"version": "mine"}}),
        ({"Labels": {"version": "1"}}, {"Labels": {}}),
        ({"Labels": {"updater.enable": "true"}}, {"Labels": {"updater.enable": "true"}}),
        ({"Labels": {"updater.operation.name": "web"}}, {"Labels": {}}),
        # Entrypoint and Cmd, as one unit
        ({"Cmd": ["mine"]}, {"Cmd": ["mine"]}),
        ({"Entrypoint": ["/mine"]}, {"Entrypoint": ["/mine"]}),
        ({"Entrypoint": ["/mine"], "Cmd": ["mine"]}, {"Entrypoint": ["/mine"], "Cmd": ["mine"]}),
        ({"Entrypoint": ["/mine"], "Cmd": ["serve"]}, {"Entrypoint": ["/mine"], "Cmd": ["serve"]}),
        ({"Entrypoint": ["/old"]}, {"Entrypoint": ["/old"]}),
        ({"Entrypoint": ["/old"], "Cmd": ["mine"]}, {"Cmd": ["mine"]}),
        ({"Entrypoint": [""], "Cmd": ["mine"]}, {"Entrypoint": [""], "Cmd": ["mine"]}),
        ({"Entrypoint": [""], "Cmd": ["serve"]}, {"Entrypoint": [""], "Cmd": ["serve"]}),
        ({"Entrypoint": []}, {"Entrypoint": []}),
        ({"Entrypoint": [], "Cmd": ["mine"]}, {"Entrypoint": [], "Cmd": ["mine"]}),
        # Healthcheck, field by field
        ({"Healthcheck": {"Test": ["NONE"]}}, {"Healthcheck": {"Test": ["NONE"]}}),
        ({"Healthcheck": {"Interval": 7}}, {"Healthcheck": {"Interval": 7}}),
        ({"Healthcheck": {"Test": ["CMD", "mine"], "Retries": 3}}, {"Healthcheck": {"Test": ["CMD", "mine"]}}),
        ({"Healthcheck": {"StartInterval": 5}}, {"Healthcheck": {"StartInterval": 5}}),
        ({"Healthcheck": {"Interval": 1}}, {}),
        # Whole or not at all
        ({"User": "mine"}, {"User": "mine"}),
        ({"User": "1"}, {}),
        ({"WorkingDir": "/mine"}, {"WorkingDir": "/mine"}),
        ({"StopSignal": "SIGINT"}, {"StopSignal": "SIGINT"}),
        ({"Shell": ["/bin/mine"]}, {"Shell": ["/bin/mine"]}),
        ({"Shell": ["/bin/old"]}, {}),
        # Never
        ({"OnBuild": ["RUN x"], "ArgsEscaped": True}, {}),
        # Ports and volumes
        ({"ExposedPorts": {"99/udp": {}}}, {"ExposedPorts": {"99/udp": {}}}),
        ({"ExposedPorts": {"80/tcp": {}}}, {}),
        ({"Volumes": {"/mine": {}}}, {"Volumes": {"/mine": {}}}),
        # Copied
        ({"Tty": True, "OpenStdin": True, "StopTimeout": 42}, {"Tty": True, "OpenStdin": True, "StopTimeout": 42}),
        ({"Invented2030": {"a": [1]}}, {"Invented2030": {"a": [1]}}),
    ],
)
def test_what_is_sent(options: dict[str, Any], sent: dict[str, Any]) -> None:
    body = drawn(container(options)).body
    own = {"Env": [], "Labels": {}, "Image": "web:latest", "HostConfig": body["HostConfig"]}
    assert body == own | {"NetworkingConfig": {"EndpointsConfig": {}}} | sent


@pytest.mark.parametrize(
    ("options", "old_defaults", "new_defaults", "expected"),
    [
        ({"Cmd": ["mine"]}, {}, {"Entrypoint": ["/new"], "Cmd": ["x"]}, (["/new"], ["mine"])),
        ({"Cmd": ["mine"]}, {"Cmd": ["x"]}, {"Cmd": ["y"]}, (None, ["mine"])),
        ({}, {"Cmd": ["x"]}, {"Entrypoint": ["/new"]}, (["/new"], None)),
        ({"Entrypoint": [""], "Cmd": ["mine"]}, {"Entrypoint": ["/old"]}, {"Entrypoint": ["/new"]}, (None, ["mine"])),
        ({"Entrypoint": ["/e"]}, {"Cmd": ["x"]}, {"Cmd": ["y"]}, (["/e"], None)),
        ({"Entrypoint": []}, {"Entrypoint": ["/old"], "Cmd": ["x"]}, {"Cmd": ["y"]}, ([], ["y"])),
    ],
)
def test_what_runs_then(options: Any, old_defaults: Any, new_defaults: Any, expected: Any) -> None:
    old = container(options, defaults=old_defaults)
    config = drawn(old, image(old_defaults), new_image(new_defaults)).expected.config
    assert (config["Entrypoint"], config["Cmd"]) == expected


def test_a_field_of_the_image_that_nobody_knows_yet_follows_it() -> None:
    old = container({"Invented2030": "old", "Tty": True})
    body = drawn(old, image({"Invented2030": "old", "Tty": True})).body
    assert "Invented2030" not in body
    # No engine takes this one from the image, whatever the image says.
    assert body["Tty"] is True


def test_published_port_is_the_users_whoever_exposed_it() -> None:
    bindings = {"80/tcp": [{"HostIp": "", "HostPort": "8080"}]}
    assert drawn(container({}, {"PortBindings": bindings})).body["ExposedPorts"] == {"80/tcp": {}}


def test_published_but_never_exposed_port_stays_unexposed() -> None:
    assert "ExposedPorts" not in drawn(container({}, {"PortBindings": {"99/tcp": [{}]}})).body


class TestComposeLabels:
    def test_never_dropped_even_if_the_image_has_them(self) -> None:
        labels = {f"{COMPOSE}project": "p", "com.docker.stack.namespace": "s", "com.docker.swarm.task": "t"}
        defaults = {"Labels": labels}
        assert drawn(container(defaults=defaults), image(defaults)).body["Labels"] == labels

    @pytest.mark.parametrize("held", [OLD_IMAGE, "sha256:stale"])
    def test_image_id_becomes_the_new_one(self, held: str) -> None:
        old = container({"Labels": {f"{COMPOSE}image": held}})
        assert drawn(old).body["Labels"] == {f"{COMPOSE}image": NEW_IMAGE}

    def test_manifest_digest_becomes_the_new_ones(self) -> None:
        old = container({"Labels": {f"{COMPOSE}image": "sha256:m"}}, ImageManifestDescriptor={"digest": "sha256:m"})
        manifests = [
            {"ID": "sha256:a", "Kind": "attestation", "Available": True},
            {"ID": "sha256:n", "Kind": "image", "Available": True},
            {"ID": "sha256:o", "Kind": "image", "Available": False},
        ]
        assert drawn(old, to=new_image(Manifests=manifests)).body["Labels"] == {f"{COMPOSE}image": "sha256:n"}
        assert drawn(old).body["Labels"] == {f"{COMPOSE}image": NEW_IMAGE}


class TestOperationLabels:
    def test_the_last_operation_s_go_and_this_one_s_come(self) -> None:
        old = container({"Labels": {"updater.operation.old-id": "x", "updater.operation.name": "web"}})
        labels = drawn(old, operation_labels={"updater.operation.old-id": OLD_ID}).body["Labels"]
        assert labels == {"updater.operation.old-id": OLD_ID}


class TestImageGone:
    def test_everything_counts_as_the_users(self) -> None:
        old = container()
        body = draw_without_image(old)
        kept = ("Env", "Labels", "Cmd", "Entrypoint", "User", "WorkingDir", "StopSignal", "ExposedPorts", "Volumes")
        assert {field: body[field] for field in kept} == {field: old["Config"][field] for field in kept}
        assert body["Healthcheck"] == old["Config"]["Healthcheck"]

    def test_an_entrypoint_that_was_not_there_does_not_appear(self) -> None:
        body = draw_without_image(container({"Entrypoint": [""], "Cmd": ["mine"]}))
        assert (body["Entrypoint"], body["Cmd"]) == ([""], ["mine"])

    def test_note(self) -> None:
        notes = draw(container(), None, new_image(), reference="web", api_version="1.41").notes
        assert notes[0].why == IMAGE_GONE


def draw_without_image(old: dict[str, Any]) -> dict[str, Any]:
    return draw(old, None, new_image(), reference="web", api_version="1.41").body
