"""Does the program under test see the private engine, all of its registry, and nothing of this machine?"""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING, Any

import docker
import pytest

from rig import HangUp, ImageSpec, Request, RigError

if TYPE_CHECKING:
    from rig.host import Host

REPORT = """
import json, os, requests
print(json.dumps({
    "variables": sorted(os.environ),
    "registry": requests.get("http://127.0.0.1:5000/v2/").status_code,
    "updater": __import__("updater").__name__,
}))
"""


def test_the_program_under_test_starts_clean(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UPDATER_SURPRISE", "1")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere")
    ended = host.rig.run([sys.executable, "-c", REPORT], host.environment())
    assert ended.returncode == 0, ended.stderr
    assert '"registry": 200' in ended.stdout
    assert "SURPRISE" not in ended.stdout
    assert "CA_BUNDLE" not in ended.stdout


def test_the_updater_runs(host: Host) -> None:
    result = host.updater("--help")
    assert result.exit_code == 0, result.stderr
    assert "Usage" in result.stdout


def test_a_wish_that_does_not_come_true_is_an_error(host: Host) -> None:
    with pytest.raises(RigError, match="in vain for rain"):
        host.wait_until(lambda: False, seconds=0.05, what="rain")


def test_the_engine_through_the_recording_socket(host: Host) -> None:
    host.push("web:latest", ImageSpec())
    with host.rig.recording_socket() as recorded:
        client = docker.APIClient(base_url=recorded.host, version="1.41")
        events = list(client.pull(host.reference("web:latest"), stream=True, decode=True))
        assert "Downloaded newer image" in events[-1]["status"]
        host.run_container("web", "web:latest")
        identifier = client.exec_create(host.name("web"), ["echo", "hello"])["Id"]
        assert client.exec_start(identifier) == b"hello\n"
        stream = client.exec_create(host.name("web"), ["cat"], stdin=True, tty=True)["Id"]
        attached: Any = client.exec_start(stream, socket=True, tty=True)
        with attached, attached._sock as terminal:
            terminal.sendall(b"typed\n")
            assert terminal.recv(100).startswith(b"typed")
        client.close()
    paths = [(request.method, request.path.removeprefix("/v1.41")) for request in recorded.recording.requests]
    assert paths == [
        ("POST", "/images/create"),
        ("POST", f"/containers/{host.name('web')}/exec"),
        ("POST", f"/exec/{identifier}/start"),
        ("POST", f"/containers/{host.name('web')}/exec"),
        ("POST", f"/exec/{stream}/start"),
    ]


CLIENT = """
import docker, sys
client = docker.APIClient(version="1.41", **docker.utils.kwargs_from_env())
"""
KILLED_HALFWAY = (
    CLIENT
    + """
client.create_container_from_config({"Image": sys.argv[1]}, sys.argv[2])
client.start(sys.argv[2])
"""
)


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_process_can_be_killed_around_the_kth_request(host: Host, moment: str) -> None:
    """The process ends, and the container is there exactly if the engine had done the work."""
    host.push("web:latest", ImageSpec())
    host.pull("web:latest")
    with host.rig.recording_socket() as recorded:
        arguments = [sys.executable, "-c", KILLED_HALFWAY, host.reference("web:latest"), host.name("web")]

        def kill(request: Request, status: int = 0) -> HangUp | None:
            if request.number == 1:
                process.kill()
                return HangUp()
            return None

        setattr(recorded.recording, moment, kill)
        process = host.rig.popen(arguments, host.environment(recorded.host))
        process.communicate(timeout=30)
    assert process.returncode == -signal.SIGKILL
    assert len(recorded.recording.requests) == 1
    assert host.exists("web") is (moment == "after")


def test_a_client_that_dies_ends_its_stream(host: Host) -> None:
    """The engine must notice through the proxy, as it would without."""

    def listeners() -> int:
        return int(host.client.info()["NEventsListener"])

    before = listeners()
    with host.rig.recording_socket() as recorded:
        script = CLIENT + "print(list(client.events(decode=True)))"
        with host.rig.popen([sys.executable, "-c", script], host.environment(recorded.host)) as process:
            try:
                host.wait_until(lambda: listeners() > before, what="the listener to be there")
            finally:
                process.kill()
        host.wait_until(lambda: listeners() == before, what="the listener to be gone")
