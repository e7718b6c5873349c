"""An updater in a container updates itself: afterwards exactly one runs, on the right image, and goes on working."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rig import ImageSpec, commands
from rig.certificates import CertificateAuthority
from rig.tls_registry import TlsRegistry
from tests.engine.self_update import NAME, ON, STATE, Home

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rig.host import Host
    from rig.updater_image import UpdaterImage

pytestmark = pytest.mark.timeout(300)

ADDRESSES = ["172.31.78.2", "172.31.79.2"]
# The engine's socket for whoever speaks TCP, as proxies in front of it are.
FORWARD = """
import socket, sys, threading
listener = socket.create_server(("", 2375))
def copy(source, target):
    while data := source.recv(65536):
        target.sendall(data)
    target.shutdown(socket.SHUT_WR)
while True:
    client, (address, *_) = listener.accept()
    try:
        # As socket proxies do: nobody but those of this name.
        known = socket.gethostbyname_ex(sys.argv[1])[2]
    except OSError:
        known = []
    if address not in known and address != sys.argv[1]:
        client.close()
        continue
    engine = socket.socket(socket.AF_UNIX)
    engine.connect("/run/engine.sock")
    for pair in ((client, engine), (engine, client)):
        threading.Thread(target=copy, args=pair, daemon=True).start()
