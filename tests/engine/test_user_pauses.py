"""What if a person pauses a container while it is to prove itself?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from rig import commands
from tests.engine.quick_user import START, update

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rig.host import Host


@pytest.mark.parametrize("health", [None, commands.health_check("true", interval=1)])
def test_pausing_the_new_one_is_no_fault_of_its_image(host: Host, health: Mapping[str, Any] | None) -> None:
    """Nor is it a proof that it is well."""
    new = {"healthcheck": health}
    old_id, result = update(host, START, lambda _: host.client.pause(host.name("web")), new=new)
    assert (result["outcome"], result["reason"]["code"]) == ("rolled-back", "user-changed")
    assert host.container_names() == [host.name("web")]
    assert (host.inspect("web")["Id"], host.inspect("web")["State"]["Status"]) == (old_id, "paused")
    assert "rejected-before" not in host.updater("check", "--all-containers", "-o", "json").stdout


def test_a_short_pause_begins_the_trial_anew(host: Host) -> None:
    """As `docker commit` brings one."""

    def pause(_: str) -> None:
        host.client.commit(host.name("web"), repository=host.name("copy"))

    _, result = update(host, START, pause, new={"healthcheck": commands.health_check("true", interval=1)})
    assert result["outcome"] == "updated", (result["reason"], result["notes"])
