"""`updater watch` with real signals on a real engine: cycles on the schedule, and nothing but a signal ends it.

A schedule cannot be more often than once a minute, so most of this is seen in the cycle at the start.
"""

from __future__ import annotations

import os
import signal
import threading
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from rig import ImageSpec, Reply, commands
from rig.recording import HangUp
from updater import heartbeat

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator

    from rig.host import Host, Result
    from rig.recording import Request

ON = {"updater.enable": "true"}
IN_HALF_A_YEAR = f"0 4 1 {(datetime.now(UTC).month + 5) % 12 + 1} *"
QUICK = ("--grace-period", "1s")
AT_START = (*QUICK, "--check-at-start", "--schedule", IN_HALF_A_YEAR)
MORE_THAN_A_MINUTE = 80.0  # seconds
A_FEW_MINUTES = 180.0  # seconds

pytestmark = pytest.mark.timeout(300)


class Watch:
    """The command under way, and the lines it has logged."""

    def __init__(self, host: Host, process: subprocess.Popen[str], environment: dict[str, str]) -> None:
        self.host = host
        self.process = process
        self.environment = environment
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        self.lines.extend(line.rstrip() for line in iter(self.process.stderr.readline, ""))

    def count(self, text: str) -> int:
        return sum(text in line for line in list(self.lines))

    def wait_for(self, text: str, seconds: float = 30.0, times: int = 1) -> None:
        self.host.wait_until(lambda: self.count(text) >= times, seconds, f"{text!r} in {self.lines}")

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        code = self.process.wait(timeout=60)
        self._reader.join()
        assert not self.count("Traceback"), "\n".join(self.lines)
        return code

    def health(self) -> Result:
        return self.host.updater("healthcheck", environment=self.environment)

    def patience(self) -> float:
        """For how many seconds it says that it may be silent."""
        beat = heartbeat._read(f"{self.host.directory}/updater-{os.geteuid()}")
        assert beat is not None
        return beat.patience

    def sick_because(self, text: str) -> bool:
        result = self.health()
        return result.exit_code == 1 and text in result.stderr and len(result.stderr.splitlines()) == 1


@contextmanager
def watching(host: Host, *arguments: str) -> Iterator[Watch]:
    environment = {"XDG_RUNTIME_DIR": str(host.directory), "TZ": "Europe/Berlin"}
    process = host.start_updater("watch", *arguments, environment=environment)
    try:
        with process:
            try:
                yield Watch(host, process, environment)
            finally:
                if process.poll() is None:
                    process.kill()
    finally:
        process.wait()


@pytest.fixture
def web(host: Host) -> Host:
    """An outdated container."""
    host.push("web:latest", ImageSpec(marker="1"))
    host.run_container("web", "web:latest", labels=ON)
    host.push("web:latest", ImageSpec(marker="2"))
    return host


def marker(host: Host, short: str = "web") -> str:
    return host.execute(short, "cat /etc/marker").strip()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_cycle_at_the_start_then_it_waits_and_ends_at_once(web: Host, number: signal.Signals, code: int) -> None:
    with watching(web, *AT_START) as watch:
        watch.wait_for("the cycle is done: 1 updated")
        watch.wait_for("next cycle at ")
        assert marker(web) == "2"
        health = watch.health()
        assert (health.exit_code, "healthy, waiting; next cycle at " in health.stdout) == (0, True)
        watch.process.send_signal(signal.SIGSTOP)
        assert watch.sick_because("is stopped")
        watch.process.send_signal(signal.SIGCONT)
        assert watch.end(number) == code
        assert watch.sick_because("no `updater watch`")


def test_killed_it_is_not_healthy(web: Host) -> None:
    with watching(web, "--schedule", IN_HALF_A_YEAR) as watch:
        watch.wait_for("next cycle at ")
        watch.process.kill()
        watch.process.wait()
        assert watch.sick_because("ended without a word")


def test_a_signal_in_the_middle_of_an_update_leaves_the_old_container(web: Host) -> None:
    before = web.inspect("web")["Id"]
    web.push("web:latest", ImageSpec(marker="2", healthcheck=commands.health_check("exit 1", retries=1000)))
    with watching(web, *AT_START) as watch:
        watch.wait_for("prove itself")
        assert "in a cycle" in watch.health().stdout
        assert watch.end() == 143
    assert web.container_names() == [web.name("web")]
    assert (web.inspect("web")["Id"], web.inspect("web")["State"]["Running"]) == (before, True)


