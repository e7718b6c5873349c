"""What becomes of an update that is interrupted or killed, or whose engine dies, while a hook runs?"""

from __future__ import annotations

import json
import signal
import threading
from typing import TYPE_CHECKING

import pytest

from rig.recording import HangUp
from tests.engine.contract import ran
from tests.engine.hooked import POST, PRE, QUICK, start, steps
from tests.engine.test_cut_short import recover
from tests.engine.test_interruption import wait_for_line
from updater.engine.rights import Use

if TYPE_CHECKING:
    import subprocess

    from rig.host import Host
    from rig.recording import Request

pytestmark = pytest.mark.least_rights(Use.UPDATE, Use.HOOKS)

MOMENTS = [
    ("before", r"/containers/[0-9a-f]+/exec$"),
    ("after", r"/containers/[0-9a-f]+/exec$"),
    ("before", r"/exec/[0-9a-f]+/start$"),
    ("during", r"/exec/[0-9a-f]+/start$"),
    ("before", r"/exec/[0-9a-f]+/json$"),
    ("after", r"/exec/[0-9a-f]+/json$"),
]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_before_the_update(host: Host, number: signal.Signals) -> None:
    web = start(host, {PRE: "sleep 7777", f"{PRE}-timeout": "1h"})
    with host.start_updater("run", *QUICK) as process:
        host.wait_until(lambda: web.runs("sleep 7777"))
        process.send_signal(number)
        stdout, stderr = process.communicate(timeout=20)
    assert "Traceback" not in stderr
    assert process.returncode == 128 + number
    outcome = ran(json.loads(stdout))[host.name("web")]
    assert (outcome["outcome"], outcome["reason"]["code"]) == ("failed", "interrupted")
    assert web.is_as_it_was()


def test_interrupted_after_the_update(host: Host) -> None:
    web = start(host, {POST: "sleep 7777", f"{POST}-timeout": "1h"})
    with host.start_updater("run", *QUICK) as process:
        wait_for_line(process, "hook after the update")
        host.wait_until(lambda: web.runs("sleep 7777"))
        process.send_signal(signal.SIGTERM)
        stdout, _ = process.communicate(timeout=20)
    assert process.returncode == 128 + signal.SIGTERM
    outcome = ran(json.loads(stdout))[host.name("web")]
    assert outcome["outcome"] == "updated"
    assert "You interrupted" in outcome["notes"][0]
    assert host.container_names() == [host.name("web")]
    assert host.execute("web", "cat /etc/marker") == "2"


def test_the_engine_dies_during_the_hook_after_the_update(host: Host) -> None:
    """It is waited for, the new container is started and judged again, and the hook has had its turn."""
    web = start(host, {POST: "sleep 7777", f"{POST}-timeout": "1h"})
    with host.start_updater("run", *QUICK) as process:
        wait_for_line(process, "hook after the update")
        host.wait_until(lambda: web.runs("sleep 7777"))
        host.rig.engine.kill()
        host.rig.engine.start()
        stdout, stderr = process.communicate(timeout=60)
    assert "Traceback" not in stderr
    outcome = ran(json.loads(stdout))[host.name("web")]
    assert outcome["outcome"] == "updated"
    assert "Its hook after the update was cut short" in outcome["notes"][0]
    assert host.container_names() == [host.name("web")]
    assert host.inspect("web")["State"]["Running"]


def kill_in_hook(host: Host, when: str, path: str) -> None:
    """Run, and kill it before or after this call, or while the hook runs."""
    started: list[subprocess.Popen[str]] = []
    known = threading.Event()
    with host.rig.recording_socket() as socket:

        def strike(request: Request, moment: str) -> HangUp | None:
            if moment != when or request not in socket.recording.matching(("GET", "POST"), path):
                return None
            known.wait(10)
            started[0].kill()
            return HangUp()

        def before(request: Request) -> HangUp | None:
            if when == "during" and request in socket.recording.matching("POST", path):
                threading.Timer(0.3, lambda: started[0].kill()).start()
            return strike(request, "before")

        socket.recording.before = before
        socket.recording.after = lambda request, _: strike(request, "after")
        started.append(host.start_updater("run", *QUICK, docker_host=socket.host))
        known.set()
        started[0].communicate(timeout=80)
    assert started[0].returncode == -signal.SIGKILL


@pytest.mark.parametrize(("when", "path"), MOMENTS)
@pytest.mark.parametrize("which", [PRE, POST])
def test_killed_during_a_hook(host: Host, which: str, when: str, path: str) -> None:
    """Before the update nothing has happened; after it the new one is judged anew, and its hook runs once more."""
    web = start(host, {which: "sleep 0.6; echo ran >> /proc/1/fd/1", "updater.grace-period": "1s"})
    kill_in_hook(host, when, path)
    (outcome,) = recover(host)
    assert host.container_names() == [host.name("web")]
    assert host.inspect("web")["State"]["Running"]
    if which == PRE:
        assert outcome["reason"]["code"] == "interrupted"
        assert web.is_as_it_was()
        assert web.update()["outcome"] == "updated"
    else:
        assert outcome["outcome"] == "updated"
        assert "post-update" in steps(outcome)
        assert "ran" in host.logs("web")
    assert host.execute("web", "cat /etc/marker") == "2"