"""


@pytest.fixture
def home(host: Host, updater_image: UpdaterImage) -> Iterator[Home]:
    with host.rig.recording_socket() as socket:
        socket.path.chmod(0o666)  # the updater is not root
        yield Home(host, updater_image, socket)


@pytest.fixture
def bridged(home: Home, tmp_path: Path) -> Iterator[Home]:
    """With a registry that containers reach over their networks, and a config file that says how."""
    authority = CertificateAuthority(tmp_path / "authority")
    authority.certificate.chmod(0o644)
    with TlsRegistry(home.host.rig.namespaces, 5446, authority=authority) as registry:
        home.registry = registry
        (tmp_path / "updater.yml").write_text(f"registries:\n  {registry.address}:\n    ca_file: /ca.pem\n")
        yield home


def of_bridged(home: Home) -> list[str]:
    folder = home.host.directory
    return [f"{folder}/authority/authority.crt:/ca.pem:ro", f"{folder}/updater.yml:/etc/updater/updater.yml:ro"]


def test_it_comes_last_and_no_two_run_cycles(home: Home) -> None:
    home.host.push("web:latest", ImageSpec(marker="1"))
    home.host.run_container("web", "web:latest", labels=ON)
    home.host.push("web:latest", ImageSpec(marker="2"))
    home.beside = frozenset({home.host.name("web")})
    hooks = {
        "updater.hook.pre-update": f"echo before $UPDATER_CONTAINER >>{STATE}/hooks",
        "updater.hook.post-update": f"echo after $UPDATER_CONTAINER >>{STATE}/hooks; echo done; exit 3",
    }
    old_id = home.create("old-probed", labels=hooks, environment={"UPDATER_CLEANUP": "true"})
    home.publish("good-probed")
    home.host.client.start(old_id)
    home.replaced(old_id)
    assert home.variant_now() == "good-probed"
    assert home.host.execute("web", "cat /etc/marker").strip() == "2"
    everything = [(entry["name"], entry["outcome"]) for entry in home.updater("history")["entries"]]
    assert everything == [(home.name, "updated"), (home.host.name("web"), "updated")]  # the latest first
    assert "our own container is being updated; no cycle begins" in home.log()
    assert home.log().count("a cycle begins") == 1
    assert home.codes() == ["up-to-date"]
    assert home.host.execute(NAME, f"cat {STATE}/hooks").split() == ["before", home.name, "after", home.name]
    (entry,) = home.updater("history", home.name)["entries"]
    assert entry["notes"] == ["Its hook after the update failed: it ended with exit code 3: done. The update stays."]


@pytest.mark.parametrize(("variant", "code"), [("crashing", "crashed"), ("unhealthy", "unhealthy")])
def test_a_bad_image(home: Home, variant: str, code: str) -> None:
    old_id = home.start("old")
    home.settle()
    started_at = home.host.inspect(NAME)["State"]["StartedAt"]
    home.publish(variant)
    assert home.codes() == ["update-available", "itself"]
    assert home.updater("run")["results"][0]["reason"]["code"] == "itself"
    home.host.wait_until(lambda: home.host.inspect(NAME)["State"]["StartedAt"] != started_at, 60)
    home.settle()
    assert home.id_now() == old_id
    assert home.host.inspect(NAME)["HostConfig"]["RestartPolicy"]["Name"] == "unless-stopped"
    (entry,) = home.updater("history", home.name)["entries"]
    assert (entry["outcome"], entry["reason"]["code"]) == ("rolled-back", code)
    assert home.codes()[0] == "rejected-before"
    home.host.client.restart(home.name)
    home.settle()
    assert len(home.history()) == 1


def test_a_newer_one_that_fails_leaves_the_state_as_the_old_one_knows_it(home: Home) -> None:
    old_id = home.create("old")
    home.publish("unhealthy-newer")
    home.host.client.start(old_id)
    home.settle(90)
    assert home.id_now() == old_id
    assert home.history() == [("update", "rolled-back")]
    assert home.codes()[0] == "rejected-before"
    assert "set aside" not in home.log()


def test_rolled_back_by_a_person(home: Home) -> None:
    """First in vain: then the image that runs on was not turned down."""
    old_id = home.create("moody")
    home.publish("good")
    home.host.client.start(old_id)
    home.replaced(old_id)
    good_id = home.id_now()
    assert good_id is not None
    home.host.execute(NAME, f"touch {STATE}/moody")
    started_at = home.host.inspect(NAME)["State"]["StartedAt"]
    assert home.updater("rollback", home.name)["results"][0]["reason"]["code"] == "itself"
    home.host.wait_until(lambda: home.host.inspect(NAME)["State"]["StartedAt"] != started_at, 60)
    home.settle()
    assert (home.id_now(), home.history()[0]) == (good_id, ("rollback", "failed"))
    assert home.says("retry", home.name) == f"Nothing was rejected for {home.name}.\n"
    home.host.execute(NAME, f"rm {STATE}/moody")
    assert home.updater("rollback", home.name)["results"][0]["reason"]["code"] == "itself"
    home.replaced(good_id)
    assert home.variant_now() == "moody"
    assert home.history() == [("rollback", "rolled-back"), ("rollback", "failed"), ("update", "updated")]
    assert home.codes()[0] == "rejected-before"


def test_a_fixed_address_a_port_a_compose_service_and_no_restart(bridged: Home) -> None:
    home = bridged
    pool = {"Config": [{"Subnet": "172.31.77.0/24"}]}
    network = home.host.create_network("net", ipam=pool)
    compose = {"com.docker.compose.project": "p", "com.docker.compose.service": NAME}
    old_id = home.create(
        "old",
        host_config={
            "NetworkMode": network,
            "RestartPolicy": {"Name": "no"},
            "PortBindings": {"8080/tcp": [{"HostIp": "127.0.0.1", "HostPort": "18080"}]},
            "Binds": [
                f"{home.socket.path}:/run/engine.sock",
                f"{home.host.name('state')}:/var/lib/updater",
                *of_bridged(home),
            ],
        },
        networks={network: {"IPAMConfig": {"IPv4Address": "172.31.77.9"}, "Aliases": ["it"]}},
        labels=compose,
        ExposedPorts={"8080/tcp": {}},
        Hostname="known",
    )
    home.publish("good")
    home.host.client.start(old_id)
    before = home.host.inspect(NAME)
    home.replaced(old_id)
    now = home.host.inspect(NAME)
    assert home.variant_now() == "good"
    assert now["HostConfig"]["RestartPolicy"]["Name"] == "no"
    assert now["NetworkSettings"]["Ports"] == before["NetworkSettings"]["Ports"]
    assert now["Config"]["Hostname"] == "known"
    assert compose.items() <= now["Config"]["Labels"].items()
    endpoint = now["NetworkSettings"]["Networks"][network]
    assert (endpoint["IPAddress"], "it" in endpoint["Aliases"]) == ("172.31.77.9", True)
    assert home.history() == [("update", "updated")]


def behind_a_proxy(home: Home, lets_in: str, start: str, published: str) -> str:
    """The engine is only reached over an internal network, on which the lowest address is the updater's own."""
    hidden = home.host.create_network("hidden", internal=True, ipam={"Config": [{"Subnet": "172.31.78.0/24"}]})
    outside = home.host.create_network("outside", ipam={"Config": [{"Subnet": "172.31.79.0/24"}]})
    home.host.run_container(
        "proxy",
        home.image.reference,
        Entrypoint=["python3", "-c", FORWARD, lets_in],
        Healthcheck={"Test": ["NONE"]},
        host_config={"Binds": [f"{home.socket.path}:/run/engine.sock"]},
        networks={hidden: {"IPAMConfig": {"IPv4Address": "172.31.78.100"}, "Aliases": ["proxy"]}},
    )
    home.beside = frozenset({home.host.name("proxy")})
    old_id = home.create(
        start,
        environment={"DOCKER_HOST": "tcp://proxy:2375"},
        host_config={
            "NetworkMode": hidden,
            "Binds": [f"{home.host.name('state')}:/var/lib/updater", *of_bridged(home)],
            "RestartPolicy": {"Name": "always"},
        },
        networks={
            hidden: {"IPAMConfig": {"IPv4Address": ADDRESSES[0]}, "Aliases": ["the-updater"]},
            outside: {"IPAMConfig": {"IPv4Address": ADDRESSES[1]}},
        },
    )
    home.publish(published)
    home.host.client.start(old_id)
    return old_id


