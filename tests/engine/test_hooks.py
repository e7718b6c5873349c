"""What the user's hooks can do to an update, and what they cannot: hold it up, but never undo it or hang it."""

from __future__ import annotations

import json
import re
import signal
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from rig import ImageSpec, commands
from rig.recording import HangUp, Reply
from tests.engine.contract import ran
from tests.engine.test_cut_short import recover
from tests.engine.test_interruption import wait_for_line
from updater.engine.rights import Use

if TYPE_CHECKING:
    import subprocess

    from rig.host import Host
    from rig.recording import Request

pytestmark = pytest.mark.least_rights(Use.UPDATE, Use.HOOKS)

PRE, POST = "updater.hook.pre-update", "updater.hook.post-update"
ON = {"updater.enable": "true"}
QUICK = ("--grace-period", "1s", "-o", "json")
# A shell of another name, so that /bin/sh may be missing.
WITHOUT_SHELL = {"/bin/.wh.sh": b""}
NAMELESS_SHELL = ("/bin/busybox", *commands.SERVE)


@dataclass(frozen=True)
class Web:
    """One container, and a newer image for it."""

    host: Host
    id: str

    def update(self, *command: str, **how: Any) -> dict[str, Any]:
        result = self.host.updater(*(command or ("run",)), *QUICK, **how)
        assert "Traceback" not in result.stderr, result.stderr
        return {**ran(result.json)[self.host.name("web")], "exit_code": result.exit_code}

    def is_as_it_was(self) -> bool:
        """The very same container runs, alone, and the tag names its image."""
        now = self.host.inspect("web")
        assert self.host.container_names() == [self.host.name("web")]
        assert now["State"]["Running"]
        assert self.host.image_id(self.host.reference("web:latest")) == now["Image"]
        return bool(now["Id"] == self.id)

    def runs(self, program: str) -> bool:
        return program in self.host.execute("web", "ps -o args")


def start(host: Host, hooks: dict[str, str], old: ImageSpec | None = None, **settings: Any) -> Web:
    host.push("web:latest", old or ImageSpec(marker="1"))
    identifier = host.run_container("web", "web:latest", labels=ON | hooks, **settings)
    host.push("web:latest", ImageSpec(marker="2"))
    return Web(host, identifier)


def steps(outcome: dict[str, Any]) -> list[str]:
    return [step["name"] for step in outcome["steps"]]


def test_both_run_each_in_its_container_and_are_told_what_happens(host: Host) -> None:
    line = 'echo "$(cat /etc/marker) $UPDATER_CONTAINER $UPDATER_IMAGE $UPDATER_OLD_DIGEST $UPDATER_NEW_DIGEST $MINE"'
    web = start(host, {PRE: line, POST: line + "; echo more >&2"}, Env=["MINE=yes"])
    outcome = web.update()
    assert (outcome["outcome"], outcome["exit_code"]) == ("updated", 0)
    told = (
        f"{host.name('web')} {host.reference('web:latest')} {outcome['from']['digest']} {outcome['to']['digest']} yes"
    )
    assert outcome["notes"] == [
        f"Its hook before the update wrote:\n1 {told}",
        f"Its hook after the update wrote:\n2 {told}\nmore",
    ]
    order = steps(outcome)
    assert order.index("compare") < order.index("pre-update") < order.index("confirm") < order.index("mark")
    assert order.index("verify") < order.index("post-update") < order.index("commit")
    (entry,) = host.updater("history", "-o", "json").json["entries"]
    assert entry["notes"] == outcome["notes"]


def test_without_hooks_there_are_no_such_steps(host: Host) -> None:
    assert not {"pre-update", "post-update"} & set(steps(start(host, {}).update()))


def test_as_the_containers_own_user(host: Host) -> None:
    web = start(host, {PRE: "id -u", POST: "id -u"}, User="1000:1000")
    assert [note.rpartition("\n")[2] for note in web.update()["notes"]] == ["1000", "1000"]


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
    web = start(host, {POST: "true", f"{POST}-timeout": "2h"})
    assert web.update()["outcome"] == "updated"
    assert not web.runs("sleep 7200")


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
    assert "hunter2" not in json.dumps(outcome)
    assert "\033" not in json.dumps(outcome, ensure_ascii=False)
    assert "red [0m ***" in outcome["reason"]["message"]


def test_an_image_plants_no_hook(host: Host) -> None:
    """Neither the one that runs, nor the new one."""
    planted = {PRE: "touch /shared/planted", POST: "touch /shared/planted"}
    shared = host.directory / "shared"
    shared.mkdir()
    host.push("web:latest", ImageSpec(marker="1", labels=planted))
    host.run_container("web", "web:latest", labels=ON, host_config={"Binds": [f"{shared}:/shared"]})
    for marker in ("2", "3"):
        host.push("web:latest", ImageSpec(marker=marker, labels={**planted, "changed": marker}))
        with host.rig.recording_socket() as socket:
            host.updater("run", *QUICK, docker_host=socket.host)
            assert socket.recording.matching("POST", "/exec") == []
        assert host.execute("web", "cat /etc/marker") == marker
    assert list(shared.iterdir()) == []


