"""Deaths at awkward moments, and what people do before the recovery comes: each found by somebody who looked for it."""

from __future__ import annotations

import json
import re
import signal
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from docker.errors import NotFound

from rig import ImageSpec, commands
from rig.recording import HangUp
from tests.engine.contract import ran

if TYPE_CHECKING:
    import subprocess

    from rig.host import Host
    from rig.recording import Request

ON = {"updater.enable": "true"}
QUICK = ("--grace-period", "1s", "-o", "json")
NEVER_HEALTHY = commands.health_check("exit 1", retries=1000)


def start_web(host: Host, **settings: Any) -> str:
    host.push("web:latest", ImageSpec(marker="1"))
    return host.run_container("web", "web:latest", labels=ON | settings.pop("labels", {}), **settings)


def kill_after(host: Host, pattern: str, *command: str, times: int = 1) -> None:
    """Run this command, and kill it as soon as the engine has done what the pattern says, so many times."""
    started: list[subprocess.Popen[str]] = []
    left = iter(range(times - 1))
    with host.rig.recording_socket() as socket:

        def strike(request: Request, _status: int) -> HangUp | None:
            if not re.search(pattern, f"{request.method} {request.target}") or next(left, None) is not None:
                return None
            started[0].kill()
            return HangUp()

        socket.recording.after = strike
        started.append(host.start_updater(*command, docker_host=socket.host))
        started[0].communicate(timeout=80)
    assert started[0].returncode == -signal.SIGKILL


def recover(host: Host) -> list[dict[str, Any]]:
    """One recovery, after which a second finds nothing."""
    result = host.updater("recover", *QUICK)
    assert "Traceback" not in result.stderr, result.stderr
    assert host.updater("recover", *QUICK).json["recovered"] == []
    recovered: list[dict[str, Any]] = result.json["recovered"]
    return recovered


def remove_working(host: Host, phase: str) -> None:
    for name in host.container_names():
        if f".{phase}-" in name:
            host.client.remove_container(name, force=True)


@pytest.mark.parametrize("signals", [[signal.SIGKILL], [signal.SIGTERM, signal.SIGTERM]], ids=["killed", "twice"])
def test_dead_while_the_failed_container_takes_its_time_to_stop(host: Host, signals: list[signal.Signals]) -> None:
    """The engine goes on stopping it, which is no act of a person."""
    always = {"RestartPolicy": {"Name": "always"}}
    old_id = start_web(host, labels={"updater.health-timeout": "3s"}, host_config=always)
    host.push("web:latest", ImageSpec(marker="2", healthcheck=NEVER_HEALTHY, command=commands.DEAF))
    with host.start_updater("run", "-o", "json") as process:
        assert process.stderr is not None
        next(line for line in process.stderr if "putting the old" in line)
        for number in signals:
            time.sleep(0.7)
            process.send_signal(number)
        process.communicate(timeout=60)
    recover(host)
    now = host.inspect("web")
    assert (now["Id"], now["State"]["Running"]) == (old_id, True)
    assert now["HostConfig"]["RestartPolicy"]["Name"] == "always"


def test_the_kept_image_is_kept_again(host: Host) -> None:
    start_web(host)
    first = host.inspect("web")["Image"]
    host.push("web:latest", ImageSpec(marker="2"))
    host.updater("run", *QUICK)
    host.push("web:latest", ImageSpec(marker="3"))
    kill_after(host, "POST .*/containers/create", "run", *QUICK)
    recover(host)
    assert host.client.inspect_image(f"updater-keep:{host.name('web')}")["Id"] == first


def test_killed_before_it_could_write_down_what_it_had_done(host: Host) -> None:
    """Nothing is left to be recovered; the next run completes the history, once."""
    old_id = start_web(host)
    host.updater("run", *QUICK)
    digest = host.push("web:latest", ImageSpec(marker="2"))
    kill_after(host, f"DELETE .*/containers/{old_id}", "run", *QUICK)
    assert host.updater("history", "-o", "json").json["entries"] == []
    for command in ("run", "recover"):
        host.updater(command, *QUICK)
    (entry,) = host.updater("history", "-o", "json").json["entries"]
    assert (entry["operation"], entry["outcome"], entry["to"]["digest"]) == ("update", "updated", digest)
    assert entry["to"]["image_id"] == host.inspect("web")["Image"]


@pytest.mark.parametrize(("back", "renames"), [(False, 1), (True, 6)], ids=["marked", "back again"])
def test_a_name_that_its_user_made_like_ours(host: Host, back: bool, renames: int) -> None:
    """It says neither that the container is parked, nor which restart policy it had."""
    short = "web.old-n-0123456789ab"
    host.push("web:latest", ImageSpec(marker="1"))
    always = {"RestartPolicy": {"Name": "always"}}
    host.run_container(short, "web:latest", labels=ON, host_config=always)
    host.push("web:latest", ImageSpec(marker="2", command=("/nowhere",) if back else commands.SERVE))
    kill_after(host, r"rename\?name=", "run", *QUICK, times=renames)
    recover(host)
    assert host.container_names() == [host.name(short)]
    assert host.execute(short, "cat /etc/marker") == ("1" if back else "2")
    assert host.inspect(short)["HostConfig"]["RestartPolicy"]["Name"] == "always"