@pytest.mark.parametrize(("variant", "outcome"), [("good", "updated"), ("crashing", "rolled-back")])
def test_behind_a_proxy_with_a_fixed_address(bridged: Home, variant: str, outcome: str) -> None:
    """The proxy lets only those in that bear the updater's name."""
    home = bridged
    old_id = behind_a_proxy(home, "the-updater", "old", variant)
    if outcome == "updated":
        home.replaced(old_id)
    home.host.wait_until(lambda: home.is_settled() and home.history() == [("update", outcome)], 60)
    now = home.host.inspect(NAME)["NetworkSettings"]["Networks"]
    assert [now[home.host.name(short)]["IPAddress"] for short in ("hidden", "outside")] == ADDRESSES


@pytest.mark.endurance
def test_a_helper_that_is_kept_from_the_engine(bridged: Home) -> None:
    """The proxy knows the updater by its address alone. What was begun is taken back, told, and not tried anew."""
    home = bridged
    old_id = behind_a_proxy(home, ADDRESSES[0], "impatient", "good")
    home.host.wait_until(lambda: any(".helper-" in name for name in home.names()), 60)
    home.host.wait_until(lambda: "is given up" in home.log(), 60)
    home.host.wait_until(home.is_settled)
    assert home.id_now() == old_id
    (entry,) = home.updater("history", home.name)["entries"]
    assert (entry["operation"], entry["outcome"], entry["reason"]["code"]) == ("update", "failed", "itself")
    assert "let it know the updater by its name" in entry["reason"]["message"]
    assert "the engine is away" in entry["log_tail"]
    (result,) = home.updater("run")["results"]
    assert (result["outcome"], result["reason"]["code"]) == ("skipped", "rejected-before")
    assert "Its helper did nothing" in result["reason"]["message"]
    assert set(home.names()) == {home.name} | home.beside
    assert "may be tried again" in home.says("retry", home.name)
    assert home.codes()[0] == "update-available"


def test_one_that_does_not_stay_is_left(home: Home) -> None:
    home.create("old", Cmd=["run"])
    home.publish("good")
    home.host.client.start(home.name)
    home.host.client.wait(home.name)
    assert "nothing runs `updater watch` in it" in home.host.logs(NAME)
    assert home.names() == [home.name]


def test_a_state_that_would_be_lost(home: Home) -> None:
    home.start("old", environment={"UPDATER_STATE_DIR": "/tmp/state"})
    home.settle()
    home.publish("good")
    assert home.codes() == ["itself"]


def test_a_state_that_is_somebody_elses(home: Home) -> None:
    """The new one may not read what the old one keeps: it has not proven itself. Nor may the old one be so."""
    old_id = home.start("old")
    home.settle()
    started_at = home.host.inspect(NAME)["State"]["StartedAt"]
    home.publish("stranger")
    assert home.updater("run")["results"][0]["reason"]["code"] == "itself"
    home.host.wait_until(lambda: home.host.inspect(NAME)["State"]["StartedAt"] != started_at, 60)
    home.settle()
    assert home.id_now() == old_id
    (entry,) = home.updater("history", home.name)["entries"]
    assert entry["outcome"] == "rolled-back"
    assert f"cannot go on with the state of the old one: {STATE}: Permission denied" in entry["log_tail"]
    assert home.codes()[0] == "rejected-before"
    home.host.client.remove_container(home.name, force=True)
    home.start("old", user="20002:20002")
    home.settle()
    home.publish("good")
    assert home.codes() == ["itself"]


def test_whoever_depends_on_it_comes_along(home: Home) -> None:
    old_id = home.start("old")
    home.host.push("side:latest", ImageSpec(marker="1"))
    side_id = home.host.run_container("side", "side:latest", host_config={"VolumesFrom": [home.name]})
    home.beside = frozenset({home.host.name("side")})
    home.settle()
    home.publish("good")
    assert home.updater("run")["results"][0]["reason"]["code"] == "itself"
    home.replaced(old_id)
    assert home.variant_now() == "good"
    assert home.history() == [("update", "updated")]
    side = home.host.inspect("side")
    assert (side["Id"] != side_id, side["State"]["Running"]) == (True, True)
    assert home.host.execute("side", f"ls {STATE}/updater.db")


