"""A container that does one job and ends: when is its end a success, and when a crash?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from rig import ImageSpec, commands
from tests.engine.contract import ran

if TYPE_CHECKING:
    from rig.host import Host

ON = {"updater.enable": "true"}
ON_FAILURE = {"Name": "on-failure", "MaximumRetryCount": 3}
ONE_SHOT = {"updater.one-shot": "true"}


def update(host: Host, code: int, policy: dict[str, Any], labels: dict[str, str]) -> tuple[str, dict[str, Any]]:
    """Put a job that runs onto a new image that ends a little later with this code."""
    host.push("job:latest", ImageSpec(marker="1"))
    old_id = host.run_container("job", "job:latest", labels=ON | labels, host_config={"RestartPolicy": policy})
    host.push("job:latest", ImageSpec(marker="2", command=commands.exit_after(0.5, code)))
    return old_id, ran(host.updater("run", "-o", "json").json)[host.name("job")]


@pytest.mark.parametrize(
    ("policy", "labels"),
    [(ON_FAILURE, {}), ({"Name": "no"}, ONE_SHOT)],
    ids=["on-failure", "one-shot by label"],
)
def test_an_end_with_code_0_is_a_success(host: Host, policy: dict[str, Any], labels: dict[str, str]) -> None:
    old_id, outcome = update(host, 0, policy, labels)
    assert outcome["outcome"] == "updated"
    assert "ended with code 0" in outcome["reason"]["message"]
    now = host.inspect("job")
    assert now["Id"] != old_id
    assert (now["State"]["Status"], now["State"]["ExitCode"]) == ("exited", 0)
    assert now["HostConfig"]["RestartPolicy"]["Name"] == policy["Name"]
    assert host.container_names() == [host.name("job")]


@pytest.mark.parametrize(
    ("code", "policy", "labels"),
    [
        (0, {"Name": "no"}, {}),  # nobody said that it may end
        (3, ON_FAILURE, {}),
        (3, {"Name": "no"}, ONE_SHOT),
        (0, {"Name": "always"}, ONE_SHOT),  # it is started again and again, whatever the label says
    ],
    ids=["service", "on-failure fails", "one-shot fails", "always"],
)
def test_any_other_end_is_a_crash(host: Host, code: int, policy: dict[str, Any], labels: dict[str, str]) -> None:
    old_id, outcome = update(host, code, policy, labels)
    assert (outcome["outcome"], outcome["reason"]["code"]) == ("rolled-back", "crashed")
    assert host.inspect("job")["Id"] == old_id
    assert host.inspect("job")["State"]["Running"]


def test_a_job_that_has_ended_is_made_anew_and_not_started(host: Host) -> None:
    host.push("job:latest", ImageSpec(marker="1", command=commands.FINISH))
    old_id = host.run_container("job", "job:latest", labels=ON)
    host.wait_until(lambda: not host.inspect("job")["State"]["Running"])
    host.push("job:latest", ImageSpec(marker="2", command=commands.EXIT_AT_ONCE))
    outcome = ran(host.updater("run", "--include-stopped", "-o", "json").json)[host.name("job")]
    assert outcome["outcome"] == "updated"
    assert host.inspect("job")["Id"] != old_id
    assert host.inspect("job")["State"]["Status"] == "created"