def test_a_stopped_one_stays_stopped_though_its_new_one_is_gone(host: Host) -> None:
    old_id = start_web(host, host_config={"RestartPolicy": {"Name": "unless-stopped"}})
    old_image = host.inspect("web")["Image"]
    host.client.stop(old_id)
    host.push("web:latest", ImageSpec(marker="2"))
    kill_after(host, r"rename\?name=.*\.old-", "run", "--include-stopped", *QUICK)
    remove_working(host, "go")
    recover(host)
    now = host.inspect("web")
    assert (now["Id"], now["State"]["Status"]) == (old_id, "exited")
    assert now["HostConfig"]["RestartPolicy"]["Name"] == "unless-stopped"
    assert host.image_id(host.reference("web:latest")) == old_image


def test_the_new_one_is_started_where_the_old_one_was_removed(host: Host) -> None:
    start_web(host)
    host.push("web:latest", ImageSpec(marker="2"))
    kill_after(host, r"rename\?name=[^.]*$", "run", *QUICK)
    remove_working(host, "old")
    (outcome,) = recover(host)
    assert "was started" in outcome["reason"]["message"]
    assert host.inspect("web")["State"]["Running"]


def test_the_engine_goes_on_making_what_nobody_waits_for(host: Host) -> None:
    """It lists the new container while it copies the image's data into a volume, and denies it to whoever asks."""
    old_id = start_web(host)
    data = {f"data/{number}": b"." for number in range(5000)}
    host.push("web:latest", ImageSpec(marker="2", volumes=["/data"], files=data))
    process = host.start_updater("run", *QUICK)
    while not _is_listed_only(host):
        assert process.poll() is None, process.communicate()
    process.kill()
    process.communicate(timeout=10)
    (outcome,) = recover(host)
    assert (outcome["outcome"], outcome["reason"]["code"]) == ("rolled-back", "interrupted")
    assert "before it touched the container" in outcome["reason"]["message"]
    assert (host.inspect("web")["Id"], host.container_names()) == (old_id, [host.name("web")])


def _is_listed_only(host: Host) -> bool:
    for listed in host.client.containers(all=True, filters={"name": ".new-"}):
        try:
            host.client.inspect_container(listed["Id"])
        except NotFound:
            return True
    return False


def test_a_name_that_the_update_needs_is_taken(host: Host) -> None:
    old_id = start_web(host)
    started = host.inspect("web")["State"]["StartedAt"]
    host.create_container(f"web.old-n-{old_id[:12]}", "web:latest")
    host.push("web:latest", ImageSpec(marker="2"))
    outcome = ran(host.updater("run", *QUICK).json)[host.name("web")]
    assert (outcome["outcome"], outcome["reason"]["code"]) == ("failed", "name-conflict")
    assert host.inspect("web")["State"]["StartedAt"] == started


class TestRollback:
    """The command of that name, cut short."""

    @pytest.fixture(autouse=True)
    def _updated(self, host: Host) -> None:
        start_web(host)
        host.push("web:latest", ImageSpec(marker="2"))
        assert host.updater("run", *QUICK).exit_code == 0

    def test_killed_and_asked_again(self, host: Host) -> None:
        kill_after(host, r"rename\?name=.*old-", "rollback", host.name("web"), *QUICK)
        result = host.updater("rollback", host.name("web"), *QUICK)
        assert (result.exit_code, result.json["results"][0]["outcome"]) == (0, "rolled-back"), result.stderr
        assert "1" in host.execute("web", "cat /www/index.html")

    def test_killed_and_recovered(self, host: Host) -> None:
        kill_after(host, r"rename\?name=.*old-", "rollback", host.name("web"), *QUICK)
        (outcome,) = recover(host)
        assert outcome["outcome"] == "rolled-back"
        assert ran(host.updater("run", *QUICK).json)[host.name("web")]["reason"]["code"] == "rejected-before"

    def test_killed_before_anything_was_touched(self, host: Host) -> None:
        command = (r"create\?name=.*new-", "rollback", host.name("web"), *QUICK)
        kill_after(host, *command)
        (outcome,) = recover(host)
        assert outcome["reason"]["code"] == "interrupted"
        assert "Nothing was rejected" in host.updater("retry", host.name("web")).stdout
        kill_after(host, *command)
        result = host.updater("rollback", host.name("web"), *QUICK)
        assert result.json["results"][0]["reason"]["code"] == "rolled-back"
        assert "1" in host.execute("web", "cat /www/index.html")

    def test_interrupted_it_turns_nothing_down(self, host: Host) -> None:
        with host.start_updater("rollback", host.name("web"), "-o", "json") as process:
            assert process.stderr is not None
            next(line for line in process.stderr if "until the verdict" in line)
            process.send_signal(signal.SIGTERM)
            stdout, _ = process.communicate(timeout=60)
        assert json.loads(stdout)["results"][0]["outcome"] == "failed"
        assert "Nothing was rejected" in host.updater("retry", host.name("web")).stdout

    def test_of_a_stopped_container(self, host: Host) -> None:
        host.client.stop(host.name("web"))
        assert host.updater("rollback", host.name("web"), *QUICK).exit_code == 0
        assert host.inspect("web")["State"]["Status"] == "created"


