"""One `updater check` of forty wrong or hostile registries: each is told apart, and none keeps the others from it."""

from __future__ import annotations

import re
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from rig.fake_server import Fault
from rig.host import Result
from tests.engine.contract import checked, codes
from tests.engine.faulty_registries import MOVED, SECRETS, Town, populate
from tests.engine.registry_faults import CASES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rig.host import Host

pytestmark = [pytest.mark.timeout(400), pytest.mark.alone]

# Kilobytes that faults may cost: two bodies of the largest size that is read, and what threads keep.
MOST_MEMORY = 12 * 1024
# The peak of a child counts from its parent's size at the start, so that the parent has to be small.
MEASURED = """
import resource, subprocess, sys
code = subprocess.call(sys.argv[2:])
open(sys.argv[1], "w").write(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss))
sys.exit(code)
"""


@pytest.fixture
def town(host: Host) -> Iterator[Town]:
    with ExitStack() as stack:
        opened = Town.build(host, stack)
        populate(opened)
        yield opened


def check(town: Town, *names: str) -> tuple[Result, int]:
    """What a check says, and the most memory it had, in KiB."""
    peak = town.host.directory / "peak"
    command = [sys.executable, "-I", "-S", "-c", MEASURED, str(peak)]
    command += [sys.executable, "-m", "updater", "check", "--include-stopped", "-o", "json", *names]
    environment = town.host.environment(more=town.environment())
    ended = town.host.rig.run(command, environment, town.host.directory, timeout=150)
    return Result(ended.returncode, ended.stdout, ended.stderr), int(peak.read_text())


def short(town: Town, result: Result) -> dict[str, dict[str, Any]]:
    assert result.stdout, result.stderr
    return {name.removeprefix(f"{town.host.prefix}-"): one for name, one in checked(result.json).items()}


def is_harmless(sentence: str) -> bool:
    """One line for a person: nothing a terminal or a page would act on."""
    return sentence.isprintable() and not re.search(r"[<>]|script|\[2J", sentence)


def test_every_fault_has_its_reason_and_concerns_its_container_only(town: Town) -> None:
    alone, least = check(town, *town.healthy)
    assert {name: one["status"] for name, one in short(town, alone).items()} == {
        name.removeprefix(f"{town.host.prefix}-"): "outdated" if name.endswith(MOVED) else "current"
        for name in town.healthy
    }, alone.stderr
    assert alone.exit_code == 0
    result, most = check(town)
    found = short(town, result)
    healthy = {name: found.pop(name) for name in short(town, alone)}
    assert healthy == short(town, alone)
    assert {name: (one["status"], one["decision"], codes(one)) for name, one in found.items()} == {
        case.name: ("unknown", "leave", [case.code]) for case in CASES
    }, "\n".join(f"{name}: {one['reasons']}" for name, one in found.items())
    assert result.exit_code == 1
    messages = {name: one["reasons"][0]["message"] for name, one in found.items()}
    assert {name: message for name, message in messages.items() if not is_harmless(message)} == {}
    assert "Traceback" not in result.stderr
    assert not [secret for secret in (*SECRETS, "signature=") if secret in result.stdout + result.stderr]
    assert_nothing_leaked(town)
    print(f"peak memory: {least} KiB for the healthy alone, {most} KiB with all")  # noqa: T201
    assert most - least <= MOST_MEMORY


def assert_nothing_leaked(town: Town) -> None:
    """Nobody but the registries saw a credential, and nobody saw a cookie."""
    assert town.metadata.seen == []
    assert {seen.path.partition("?")[0] for seen in town.elsewhere.seen} == {"/token"}
    assert {seen.path for seen in town.store.seen} == {"/blob?signature=secret"}
    strangers = [town.elsewhere, town.store]
    assert [server.authorizations for server in strangers] == [[], []]
    assert not [secret for secret in SECRETS for server in strangers if secret in repr(server.seen)]
    everybody = [*strangers, *town.registries]
    assert not [seen for server in everybody for seen in server.seen if "cookie" in seen.headers]


def test_what_hangs_leaves_time_for_the_others_of_its_host(host: Host) -> None:
    """Some repositories never answer, some fail at once: no reason not to check the rest of the same registry."""
    with ExitStack() as stack:
        town = Town.build(host, stack)
        registry = town.open(guarded=True)
        for kind, fault in (("hangs", Fault(hangs=True)), ("fails", Fault(status=500)), ("good", None)):
            for number in range(4):
                repository = town.settle(registry, f"{kind}-{number}")
                if fault is not None:
                    registry.faults[f"/v2/{repository}/manifests/latest"] = fault
        result, _ = check(town)
        found = short(town, result)
        expected = {"hangs": "registry-unreachable", "fails": "registry-error", "good": "up-to-date"}
        assert {name: codes(one) for name, one in found.items()} == {
            name: [expected[name.partition("-")[0]]] for name in found
        }, [one["reasons"] for one in found.values()]
