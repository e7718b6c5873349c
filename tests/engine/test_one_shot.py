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


def prepare(host: Host, name: str, code: int, policy: dict[str, Any], labels: dict[str, str]) -> str:
    """Have a job that runs, and a new image for it that ends a little later with this code; gives its id."""
    host.push(f"{name}:latest", ImageSpec(marker="1"))
    job = host.run_container(name, f"{name}:latest", labels=ON | labels, host_config={"RestartPolicy": policy})
    host.push(f"{name}:latest", ImageSpec(marker="2", command=commands.exit_after(0.5, code)))
    return job


def update(host: Host, code: int, policy: dict[str, Any], labels: dict[str, str]) -> tuple[str, dict[str, Any]]:
    """Put a job that runs onto its new image; gives the id it had, and what came of it."""
    old_id = prepare(host, "job", code, policy, labels)
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


def test_any_other_end_is_a_crash(host: Host) -> None:
    jobs: dict[str, tuple[int, dict[str, Any], dict[str, str]]] = {
        "service": (0, {"Name": "no"}, {}),  # nobody said that it may end
        "on-failure": (3, ON_FAILURE, {}),
        "one-shot": (3, {"Name": "no"}, ONE_SHOT),
        "always": (0, {"Name": "always"}, ONE_SHOT),  # it is started again and again, whatever the label says
    }
    old_ids = {name: prepare(host, name, *job) for name, job in jobs.items()}
    outcomes = ran(host.updater("run", "--parallel-updates", "4", "-o", "json").json)
    for name, old_id in old_ids.items():
        outcome = outcomes[host.name(name)]
        assert (outcome["outcome"], outcome["reason"]["code"]) == ("rolled-back", "crashed"), name
        assert host.inspect(name)["Id"] == old_id
        assert host.inspect(name)["State"]["Running"], name


def test_a_job_that_has_ended_is_made_anew_and_not_started(host: Host) -> None:
    host.push("job:latest", ImageSpec(marker="1", command=commands.FINISH))
    old_id = host.run_container("job", "job:latest", labels=ON)
    host.wait_until(lambda: not host.inspect("job")["State"]["Running"])
    host.push("job:latest", ImageSpec(marker="2", command=commands.EXIT_AT_ONCE))
    outcome = ran(host.updater("run", "--include-stopped", "-o", "json").json)[host.name("job")]
    assert outcome["outcome"] == "updated"
    assert host.inspect("job")["Id"] != old_id
    assert host.inspect("job")["State"]["Status"] == "created"
