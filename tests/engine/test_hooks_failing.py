"""What can a hook that fails do to an update? Hold it up, but never undo it or hang it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from rig import ImageSpec, commands
from rig.recording import Reply
from tests.engine.contract import ran
from tests.engine.hooked import POST, PRE, QUICK, start
from updater.engine.rights import Use

if TYPE_CHECKING:
    from rig.host import Host

pytestmark = pytest.mark.least_rights(Use.UPDATE, Use.HOOKS)

# A shell of another name, so that /bin/sh may be missing.
WITHOUT_SHELL = {"/bin/.wh.sh": b""}
NAMELESS_SHELL = ("/bin/busybox", *commands.SERVE)


def test_a_failure_before_leaves_everything_and_turns_nothing_down(host: Host) -> None:
    web = start(host, {PRE: "echo one; echo two >&2; test -e /tmp/ready"})
    outcome = web.update()
    assert (outcome["outcome"], outcome["reason"]["code"], outcome["exit_code"]) == ("failed", "hook-failed", 1)
    assert "exit code 1: two." in outcome["reason"]["message"]
    assert outcome["notes"] == ["Its hook before the update wrote:\none\ntwo"]
    assert outcome["downtime_seconds"] is None
    assert web.is_as_it_was()
    host.execute("web", "touch /tmp/ready")
    assert web.update()["outcome"] == "updated"


def test_75_postpones(host: Host) -> None:
    web = start(host, {PRE: "test -e /tmp/ready && exit 0; echo a backup is running; exit 75"})
    for _ in range(2):
        outcome = web.update()
        assert (outcome["outcome"], outcome["reason"]["code"], outcome["exit_code"]) == ("skipped", "hook-postponed", 0)
        assert "a backup is running" in outcome["reason"]["message"]
        assert web.is_as_it_was()
    host.execute("web", "touch /tmp/ready")
    assert web.update()["outcome"] == "updated"


def test_a_failure_after_is_told_and_undoes_nothing(host: Host) -> None:
    web = start(host, {POST: "echo cannot warm up; exit 3"})
    outcome = web.update()
    assert (outcome["outcome"], outcome["exit_code"]) == ("updated", 0)
    assert outcome["notes"] == [
        "Its hook after the update failed: it ended with exit code 3: cannot warm up. The update stays."
    ]
    assert host.execute("web", "cat /etc/marker") == "2"
    assert host.container_names() == [host.name("web")]


def test_secrets_and_control_characters_are_taken_out(host: Host) -> None:
    line = r"""printf '\033[31mred\033[0m\a %s\n' "$DB_PASSWORD"; exit 1"""
    outcome = start(host, {PRE: line}, Env=["DB_PASSWORD=hunter2"]).update()
    written = json.dumps(outcome)
    assert "hunter2" not in written
    assert not re.search(r"\\u00[01]", written)  # as JSON writes control characters
    assert "red [0m ***" in outcome["reason"]["message"]


def test_a_command_that_is_not_there(host: Host) -> None:
    web = start(host, {PRE: "no-such-program"})
    outcome = web.update()
    assert outcome["reason"]["code"] == "hook-failed"
    assert "exit code 127: /bin/sh: no-such-program: not found" in outcome["reason"]["message"]
    assert web.is_as_it_was()


def test_no_shell_in_the_image(host: Host) -> None:
    web = start(host, {PRE: "true"}, ImageSpec(marker="1", files=WITHOUT_SHELL, command=NAMELESS_SHELL))
    outcome = web.update()
    assert (outcome["outcome"], outcome["reason"]["code"]) == ("failed", "hook-failed")
    assert "no /bin/sh" in outcome["reason"]["message"]
    assert web.is_as_it_was()


@pytest.mark.parametrize("path", [r"/containers/[0-9a-f]+/exec$", r"/exec/[0-9a-f]+/start$"])
@pytest.mark.parametrize("which", [PRE, POST])
def test_an_engine_that_refuses(host: Host, which: str, path: str) -> None:
    """As a proxy in front of it may: before the update that ends it, after it that is told."""
    web = start(host, {which: "true"})
    with host.rig.recording_socket() as socket:
        forbidden = Reply(403, b"forbidden")
        socket.recording.before = lambda request: forbidden if re.search(path, request.path) else None
        outcome = web.update(docker_host=socket.host)
    if which == PRE:
        assert (outcome["outcome"], outcome["reason"]["code"]) == ("failed", "hook-failed")
        assert "refuses the call (forbidden)" in outcome["reason"]["message"]
        assert web.is_as_it_was()
    else:
        assert outcome["outcome"] == "updated"
        assert "refuses the call (forbidden)" in outcome["notes"][0]


def test_a_person_who_removes_it_during_its_hook_is_no_failure_of_the_hook(host: Host) -> None:
    web = start(host, {PRE: "sleep 7777"})
    with host.start_updater("run", *QUICK) as process:
        host.wait_until(lambda: web.runs("sleep 7777"))
        host.client.remove_container(web.id, force=True)
        stdout, stderr = process.communicate(timeout=60)
    assert "Traceback" not in stderr
    assert ran(json.loads(stdout))[host.name("web")]["reason"]["code"] in ("container-gone", "user-changed")
    assert host.container_names() == []


def test_a_hook_that_hangs_is_killed_with_its_children(host: Host) -> None:
    web = start(host, {PRE: "sleep 7777 & sleep 8888", f"{PRE}-timeout": "1s"})
    outcome = web.update()
    assert outcome["reason"]["code"] == "hook-failed"
    assert "did not end within 1s, and was killed" in outcome["reason"]["message"]
    assert web.is_as_it_was()
    assert not web.runs("sleep 7777")
    assert not web.runs("sleep 8888")


def test_a_hook_that_cannot_be_killed_is_waited_for_no_longer(host: Host) -> None:
    # What watches over it may come into being a moment later than the hook.
    watch = """ps -o pid,args | awk '$2 == "sleep" && $3 == "2" {print $1}'"""
    hook = f"until kill $({watch}) 2>/dev/null; do true; done; sleep 7777"
    web = start(host, {PRE: hook, f"{PRE}-timeout": "2s"})
    outcome = web.update()
    assert outcome["reason"]["code"] == "hook-failed"
    assert "it may still be running" in outcome["reason"]["message"]
    assert web.is_as_it_was()
    assert web.runs("sleep 7777")


def test_neither_floods_nor_daemons_hold_it_up(host: Host) -> None:
    """Five megabytes, of which the end is kept; a child that keeps the output open, and one that left the group."""
    flood = "yes 0123456789 | head -c 5000000; echo; echo the end; sleep 7777 & (setsid sleep 8888 &)"
    web = start(host, {PRE: flood, f"{PRE}-timeout": "30s"})
    outcome = web.update()
    assert outcome["outcome"] == "updated"
    (note,) = outcome["notes"]
    assert note.endswith("the end")
    assert 8000 < len(note) < 8300


def test_no_process_is_left_of_one_that_ended(host: Host) -> None:
    # Only these words: for as long as a process has another name, ps puts that before them ("{exe} sleep 7200").
    watched = "until ps -o args | grep -o '[s]leep 7200$'; do true; done"
    hooks = {PRE: watched, f"{PRE}-timeout": "2h", POST: "true", f"{POST}-timeout": "2h"}
    web = start(host, hooks)
    outcome = web.update()
    assert outcome["outcome"] == "updated"
    assert outcome["notes"] == ["Its hook before the update wrote:\nsleep 7200"]
    assert not web.runs("sleep 7200")