def test_the_slower_of_two_updaters_leaves_the_tags_alone(host: Host) -> None:
    start_web(host)
    host.push("web:latest", ImageSpec(marker="2"))
    pulling, go_on = threading.Event(), threading.Event()
    with host.rig.recording_socket() as socket:

        def hold(request: Request) -> None:
            if "/images/create" in request.path:
                pulling.set()
                go_on.wait(60)

        socket.recording.before = hold
        elsewhere = {"UPDATER_STATE_DIR": str(host.directory / "elsewhere")}
        with host.start_updater("run", *QUICK, docker_host=socket.host, environment=elsewhere) as slower:
            assert pulling.wait(30)
            assert ran(host.updater("run", *QUICK).json)[host.name("web")]["outcome"] == "updated"
            go_on.set()
            stdout, _ = slower.communicate(timeout=60)
    outcome = ran(json.loads(stdout))[host.name("web")]
    assert (slower.returncode, outcome["outcome"], outcome["reason"]["code"]) == (0, "skipped", "busy")
    assert host.image_id(host.reference("web:latest")) == host.inspect("web")["Image"]
    kept = host.client.inspect_image(f"updater-keep:{host.name('web')}")["Id"]
    assert kept != host.inspect("web")["Image"]


class TestOnTheWayToANewerTag:
    """The two containers are made from two references: whoever comes back, each tag names what it should."""

    MOMENTS = (
        r"POST .*/images/.*/tag\?.*tag=1\.26\.0",
        r"POST .*/containers/create",
        r"rename\?name=.*\.go-",
        r"POST .*/stop",
        r"rename\?name=.*\.old-",
        r"POST .*/start",
    )

    def start(self, host: Host, new: ImageSpec) -> tuple[str, str]:
        host.push("web:1.25.0", ImageSpec(marker="1.25.0"))
        old_id = host.run_container("web", "web:1.25.0", labels=ON | {"updater.tags": "minor"})
        host.push("web:1.26.0", new)
        return old_id, host.image_id("web:1.25.0")

    def check(self, host: Host, old_image: str) -> str:
        """Exactly one container, on what its own tag names; the marker of what runs."""
        recover(host)
        assert host.container_names() == [host.name("web")]
        assert host.image_id("web:1.25.0") == old_image
        now = host.inspect("web")
        assert now["State"]["Running"]
        assert host.image_id(now["Config"]["Image"]) == now["Image"]
        return str(now["Config"]["Image"]).rpartition(":")[2]

    @pytest.mark.parametrize("moment", MOMENTS)
    def test_a_good_version(self, host: Host, moment: str) -> None:
        _, old_image = self.start(host, ImageSpec(marker="1.26.0"))
        kill_after(host, moment, "run", *QUICK)
        tag = self.check(host, old_image)
        assert host.execute("web", "cat /etc/marker") == tag
        assert ran(host.updater("run", *QUICK).json)[host.name("web")]["outcome"] in ("updated", "current")
        assert self.check(host, old_image) == "1.26.0"

    @pytest.mark.parametrize("moment", [*MOMENTS, r"rename\?name=.*\.back-", r"rename\?name=.*\.bad-"])
    def test_a_bad_version(self, host: Host, moment: str) -> None:
        old_id, old_image = self.start(host, ImageSpec(marker="bad", command=commands.EXIT_AT_ONCE))
        kill_after(host, moment, "run", *QUICK)
        assert self.check(host, old_image) == "1.25.0"
        host.updater("run", *QUICK)
        assert self.check(host, old_image) == "1.25.0"
        assert host.inspect("web")["Id"] == old_id


@pytest.mark.parametrize("policy", [None, {"Name": "on-failure", "MaximumRetryCount": 3}], ids=["none", "on-failure"])
def test_dead_just_after_the_stop_it_goes_on(host: Host, policy: dict[str, Any] | None) -> None:
    """Nobody has changed the old container, whatever the engine shows of a policy that was never set."""
    settings = {} if policy is None else {"host_config": {"RestartPolicy": policy}}
    old_id = start_web(host, **settings)
    host.push("web:latest", ImageSpec(marker="2"))
    kill_after(host, f"{old_id}/stop", "run", *QUICK)
    (recovered,) = recover(host)
    assert (recovered["outcome"], recovered["reason"]["code"]) == ("updated", "updated")
    assert host.execute("web", "cat /etc/marker") == "2"
    assert host.container_names() == [host.name("web")]
