"""In which order are containers updated, and what stops what? On the real engine, by labels as compose writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from rig import ImageSpec, commands
from tests.engine.contract import ran

if TYPE_CHECKING:
    from rig.host import Host

ON = {"updater.enable": "true"}
QUICK = ("--grace-period", "1s", "-o", "json")


def service(name: str, depends_on: str = "") -> dict[str, str]:
    """The labels that compose puts on the containers of a service."""
    labels = {"com.docker.compose.project": "shop", "com.docker.compose.service": name}
    return labels | ({"com.docker.compose.depends_on": depends_on} if depends_on else {})


def make(host: Host, name: str, labels: dict[str, str], **settings: Any) -> str:
    host.push(f"{name}:latest", ImageSpec(marker=f"{name} 1", **settings.pop("image", {})))
    return host.run_container(name, f"{name}:latest", labels=ON | labels, **settings)


def publish(host: Host, *names: str, **image: Any) -> None:
    for name in names:
        host.push(f"{name}:latest", ImageSpec(marker=f"{name} 2", **image))


def run(host: Host, *more: str) -> dict[str, dict[str, Any]]:
    result = host.updater("run", *QUICK, *more)
    assert "Traceback" not in result.stderr, result.stderr
    return {name.removeprefix(f"{host.prefix}-"): one for name, one in ran(result.json).items()}


def started(host: Host, name: str) -> str:
    return str(host.inspect(name)["State"]["StartedAt"])


@pytest.mark.parametrize("kind", ["ours", "watchtower", "compose"])
def test_what_it_depends_on_goes_first(host: Host, kind: str) -> None:
    """By name, `app` would go first."""
    labels = {
        "ours": {"updater.depends-on": host.name("db")},
        "watchtower": {"com.centurylinklabs.watchtower.depends-on": f"/{host.name('db')}"},
        "compose": service("app", "db:service_started:false"),
    }[kind]
    make(host, "app", labels)
    make(host, "db", service("db") if kind == "compose" else {})
    publish(host, "app", "db")
    assert {one["outcome"] for one in run(host).values()} == {"updated"}
    assert started(host, "db") < started(host, "app")


def test_what_needs_one_that_failed_is_left_as_it_is(host: Host) -> None:
    app = make(host, "app", {"updater.depends-on": host.name("db")})
    make(host, "db", {})
    publish(host, "app")
    publish(host, "db", command=commands.EXIT_AT_ONCE)
    results = run(host)
    assert results["db"]["outcome"] == "rolled-back"
    assert (results["app"]["outcome"], results["app"]["reason"]["code"]) == ("skipped", "dependency-failed")
    assert host.inspect("app")["Id"] == app
    # The next time nothing fails: the bad image is not tried again.
    assert run(host)["app"]["outcome"] == "updated"


def test_a_misspelt_name_is_told_and_holds_nothing_up(host: Host) -> None:
    make(host, "app", {"updater.depends-on": "bd"})
    publish(host, "app")
    (shown,) = host.updater("check", "-o", "json").json["containers"]
    assert [reason["code"] for reason in shown["reasons"]] == ["update-available", "unknown-dependency"]
    assert run(host)["app"]["outcome"] == "updated"


def test_circles_are_reported_and_left(host: Host) -> None:
    make(host, "a", {"updater.depends-on": host.name("b")})
    make(host, "b", {"updater.depends-on": host.name("a")})
    make(host, "c", {"updater.depends-on": host.name("b")})
    publish(host, "a", "b", "c")
    shown = {one["name"]: one for one in host.updater("check", "-o", "json").json["containers"]}
    assert shown[host.name("a")]["reasons"][0]["code"] == "dependency-cycle"
    results = run(host)
    assert {name: one["outcome"] for name, one in results.items()} == {"a": "skipped", "b": "skipped", "c": "updated"}
    assert host.name("b") in results["a"]["reason"]["message"]


def test_restart_true_restarts_what_depends_on_it(host: Host) -> None:
    app = make(host, "app", service("app", "db:service_started:true"))
    other = make(host, "other", service("other", "db:service_started:false"))
    make(host, "out", service("out", "db:service_started:true") | {"updater.enable": "false"})
    for bad, enabled in (("bad", "true"), ("worse", "false")):
        labels = {"updater.grace-period": "soon", "updater.enable": enabled}
        make(host, bad, service(bad, "db:service_started:true") | labels)
    make(host, "db", service("db"))
    left = ("other", "out", "bad", "worse")
    before = started(host, "app"), *(started(host, name) for name in left)
    publish(host, "db")
    results = run(host)
    assert results["app"]["reason"]["code"] == "dependency-updated"
    assert started(host, "app") != before[0]
    assert tuple(started(host, name) for name in left) == before[1:]
    assert (host.inspect("app")["Id"], host.inspect("other")["Id"]) == (app, other)


@pytest.mark.parametrize("health", ["exit 0", "exit 1"])
def test_what_has_to_be_healthy(host: Host, health: str) -> None:
    app = make(host, "app", service("app", "db:service_healthy:false"))
    make(host, "db", service("db"), image={"healthcheck": commands.health_check(health)})
    host.wait_for_health("db", "healthy" if health == "exit 0" else "unhealthy")
    publish(host, "app")
    result = run(host)["app"]
    if health == "exit 0":
        assert result["outcome"] == "updated"
    else:
        assert (result["outcome"], result["reason"]["code"]) == ("skipped", "dependency-failed")
        assert host.inspect("app")["Id"] == app


class TestOneShot:
    """A job that others wait for: compose's `service_completed_successfully`."""

    @pytest.fixture
    def shop(self, host: Host) -> Host:
        volume = {"Binds": [f"{host.create_volume('data')}:/data"]}
        job = commands.shell("echo 1 >> /data/done")
        make(host, "migrate", service("migrate"), image={"command": job}, host_config=volume)
        make(host, "app", service("app", "migrate:service_completed_successfully:false"), host_config=volume)
        host.wait_until(lambda: not host.inspect("migrate")["State"]["Running"])
        return host

    def test_it_is_run_again_before(self, shop: Host) -> None:
        publish(shop, "migrate", command=commands.shell("sleep 2; echo 2 >> /data/done"))
        publish(shop, "app", command=commands.shell("cat /data/done > /seen; " + commands.SERVE[2]))
        results = run(shop)
        assert {name: one["outcome"] for name, one in results.items()} == {"migrate": "updated", "app": "updated"}
        assert shop.execute("app", "cat /seen").split() == ["1", "2"]
        now = shop.inspect("migrate")["State"]
        assert (now["Status"], now["ExitCode"]) == ("exited", 0)
        # And never again on the same image.
        run(shop)
        assert shop.execute("app", "cat /data/done").split() == ["1", "2"]

    def test_its_failure_stops_the_others(self, shop: Host) -> None:
        ids = {name: shop.inspect(name)["Id"] for name in ("migrate", "app")}
        publish(shop, "migrate", command=commands.shell("exit 3"))
        publish(shop, "app")
        results = run(shop)
        assert (results["migrate"]["outcome"], results["migrate"]["reason"]["code"]) == ("rolled-back", "crashed")
        assert results["app"]["reason"]["code"] == "dependency-failed"
        assert {name: shop.inspect(name)["Id"] for name in ids} == ids
        assert shop.inspect("migrate")["State"]["Status"] == "exited"
        assert shop.execute("app", "cat /data/done").split() == ["1"]


