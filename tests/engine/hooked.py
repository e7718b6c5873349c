"""What do the tests of hooks share? A container with hooks and a newer image for it, and how its update went."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rig import ImageSpec
from tests.engine.contract import ran

if TYPE_CHECKING:
    from rig.host import Host

PRE, POST = "updater.hook.pre-update", "updater.hook.post-update"
ON = {"updater.enable": "true"}
QUICK = ("--grace-period", "1s", "-o", "json")


@dataclass(frozen=True)
class Web:
    """One container, and a newer image for it."""

    host: Host
    id: str

    def update(self, *command: str, **how: Any) -> dict[str, Any]:
        result = self.host.updater(*(command or ("run",)), *QUICK, **how)
        assert "Traceback" not in result.stderr, result.stderr
        return {**ran(result.json)[self.host.name("web")], "exit_code": result.exit_code}

    def is_as_it_was(self) -> bool:
        """The very same container runs, alone, and the tag names its image."""
        now = self.host.inspect("web")
        assert self.host.container_names() == [self.host.name("web")]
        assert now["State"]["Running"]
        assert self.host.image_id(self.host.reference("web:latest")) == now["Image"]
        return bool(now["Id"] == self.id)

    def runs(self, program: str) -> bool:
        return program in self.host.execute("web", "ps -o args")


def start(host: Host, hooks: dict[str, str], old: ImageSpec | None = None, **settings: Any) -> Web:
    host.push("web:latest", old or ImageSpec(marker="1"))
    identifier = host.run_container("web", "web:latest", labels=ON | hooks, **settings)
    host.push("web:latest", ImageSpec(marker="2"))
    return Web(host, identifier)


def steps(outcome: dict[str, Any]) -> list[str]:
    return [step["name"] for step in outcome["steps"]]
