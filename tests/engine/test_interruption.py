"""SIGINT and SIGTERM: the container in hand is finished or undone, no other is begun, and the exit code tells."""

from __future__ import annotations

import json
import signal
import threading
import time
from typing import TYPE_CHECKING

import pytest

from rig import ImageSpec, commands
from tests.engine.contract import ran

if TYPE_CHECKING:
    import subprocess

    from rig.host import Host
    from rig.recording import Request

ON = {"updater.enable": "true"}


def wait_for_line(process: subprocess.Popen[str], text: str) -> None:
    assert process.stderr is not None
    deadline = time.monotonic() + 30
    for line in process.stderr:
        if text in line:
            return
        assert time.monotonic() < deadline
    raise AssertionError(f"{text!r} never came")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_during_the_health_wait_the_container_is_put_back(host: Host, number: signal.Signals, code: int) -> None:
    host.push("web:latest", ImageSpec(marker="1"))
    ids = [host.run_container(name, "web:latest", labels=ON) for name in ("one", "two")]
    host.push("web:latest", ImageSpec(marker="2", healthcheck=commands.health_check("exit 1", retries=1000)))
    with host.start_updater("run", "-o", "json", "--grace-period", "1s") as process:
        wait_for_line(process, "prove itself")
        process.send_signal(number)
        stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == code
    assert "Traceback" not in stderr
    results = ran(json.loads(stdout))
    assert [(result["outcome"], result["reason"]["code"]) for result in results.values()] == [
        ("rolled-back", "interrupted"),
        ("skipped", "interrupted"),
    ]
    assert [host.inspect(name)["Id"] for name in ("one", "two")] == ids
    assert all(host.inspect(name)["State"]["Running"] for name in ("one", "two"))
    assert host.container_names() == [host.name("one"), host.name("two")]


def test_while_looking_it_ends_at_once(host: Host) -> None:
    """It does not wait for the engine's answer, which only comes after it has ended."""
    ended = threading.Event()
    with host.rig.recording_socket() as socket:

        def hold_back(request: Request) -> None:
            if "images/json" in request.path:
                ended.wait(30)

        socket.recording.before = hold_back
        with host.start_updater("check", docker_host=socket.host) as process:
            host.wait_until(lambda: any("images/json" in request.path for request in socket.recording.requests))
            process.send_signal(signal.SIGINT)
            stdout, stderr = process.communicate(timeout=25)
        ended.set()
    assert process.returncode == 130
    assert stdout == ""
    assert "Traceback" not in stderr
