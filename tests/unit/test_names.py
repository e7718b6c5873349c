"""Working names and owners: what is written can be read again, and nothing else is taken for it."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from updater.recreator.names import Phase, name_back, name_bad, name_go, name_new, name_old, parse_parked_name
from updater.recreator.owner import LEASE, is_alive, ourselves, parse_owner
from updater.recreator.secrets import without_secrets

OLD_ID = "0123456789abcdef" * 4
NAMES = st.from_regex(r"[a-zA-Z0-9][a-zA-Z0-9_.-]{1,40}", fullmatch=True)
POLICIES = st.one_of(
    st.sampled_from(["no", "always", "unless-stopped"]).map(lambda name: {"Name": name, "MaximumRetryCount": 0}),
    st.integers(0, 99).map(lambda count: {"Name": "on-failure", "MaximumRetryCount": count}),
)


@given(NAMES, POLICIES, st.sampled_from(["running", "exited", "paused", "restarting"]))
def test_the_parked_name_holds_restart_policy_and_state(name: str, policy: dict[str, Any], state: str) -> None:
    parked = name_old(name, OLD_ID, policy, state)
    for text, phase in ((parked, Phase.OLD), (name_back(parked), Phase.BACK)):
        read = parse_parked_name(text, OLD_ID)
        assert read is not None
        assert (read.name, read.phase) == (name, phase)
        assert (read.policy, read.state) == (policy, state)
        assert parse_parked_name(text, OLD_ID[::-1]) is None, "a name with another one's id is somebody's own"


@given(NAMES)
def test_the_new_ones_names_are_not_parked(name: str) -> None:
    for make in (name_new, name_go, name_bad):
        assert parse_parked_name(make(name, OLD_ID), OLD_ID) is None


@pytest.mark.parametrize(
    "text", ["web", "web.old-0123456789ab", "web.old-n-0123", "web.old-x-0123456789ab", ".old-n-" + OLD_ID[:12]]
)
def test_names_of_others(text: str) -> None:
    assert parse_parked_name(text, OLD_ID) is None


ME = ourselves(None)
ELSEWHERE = replace(ME, pid_namespace="1", pid=1)


@pytest.mark.parametrize(
    ("owner", "age", "local", "runs", "alive"),
    [
        (None, 0, True, True, False),
        (ME, 0, True, True, False),  # it is us, and we are not at work on it
        (replace(ME, pid=os.getppid(), start_time="1"), 0, True, True, False),  # the number was given anew
        (replace(ME, pid=2**22 - 7), 0, True, True, False),
        (ELSEWHERE, 0, True, True, True),
        (ELSEWHERE, LEASE + 1, True, True, False),
        (replace(ELSEWHERE, container="c"), 0, True, False, False),
        (replace(ELSEWHERE, container="c"), 0, True, True, True),
        (replace(ELSEWHERE, container="ours"), 0, True, True, False),  # a former life of our own container
        (replace(ME, boot="before"), 0, True, True, False),
        (replace(ME, boot="other machine"), 0, False, True, True),
        (replace(ME, boot="other machine"), LEASE + 1, False, True, False),
    ],
)
def test_who_is_alive(owner: Any, age: float, local: bool, runs: bool, alive: bool) -> None:
    me = replace(ME, container="ours")
    answer = is_alive(owner, me, age_seconds=age, engine_is_local=local, container_runs=lambda _: runs)
    assert answer is alive


def test_a_running_process_is_alive_and_a_dead_one_is_not() -> None:
    script = "from updater.recreator.owner import ourselves; print(ourselves(None), flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        owner = parse_owner(process.stdout.readline().strip())
        assert is_alive(owner, ME, age_seconds=0, engine_is_local=True, container_runs=lambda _: True)
    assert not is_alive(owner, ME, age_seconds=0, engine_is_local=True, container_runs=lambda _: True)


@pytest.mark.parametrize("text", ["", "x", "a:b:c:d:e", "a:b:1:2"])
def test_owners_that_are_none(text: str) -> None:
    assert parse_owner(text) is None


@pytest.mark.parametrize(
    ("environment", "text", "expected"),
    [
        (["DB_PASSWORD=hunter2"], "login hunter2 failed", "login *** failed"),
        (["TOKEN=abcd", "API_KEY=abcdef"], "abcdef abcd", "*** ***"),
        (["DATABASE_URL=postgres://u:p@h/d"], "cannot reach postgres://u:p@h/d", "cannot reach ***"),
        (["MODE=production", "PASSWORD=", "PASSWORD", "KEY=on"], "production on", "production on"),
    ],
)
def test_secrets_are_hidden(environment: list[str], text: str, expected: str) -> None:
    assert without_secrets(text, environment) == expected