@pytest.mark.parametrize("shares_the_network", [False, True])
def test_explain_finds_the_circles_that_a_check_finds(host: Host, shares_the_network: bool) -> None:
    """That `db` lives in the network of `web` is only seen where `web` is looked at, too."""
    make(host, "web", {"updater.depends-on": host.name("db")})
    how: dict[str, Any] = {"host_config": {"NetworkMode": f"container:{host.name('web')}"}}
    make(
        host,
        "db",
        *([{}] if shares_the_network else [{"updater.depends-on": host.name("web")}]),
        **(how if shares_the_network else {}),
    )
    make(host, "alone", {})
    publish(host, "web", "db", "alone")
    found = {one["name"]: one for one in host.updater("check", "-o", "json").json["containers"]}
    for short, code in (("web", "dependency-cycle"), ("db", "dependency-cycle"), ("alone", None)):
        told = host.updater("explain", host.name(short), "-o", "json").json
        last = told["rules"][-1]["objection"]
        assert (last and last["code"]) == code
        checked = found[host.name(short)]
        assert told["container"] == checked


def test_independent_ones_go_side_by_side(host: Host) -> None:
    """While one is on trial, the next is switched over already; what depends on another still waits for it."""
    for name in ("a", "b", "c"):
        make(host, name, {})
    make(host, "d", {"updater.depends-on": host.name("a")})
    publish(host, "a", "b", "c", "d")
    with host.rig.recording_socket() as socket:
        result = host.updater(
            "run", "--grace-period", "3s", "--parallel-updates", "3", "-o", "json", docker_host=socket.host
        )
        calls = [(one.method, one.path) for one in socket.recording.requests]
    assert {one["outcome"] for one in ran(result.json).values()} == {"updated"}, result.stderr
    starts = [place for place, (_, path) in enumerate(calls) if path.endswith("/start")]
    removals = [place for place, (method, _) in enumerate(calls) if method == "DELETE"]
    assert starts[2] < removals[0]
    assert started(host, "a") < started(host, "d")
    assert sorted(host.container_names()) == sorted(map(host.name, "abcd"))
