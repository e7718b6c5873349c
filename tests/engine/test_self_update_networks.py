"""An updater updates itself where two of it cannot be: fixed addresses and ports, proxies that know it by its name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rig.certificates import CertificateAuthority
from rig.tls_registry import TlsRegistry
from tests.engine.self_update import NAME, Home

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


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
