"""Two updaters on one engine, without a common state folder: never both on one container, and the second says so.

Nor do they stop each other.
"""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING

import pytest

from rig import ImageSpec, commands
from tests.engine.contract import checked, codes, ran
from tests.engine.self_update import NAME, STATE, Home

if TYPE_CHECKING:
    from rig.host import Host
    from rig.recording import Request
    from rig.updater_image import UpdaterImage

ON = {"updater.enable": "true"}
SLOW = ImageSpec(marker="2", healthcheck=commands.health_check("test -e /go", interval=0.3, retries=200))


def test_the_second_leaves_what_the_first_is_working_on(host: Host) -> None:
    host.push("web:latest", ImageSpec(marker="1"))
    host.push("other:latest", ImageSpec(marker="1"))
    host.run_container("web", "web:latest", labels=ON)
    host.push("web:latest", SLOW)
    elsewhere = {"UPDATER_STATE_DIR": str(host.directory / "elsewhere")}
    with host.start_updater("run", "-o", "json") as first:
        assert first.stderr is not None
        next(line for line in first.stderr if "until the verdict" in line)
        host.run_container("other", "other:latest", labels=ON)
        host.push("other:latest", ImageSpec(marker="2"))
        names = host.container_names()
        second = host.updater("run", "--grace-period", "1s", "-o", "json", environment=elsewhere)
        recovery = host.updater("recover", "-o", "json", environment=elsewhere)
        look = checked(host.updater("check", "-o", "json", environment=elsewhere).json)
        assert host.container_names() == names
        host.execute("web", "touch /go")
        stdout, _ = first.communicate(timeout=60)
    results = ran(second.json)
    assert second.exit_code == 0
    assert (results[host.name("web")]["outcome"], results[host.name("web")]["reason"]["code"]) == ("skipped", "busy")
    assert results[host.name("other")]["outcome"] == "updated"
    assert [entry["reason"]["code"] for entry in recovery.json["recovered"]] == ["busy"]
    assert codes(look[host.name("web")]) == ["busy"]
    assert ran(json.loads(stdout))[host.name("web")]["outcome"] == "updated"
    assert host.container_names() == [host.name("other"), host.name("web")]


def test_the_image_is_deleted_between_pull_and_create(host: Host) -> None:
    host.push("web:latest", ImageSpec(marker="1"))
    old_id = host.run_container("web", "web:latest", labels=ON)
    host.push("web:latest", ImageSpec(marker="2"))

    def delete(request: Request) -> None:
        if "/containers/create" in request.path:
            host.client.remove_image(host.reference("web:latest"), force=True)

    with host.rig.recording_socket() as socket:
        socket.recording.before = delete
        result = host.updater("run", "-o", "json", docker_host=socket.host)
    outcome = ran(result.json)[host.name("web")]
    assert (result.exit_code, outcome["outcome"], outcome["reason"]["code"]) == (1, "failed", "create-failed")
    assert host.inspect("web")["Id"] == old_id
    assert host.inspect("web")["State"]["Running"]
    assert host.container_names() == [host.name("web")]


def test_an_image_cannot_pose_as_one_of_our_containers(host: Host) -> None:
    """Labels that an image plants belong to a name that its container does not have: nothing is touched."""
    host.push("web:latest", ImageSpec(marker="1"))
    victim = host.run_container("web", "web:latest")
    planted = {"updater.operation.name": host.name("web"), "updater.operation.old-id": victim}
    host.push("evil:latest", ImageSpec(marker="e", labels=planted))
    host.run_container("evil", "evil:latest")
    before = host.container_names()
    assert host.updater("recover", "-o", "json").json["recovered"] == []
    assert host.container_names() == before
    assert host.inspect("web")["State"]["Running"]


def test_names_that_merely_look_like_ours_are_left_alone(host: Host) -> None:
    host.push("web:latest", ImageSpec(marker="1"))
    host.run_container("web", "web:latest")
    lookalikes = ["web.old-a-0123456789ab", "web.new-0123456789ab", "web.go-0123456789ab", "web.bad-0123456789ab"]
    for name in lookalikes:
        host.create_container(name, "web:latest")
    before = host.container_names()
    assert host.updater("recover", "-o", "json").json["recovered"] == []
    assert host.container_names() == before


@pytest.mark.timeout(300)
def test_two_of_different_images_do_not_stop_each_other(host: Host, updater_image: UpdaterImage) -> None:
    """Each makes the other one's successor at the same moment. Neither has a scope, and none sees what the other is."""
    made: list[str] = []
    both_made = threading.Event()

    def wait_for_the_other(request: Request, status: int) -> None:
        if status == 201 and ".new-" in request.target and not both_made.is_set():
            made.append(request.target)
            if len(made) > 1:
                both_made.set()
            both_made.wait(20)

    with host.rig.recording_socket() as socket:
        socket.path.chmod(0o666)  # the updaters are not root
        home = Home(host, updater_image, socket, beside=frozenset({host.name("other")}))
        state = {"Binds": [f"{socket.path}:/run/engine.sock", f"{host.name('state2')}:{STATE}"]}
        ids = {home.create("old"), home.create("older", short="other", host_config=state)}
        home.publish("good")
        socket.recording.after = wait_for_the_other
        for identifier in ids:
            host.client.start(identifier)
        pair = (NAME, "other")
        host.wait_until(lambda: home.is_settled() and not ids & {host.inspect(one)["Id"] for one in pair}, 90)
        assert both_made.is_set()
        assert {home.variant_now(one) for one in pair} == {"good"}
        assert all(host.inspect(one)["State"]["Running"] for one in pair)
