"""What is left of a rig on this machine: processes, mounts, control groups, folders?"""

from __future__ import annotations

import json
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rig import Namespaces


@dataclass(frozen=True)
class Footprint:
    """By what the traces of one rig are recognised."""

    name: str
    directory: str
    pid_namespace: int
    network: int

    @classmethod
    def of(cls, namespaces: Namespaces) -> Footprint:
        folder = Path(f"/proc/{namespaces.pid}/ns")
        return cls(
            namespaces.name,
            str(namespaces.directory),
            (folder / "pid").stat().st_ino,
            (folder / "net").stat().st_ino,
        )

    def as_json(self) -> str:
        return json.dumps([self.name, self.directory, self.pid_namespace, self.network])

    @classmethod
    def from_json(cls, text: str) -> Footprint:
        return cls(*json.loads(text))

    def traces(self) -> list[str]:
        """One line for each thing that should not be there any more."""
        found = [str(path) for path in Path("/sys/fs/cgroup").glob(f"*/{self.name}")]
        found += [str(path) for path in (Path(self.directory), Path("/sys/fs/cgroup", self.name)) if path.exists()]
        for process in Path("/proc").iterdir():
            if process.name.isdigit():
                found += self._traces_of(process)
        return found

    def _traces_of(self, process: Path) -> list[str]:
        try:
            inside = {(process / "ns" / kind).stat().st_ino for kind in ("pid", "net")}
            command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            mounts = (process / "mountinfo").read_text()
        except OSError:
            return []
        reasons = {
            "lives in its namespaces": bool(inside & {self.pid_namespace, self.network}),
            "names its folder": self.directory in command,
            "has a mount of it": self.directory in mounts,
        }
        return [f"{process.name} {command.strip()}: {reason}" for reason, holds in reasons.items() if holds]

    def traces_after(self, seconds: float) -> list[str]:
        """The traces that are still there after a while; returns as soon as there are none."""
        deadline = time.monotonic() + seconds
        while traces := self.traces():
            if time.monotonic() > deadline:
                return traces
            time.sleep(0.05)
        return []


def host_network() -> str:
    """The machine's own interfaces and packet filter rules."""
    links = json.loads(_output("ip", "-json", "link"))
    names = sorted(link["ifname"] for link in links)
    # Only the rules: the save's comments carry the time.
    rules = [line for line in _output("iptables-save").splitlines() if line.startswith("-A")]
    return "\n".join([*names, *rules])


def _output(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
