"""A person acts on a container at one moment of its update, given by a request to the engine."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from rig import ImageSpec
from tests.engine.contract import ran

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rig.host import Host
    from rig.recording import Request

    Act = Callable[[str], object]

ON = {"updater.enable": "true"}
STOP, GO, PARK, START = r"{id}/stop", r"name={name}\.go-", r"name={name}\.old-", r"/start$"


def update(
    host: Host,
    when: str,
    act: Act,
    *options: str,
    before: bool = False,
    new: Mapping[str, Any] | None = None,
    policy: str = "no",
) -> tuple[str, dict[str, Any]]:
    """Update `web`, act on it after (or before) the first request like this; give the old id and the result."""
    host.push("web:latest", ImageSpec(marker="1"))
    old_id = host.run_container("web", "web:latest", labels=ON, host_config={"RestartPolicy": {"Name": policy}})
    host.push("web:latest", ImageSpec(marker="2", **(new or {})))
    result = run_and_act(
        host, re.compile(when.format(id=old_id, name=host.name("web"))), lambda: act(old_id), before, options
    )
    return old_id, result[host.name("web")]


def run_and_act(
    host: Host, when: re.Pattern[str], act: Callable[[], object], before: bool, options: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Run the updater and act once, at the first request that looks like `when`; what it says, by name."""
    acted: list[Request] = []

    def interfere(request: Request, *_status: int) -> None:
        if request.method != "GET" and when.search(request.target) and not acted:
            acted.append(request)
            act()

    with host.rig.recording_socket() as socket:
        setattr(socket.recording, "before" if before else "after", interfere)
        result = host.updater("run", "-o", "json", "--grace-period", "1s", *options, docker_host=socket.host)
    assert acted, str(result)
    assert "Traceback" not in result.stderr
    return ran(result.json)


def running(host: Host) -> list[str]:
    """Who runs now."""
    return [name for name in host.container_names() if host.inspect(name)["State"]["Running"]]
