"""The engine is restarted while a new container is to prove itself: no person did that, and the image is not bad.

An engine that ends stops all that it runs as a person would, and systemd holds its socket: nobody is refused meanwhile.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from rig import ImageSpec
from tests.engine.contract import ran

if TYPE_CHECKING:
    from rig.host import Host

ON = {"updater.enable": "true"}
POLICIES = ("always", "unless-stopped", "on-failure")

pytestmark = pytest.mark.timeout(180)


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_in_the_middle_of_a_trial(host: Host, how: str) -> None:
    """Ended by its package's upgrade, or killed; under some policies the engine then leaves what it ran down."""
    before = {}
    for policy in POLICIES:
        host.push(f"{policy}:latest", ImageSpec(marker=f"1 {policy}"))
        settings = {"RestartPolicy": {"Name": policy}}
        before[policy] = host.run_container(policy, f"{policy}:latest", labels=ON, host_config=settings)
        host.push(f"{policy}:latest", ImageSpec(marker=f"2 {policy}"))
    engine = host.rig.engine
    quick = ("--grace-period", "2s", "--parallel-updates", "3", "-o", "json")
    with host.rig.held_socket() as held, host.start_updater("run", *quick, docker_host=held.host) as process:
        assert process.stderr is not None
        trials = (line for line in process.stderr if "until the verdict" in line)
        for _ in POLICIES:
            next(trials)
        if how == "stop":
            engine.stop()
        else:
            engine.kill()
        engine.start()
        stdout, stderr = process.communicate(timeout=90)
    assert {result["reason"]["code"] for result in ran(json.loads(stdout)).values()} == {"updated"}, stdout
    assert "Traceback" not in stderr
    assert host.container_names() == sorted(map(host.name, POLICIES))
    for policy in POLICIES:
        now = host.inspect(policy)
        assert (now["Id"] != before[policy], now["State"]["Running"]) == (True, True)
        assert host.execute(policy, "cat /etc/marker") == f"2 {policy}"