def test_a_hook_from_the_config_file(host: Host) -> None:
    web = start(host, {})
    config = host.directory / "updater.yml"
    config.write_text(f"containers:\n  {host.name('web')}:\n    hook_pre_update: 'exit 75'\n")
    assert web.update("run", "--config", str(config))["reason"]["code"] == "hook-postponed"


@pytest.mark.parametrize("state", ["paused", "exited"])
def test_it_only_runs_where_the_container_does(host: Host, state: str) -> None:
    web = start(host, {PRE: "exit 1", POST: "exit 1"})
    host.client.pause(web.id) if state == "paused" else host.client.stop(web.id)
    outcome = web.update("run", "--include-stopped")
    assert outcome["outcome"] == "updated"
    assert [note.partition(":")[0] for note in outcome["notes"]] == [
        "Its hook before the update was not run",
        "Its hook after the update was not run",
    ]
    assert host.inspect("web")["State"]["Paused"] is (state == "paused")


def test_whoever_only_asks_runs_none(host: Host) -> None:
    web = start(host, {PRE: "exit 1", POST: "exit 1"})
    with host.rig.recording_socket() as socket:
        for command in (("run", "--dry-run"), ("diff", host.name("web")), ("check",)):
            host.updater(*command, docker_host=socket.host)
        assert socket.recording.matching("POST", "/exec") == []
    assert web.is_as_it_was()


def test_going_back_by_hand_runs_none(host: Host) -> None:
    web = start(host, {PRE: "test $(cat /etc/marker) = 1", POST: "test $(cat /etc/marker) = 2"})
    assert web.update()["notes"] == []
    result = host.updater("rollback", host.name("web"), *QUICK)
    (outcome,) = result.json["results"]
    assert (outcome["outcome"], outcome["notes"]) == ("rolled-back", [])


def test_a_person_who_removes_it_during_its_hook_is_no_failure_of_the_hook(host: Host) -> None:
    web = start(host, {PRE: "sleep 7777"})
    with host.start_updater("run", *QUICK) as process:
        host.wait_until(lambda: web.runs("sleep 7777"))
        host.client.remove_container(web.id, force=True)
        stdout, stderr = process.communicate(timeout=60)
    assert "Traceback" not in stderr
    assert ran(json.loads(stdout))[host.name("web")]["reason"]["code"] in ("container-gone", "user-changed")
    assert host.container_names() == []


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


# Interrupted and killed


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


MOMENTS = [
    ("before", r"/containers/[0-9a-f]+/exec$"),
    ("after", r"/containers/[0-9a-f]+/exec$"),
    ("before", r"/exec/[0-9a-f]+/start$"),
    ("during", r"/exec/[0-9a-f]+/start$"),
    ("before", r"/exec/[0-9a-f]+/json$"),
    ("after", r"/exec/[0-9a-f]+/json$"),
]


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


# Together with others


def start_pair(host: Host, hooks: dict[str, str]) -> dict[str, str]:
    """`web`, opted in, and `side`, which lives in its network and has these hooks."""
    host.push("web:latest", ImageSpec(marker="1"))
    host.push("side:latest", ImageSpec(marker="side"))
    web = host.run_container("web", "web:latest", labels=ON | {PRE: "echo web", POST: "echo web"})
    side = host.run_container("side", "side:latest", labels=hooks, host_config={"NetworkMode": f"container:{web}"})
    host.push("web:latest", ImageSpec(marker="2"))
    return {"web": web, "side": side}


@pytest.mark.parametrize(
    ("hooks", "notes"),
    [
        ({}, []),
        (
            {PRE: "echo side", POST: "echo $UPDATER_CONTAINER"},
            ["Its hook before the update wrote:\nside", "Its hook after the update wrote:\nNAME"],
        ),
    ],
    ids=["none of its own", "its own"],
)
def test_a_companion_runs_its_own(host: Host, hooks: dict[str, str], notes: list[str]) -> None:
    start_pair(host, hooks)
    results = ran(host.updater("run", *QUICK).json)
    assert {one["outcome"] for one in results.values()} == {"updated"}
    assert len(results[host.name("web")]["notes"]) == 2
    assert results[host.name("side")]["notes"] == [note.replace("NAME", host.name("side")) for note in notes]


@pytest.mark.parametrize(
    ("code", "expected"), [(75, ("skipped", "hook-postponed")), (1, ("failed", "dependency-failed"))]
)
def test_a_companion_holds_all_of_them_up(host: Host, code: int, expected: tuple[str, str]) -> None:
    ids = start_pair(host, {PRE: f"echo one; echo two; exit {code}"})
    result = host.updater("run", *QUICK)
    outcome = ran(result.json)[host.name("web")]
    assert (outcome["outcome"], outcome["reason"]["code"]) == expected
    assert host.name("side") in outcome["reason"]["message"]
    assert f"{host.name('side')}: Its hook before the update wrote:\none\ntwo" in outcome["notes"]
    assert {short: host.inspect(short)["Id"] for short in ids} == ids
    assert len(host.container_names()) == 2