def test_one_that_nothing_names(home: Home) -> None:
    """A host name of its own, no control group to be seen, and others' files over the engine's: it is left alone."""
    host, own = home.host, [f"/etc/{name}" for name in ("hostname", "hosts", "resolv.conf")]
    for place in own:
        (host.directory / place[5:].replace("/", "-")).write_text("127.0.0.1 localhost\n")
    for short, hostname in (("web", "web"), ("alike", "known")):
        host.push(f"{short}:latest", ImageSpec(marker="1"))
        host.run_container(short, f"{short}:latest", labels=ON, Hostname=hostname)
        host.push(f"{short}:latest", ImageSpec(marker="2"))
    old_id = home.create(
        "old",
        binds=[f"{host.directory / place[5:]}:{place}:ro" for place in own],
        host_config={"CgroupnsMode": "private"},
        Hostname="known",
    )
    home.publish("good")
    home.beside = frozenset({host.name("web"), host.name("alike")})
    host.client.start(old_id)
    home.settle()
    assert home.id_now() == old_id
    assert [host.execute(short, "cat /etc/marker").strip() for short in ("web", "alike")] == ["2", "1"]
    assert "start the updater without a host name of its own" in home.log()
    assert home.codes() == ["itself"]
    (found,) = [one for one in home.updater("doctor")["findings"] if one["subject"] == "itself"]
    assert found["health"] == "warning"
    assert f"which {host.name('alike')}, {home.name} bears" in found["message"]


def test_it_is_switched_off_by_the_ordinary_labels(home: Home) -> None:
    home.start("old", labels={"updater.monitor-only": "true"})
    home.settle()
    home.publish("good")
    assert home.codes()[0] == "monitor-only"
    assert home.updater("run")["results"][0]["reason"]["code"] == "monitor-only"


def test_two_with_a_scope_each(home: Home) -> None:
    first = home.create("old", environment={"UPDATER_SCOPE": "one"}, labels={"updater.scope": "one"})
    other = home.create(
        "old",
        environment={"UPDATER_SCOPE": "two"},
        labels={"updater.scope": "two"},
        short="other",
        host_config={"Binds": [f"{home.socket.path}:/run/engine.sock"]},
    )
    home.publish("good")
    home.beside = frozenset({home.host.name("other")})
    home.host.client.start(first)
    home.host.client.start(other)
    home.replaced(first)
    home.host.wait_until(lambda: home.host.inspect("other")["Id"] != other, 60)
    home.settle()
    for short in (NAME, "other"):
        assert home.host.inspect(short)["State"]["Running"]
        assert home.host.inspect(short)["Config"]["Labels"]["updater.operation.name"] == home.host.name(short)


def test_others_leave_it_to_the_helper(home: Home) -> None:
    home.create("old")
    home.publish("unhealthy")
    home.host.client.start(home.name)
    home.host.wait_until(lambda: any(".old-" in name for name in home.names()), 60)
    found = home.host.updater("recover", "-o", "json").json["recovered"]
    assert [entry["reason"]["code"] for entry in found] == ["busy"]
    names = {entry["name"] for entry in home.host.updater("check", "--all", "-o", "json").json["containers"]}
    assert not any(".helper-" in name for name in names)
    home.settle()
    assert home.history() == [("update", "rolled-back")]


@pytest.mark.endurance
def test_an_engine_that_is_stopped_in_the_middle_waits_for_nobody(home: Home) -> None:
    """It tells its containers to end and answers nobody any more, as when it is upgraded, or the host goes down.

    Whoever is at work on another container then gives up soon, and its next life finishes or undoes that.
    """
    host, labels = home.host, ON | {"updater.health-timeout": "20s"}
    always = {"RestartPolicy": {"Name": "always"}}
    host.push("web:latest", ImageSpec(marker="1"))
    old_id = host.run_container("web", "web:latest", labels=labels, host_config=always)
    host.push("web:latest", ImageSpec(marker="2", healthcheck=commands.health_check("exit 1", retries=1000)))
    home.start("old", StopTimeout=300)
    host.wait_until(lambda: "until the verdict" in home.log(), 60)
    host.rig.engine.restart()  # an error where that takes more than 30 s
    both = sorted((home.name, host.name("web")))
    host.wait_until(lambda: host.container_names() == both and host.inspect("web")["Id"] == old_id, 90)
    assert host.inspect("web")["State"]["Running"]