def test_what_was_cut_short_is_mended_at_the_start_and_not_only_in_the_next_cycle(web: Host) -> None:
    """Killed with the old container down; nothing is due for half a year."""
    with web.rig.recording_socket() as socket:
        started: list[subprocess.Popen[str]] = []

        def strike(request: Request, _status: int) -> HangUp | None:
            if not request.target.endswith("/start"):
                return None
            started[0].kill()
            return HangUp()

        socket.recording.before = lambda request: HangUp() if strike(request, 0) else None
        started.append(web.start_updater("run", *QUICK, docker_host=socket.host))
        started[0].communicate(timeout=60)
    assert "running" not in {web.client.inspect_container(name)["State"]["Status"] for name in web.container_names()}
    with watching(web, *QUICK, "--schedule", IN_HALF_A_YEAR) as watch:
        watch.wait_for("next cycle at")
        web.wait_until(lambda: web.container_names() == [web.name("web")], 30, "one container")
        assert watch.count("a cycle begins") == 0
        assert watch.end() == 143
    assert web.inspect("web")["State"]["Running"]


def test_what_it_could_not_put_back_it_tries_again_before_the_next_cycle(web: Host) -> None:
    """An engine in trouble starts neither the new container nor the old one, and then is well again."""
    trouble = Reply(500, b'{"message": "id already in use"}', {"Content-Type": "application/json"})
    before = web.inspect("web")["Id"]
    with web.rig.recording_socket() as socket:
        socket.recording.before = lambda request: trouble if request.path.endswith("/start") else None
        with watching(web, *AT_START, "--host", socket.host) as watch:
            watch.wait_for("The old container could not be put back")
            watch.wait_for("the cycle is done: 1 failed")
            assert not web.inspect(before)["State"]["Running"]
            socket.recording.before = None
            web.wait_until(lambda: web.container_names() == [web.name("web")], 60, "one container")
            assert watch.count("a cycle begins") == 1
            assert watch.end() == 143
    assert (web.inspect("web")["Id"], web.inspect("web")["State"]["Running"]) == (before, True)
    entries = web.updater("history", "-o", "json").json["entries"]
    told = [(entry["operation"], entry["outcome"], entry["reason"]["code"]) for entry in entries]
    (seen,) = web.updater("check", "-o", "json").json["containers"]
    assert seen["decision"] == "update"  # the image had no part in it
    assert (told[0], told[-1]) == (("recovery", "rolled-back", "interrupted"), ("update", "failed", "stranded"))


def test_each_schedule_updates_its_own(web: Host) -> None:
    """Containers come while the daemon sleeps, and their labels are seen. The cycle before that meets a mad engine.

    One is a job that has ended, which another needs to have completed, by compose's own labels.
    """
    service = {"com.docker.compose.project": "shop", "com.docker.compose.service": "migrate"}
    needs = {
        "com.docker.compose.project": "shop",
        "com.docker.compose.service": "app",
        "com.docker.compose.depends_on": "migrate:service_completed_successfully:false",
    }
    each_minute = ON | {"updater.schedule": "* * * * *"}
    for name in ("own", "app"):
        web.push(f"{name}:latest", ImageSpec(marker="1"))
    web.push("migrate:latest", ImageSpec(marker="1", command=commands.shell("exit 0")))
    with web.rig.recording_socket() as socket:
        socket.recording.before = lambda request: Reply(200, b"17") if "images/json" in request.path else None
        with watching(web, *AT_START, "--host", socket.host) as watch:
            watch.wait_for("the cycle failed: a defect of the program")
            watch.wait_for("next cycle at ")
            socket.recording.before = None
            web.run_container("own", "own:latest", labels=each_minute)
            web.run_container("migrate", "migrate:latest", labels=each_minute | service)
            web.run_container("app", "app:latest", labels=ON | needs)
            web.push("own:latest", ImageSpec(marker="2"))
            web.push("migrate:latest", ImageSpec(marker="2", command=commands.shell("exit 0")))
            web.rig.registry.recording.clear()
            watch.wait_for("a cycle begins, for * * * * *", 2 * MORE_THAN_A_MINUTE)
            for name in ("own", "migrate"):
                watch.wait_for(f"{web.name(name)}: updated", MORE_THAN_A_MINUTE)
            assert (marker(web, "own"), marker(web)) == ("2", "1")
            assert watch.end() == 143
    asked = [request.path for request in web.rig.registry.recording.requests]
    assert any("/own/" in path for path in asked)
    assert not any("/web/" in path for path in asked)  # whoever is not meant costs no request


