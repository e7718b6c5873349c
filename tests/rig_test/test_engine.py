"""Does the private engine do what an engine does?"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import requests

from rig import ImageSpec, commands

if TYPE_CHECKING:
    from rig.host import Host


def test_a_pushed_image_runs_and_stops_fast(host: Host) -> None:
    digest = host.push("web:latest", ImageSpec(marker="one"))
    host.run_container("web", "web:latest")
    image = host.client.inspect_image(host.reference("web:latest"))
    assert image["RepoDigests"] == [f"{host.reference('web')}@{digest}"]
    assert host.inspect("web")["State"]["Running"]
    assert host.execute("web", "cat /etc/marker") == "one"
    before = time.monotonic()
    host.client.stop(host.name("web"))
    assert time.monotonic() - before < 1.5
    assert host.inspect("web")["State"]["ExitCode"] == 0


def test_a_published_port_answers_the_test(host: Host) -> None:
    host.push("web:latest", ImageSpec(marker="hello", command=commands.HTTP_SERVER, exposed=["8080/tcp"]))
    port_bindings = {"8080/tcp": [{"HostIp": "127.0.0.1", "HostPort": "18080"}]}
    host.run_container("web", "web:latest", host_config={"PortBindings": port_bindings})
    with requests.Session() as session:
        session.trust_env = False
        assert session.get("http://127.0.0.1:18080/", timeout=5).text == "hello"
