"""In which container does this program run, and can that be replaced from within? All kinds of the kernel's files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.given import container
from updater.itself import own_container
from updater.model.container import ContainerState
from updater.model.schedule import parse_schedule
from updater.own_part import in_own_container
from updater.policy.terms import Request

OWN, OTHER = "a1" * 32, "b2" * 32
KNOWN = (container(id=OTHER, name="other"), container(id=OWN, name="updater"))
FILES = f"""\
22 21 0:30 / / rw - overlay overlay rw,upperdir=/var/lib/docker/overlay2/{"c3" * 32}/diff
23 22 8:1 /var/lib/docker/containers/{{0}}/hostname /etc/hostname rw - ext4 /dev/sda1 rw
24 22 8:1 /var/lib/docker/volumes/{"d4" * 32}/_data /var/lib/updater rw - ext4 /dev/sda1 rw
"""
OF_ALL = f"25 22 0:40 / /host/var/lib/docker/containers/{OTHER}/mounts/shm rw - tmpfs shm rw\n"
V1 = "12:pids:/docker/{0}\n"
V2 = "0::/\n"
HOST_VIEW = "0::/system.slice/docker-{0}.scope\n"
ALONE: dict[str, Any] = {}
SHARING: dict[str, Any] = {"needs": frozenset({OWN}), "network_of": OWN}
LINKED: dict[str, Any] = {"needs": frozenset({OWN})}
DAEMON = frozenset({parse_schedule("@daily")})


def machine(root: Path, mounts: str, groups: str, hostname: str = "web", marker: str = ".dockerenv") -> Path:
    for folder in ("etc", "proc/self", "run"):
        (root / folder).mkdir(parents=True)
    (root / marker).touch()
    (root / "proc/self/mountinfo").write_text(mounts)
    (root / "proc/self/cgroup").write_text(groups)
    (root / "etc/hostname").write_text(hostname)
    return root


@pytest.mark.parametrize(
    ("mounts", "groups", "hostname", "expected"),
    [
        ("", V1.format(OWN), "web", OWN),
        ("", HOST_VIEW.format(OWN), "web", OWN),
        (FILES.format(OWN), V2, "web", OWN),
        ("", V2, OWN[:12], OWN),
        # Whoever has the host's root mounted sees the mounts of all others.
        (OF_ALL + FILES.format(OWN), V2, "web", OWN),
        (OF_ALL, V2, "web", None),
        # A shared network brings the other one's files; the control group is its own all the same.
        (FILES.format(OTHER), V1.format(OWN), "web", OWN),
        ("", V2, "web", None),
        (FILES.format("e5" * 32), V2, "web", None),  # another engine's
        ("", V2, "a1", None),
    ],
)
def test_in_which_container(tmp_path: Path, mounts: str, groups: str, hostname: str, expected: str | None) -> None:
    assert own_container(KNOWN, machine(tmp_path, mounts, groups, hostname)) == expected


def test_the_hosts_own_name_hides_nothing(tmp_path: Path) -> None:
    root = machine(tmp_path, "", V2, hostname=OWN[:12])
    (root / "proc/sys/kernel").mkdir(parents=True)
    (root / "proc/sys/kernel/hostname").write_text("nas\n")
    assert own_container(KNOWN, root) == OWN


def test_outside_of_any(tmp_path: Path) -> None:
    assert own_container(KNOWN, machine(tmp_path, FILES.format(OWN), V1.format(OWN), marker="else")) is None


@pytest.mark.parametrize(
    ("folder", "groups", "beside", "expected"),
    [
        ("/var/lib/updater", V2, ALONE, None),
        ("/var/lib/updater/deeper", V2, ALONE, None),
        ("/var/lib/updaters", V2, ALONE, "in no volume"),
        ("/tmp/state", V2, ALONE, "in no volume"),
        (None, V2, ALONE, "no state folder"),
        ("/var/lib/updater", V2, SHARING, "nobody can tell which"),
        ("/var/lib/updater", V1.format(OWN), SHARING, None),
        ("/var/lib/updater", V2, LINKED, None),
    ],
)
def test_what_speaks_against_replacing_it(
    tmp_path: Path,
    folder: str | None,
    groups: str,
    beside: dict[str, Any],
    expected: str | None,
) -> None:
    tmpfs = "26 22 0:41 / /tmp rw - tmpfs tmpfs rw\n"
    root = machine(tmp_path, FILES.format(OWN) + tmpfs, groups)
    known = (KNOWN[1], container(id=OTHER, name="other", **beside))
    state = Path(folder) if folder is not None else None
    found = in_own_container(Request(state_folder=state, fired=DAEMON), known, lambda _: None, root)
    assert found.own_id == OWN
    assert (found.own_obstacle is None) if expected is None else (expected in (found.own_obstacle or ""))


def test_whose_files_are_the_same(tmp_path: Path) -> None:
    """Whoever shares a network by way of another one has the files of the first, too."""
    vpn = container(id=OWN, name="vpn")
    first = container(id=OTHER, name="first", network_of="vpn")
    second = container(id="c3" * 32, name="second", network_of=OTHER)
    known = (second, first, vpn, container(id="d4" * 32, name="linked", needs=frozenset({OWN})))
    found = in_own_container(Request(), known, lambda _: None, machine(tmp_path, FILES.format(OWN), V2))
    assert found.maybe_own == {vpn.id, first.id, second.id}


@pytest.mark.parametrize(
    ("mounts", "groups", "marker", "expected"),
    [
        ("", V2, ".dockerenv", {"alike", "sharing", "hosts"}),
        (FILES.format("e5" * 32), V2, ".dockerenv", {"sharing"}),  # another engine's, or its network is of one removed
        (FILES.format(OWN), V2, ".dockerenv", set()),  # it is known
        ("", V1.format("e5" * 32), ".dockerenv", set()),  # the control group is always its own: another engine's
        ("", V2, "else", set()),
    ],
)
def test_what_it_may_be_where_nothing_tells(
    tmp_path: Path, mounts: str, groups: str, marker: str, expected: set[str]
) -> None:
    hostnames = {
        "alike": {"Hostname": "nas", "Domainname": "home"},
        "sharing": {"Hostname": "nas.home"},
        "known": {"Hostname": "else"},
        "other": {"Hostname": "nas2"},
        "hosts": {"Hostname": "0123456789ab"},
        "stopped": {"Hostname": "nas.home"},
    }
    changes: dict[str, dict[str, Any]] = {
        "sharing": {"network_of": "e5" * 32},
        "stopped": {"state": ContainerState.EXITED},
        "known": {"id": OWN},
    }
    known = [container(**{"id": name, "name": name} | changes.get(name, {})) for name in (*hostnames, "gone")]
    inspected: dict[str, dict[str, Any]] = {
        one.id: {"Config": hostnames[one.name], "HostConfig": {"UTSMode": "host" if one.name == "hosts" else ""}}
        for one in known
        if one.name in hostnames
    }
    root = machine(tmp_path, mounts, groups, hostname="nas.home\n", marker=marker)
    found = in_own_container(Request(), known, inspected.get, root)
    is_known = OWN in mounts
    assert found.maybe_own == ({OWN} if is_known else expected)
    assert (found.own_id, found.own_obstacle is None) == (OWN if is_known else None, not expected and not is_known)