def test_what_may_take_long_is_not_called_dead_and_nothing_else_may(web: Host) -> None:
    """A registry that hangs is bounded by its deadline; an old container may take as long as it was given to stop."""
    asked, go_on = threading.Event(), threading.Event()

    def hang(request: Request) -> None:
        if "/slow/" in request.path:
            asked.set()
            go_on.wait(60)

    web.push("slow:latest", ImageSpec(marker="1", command=commands.DEAF))
    web.run_container("slow", "slow:latest", labels=ON, StopTimeout=1000)
    web.push("slow:latest", ImageSpec(marker="2"))
    web.rig.registry.recording.before = hang
    try:
        with watching(web, *AT_START) as watch:
            assert asked.wait(30)
            assert watch.health().exit_code == 0
            assert watch.patience() <= A_FEW_MINUTES
            go_on.set()
            watch.wait_for(f"{web.name('slow')}: stopping the old container")
            web.wait_until(lambda: watch.patience() >= 1000)
            assert watch.health().exit_code == 0
            web.client.kill(web.name("slow"))
            watch.wait_for("the cycle is done: 2 updated")
            web.wait_until(lambda: watch.patience() <= A_FEW_MINUTES)
            assert watch.end() == 143
    finally:
        go_on.set()


def test_another_configuration_counts_from_the_hangup_on(web: Host) -> None:
    path = web.directory / "updater.yml"

    def written(text: str) -> None:
        path.write_text(text)
        watch.process.send_signal(signal.SIGHUP)

    path.write_text(f"schedule: {IN_HALF_A_YEAR}\ntimezone: UTC\n")
    with watching(web, "--config", str(path)) as watch:
        watch.wait_for(" 04:00:00 UTC")
        written("schedule: sometimes\n")
        watch.wait_for("the one before stays: ")
        assert watch.count("'sometimes'")
        written(f"schedule: {IN_HALF_A_YEAR}\ntimezone: Asia/Kathmandu\n")
        watch.wait_for(" 04:00:00 +0545")
        written(f"schedule: {IN_HALF_A_YEAR}\ntimezone: UTC\ncontainers:\n  '*':\n    schedule: 7 7 7 7 *\n")
        watch.wait_for("read again", times=2)
        assert watch.health().exit_code == 0
        assert watch.end() == 143


def test_a_bad_configuration_at_the_start_is_an_error(host: Host) -> None:
    result = host.updater("watch", "--schedule", "sometimes")
    assert (result.exit_code, "'sometimes'" in result.stderr) == (2, True)


def test_a_registry_that_is_down_and_an_engine_that_goes_and_comes_back(web: Host) -> None:
    web.rig.registry.recording.before = lambda _: Reply(503)
    with watching(web, *QUICK, "--check-at-start", "--schedule", "@every 1m") as watch:
        watch.wait_for("the cycle is done: 1 skipped")
        web.rig.engine.kill()
        watch.wait_for("the engine is away", MORE_THAN_A_MINUTE)
        assert watch.sick_because("no engine answers")
        web.rig.registry.recording.clear()
        web.rig.engine.start()
        web.client.start(web.name("web"))
        watch.wait_for("the engine is back", MORE_THAN_A_MINUTE)
        web.wait_until(lambda: watch.health().exit_code == 0)
        watch.wait_for(f"{web.name('web')}: updated", MORE_THAN_A_MINUTE)
        assert marker(web) == "2"
        assert (watch.count("the engine is away"), watch.count("the engine is back")) == (1, 1)
        assert watch.end() == 143


def test_without_an_engine_it_waits_for_one(host: Host) -> None:
    """A container that is restarted for ever says less than one that waits."""
    with watching(host, "--host", f"unix://{host.directory}/none.sock") as watch:
        watch.wait_for("the engine is away")
        assert watch.sick_because("no engine answers")
        assert watch.process.poll() is None
        assert watch.end() == 143
