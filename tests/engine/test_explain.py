"""Does `explain` tell why, the whole chain, and do nothing else?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rig import ImageSpec
from tests.engine.decisions import hours, outdated

if TYPE_CHECKING:
    from rig.host import Host


def test_explain_tells_the_whole_chain(host: Host) -> None:
    window = hours(2, 4)
    outdated(host, **{"updater.window": window, "updater.min-age": "1h"})
    result = host.updater("explain", host.name("web"), "--timezone", "UTC", "-o", "json")
    assert result.exit_code == 0, result.stderr
    rules = result.json["rules"]
    objections = [rule["objection"]["code"] for rule in rules if rule["objection"]]
    assert objections == ["too-new", "outside-window"]
    assert len(rules) > 15
    facts = {fact["name"]: fact["value"] for fact in result.json["facts"]}
    assert facts["window"] == window
    assert facts["minimum age"] == "1h"
    assert "opted in" in facts
    table = host.updater("explain", host.name("web")).stdout
    assert "QUESTION" in table
    assert "Has it been published for long enough?" in table


def test_explain_names_a_label_that_cannot_be_read(host: Host) -> None:
    host.push("web:latest", ImageSpec())
    host.run_container("web", "web:latest", labels={"updater.enable": "ja"})
    (rule,) = host.updater("explain", host.name("web"), "-o", "json").json["rules"]
    assert rule["objection"]["code"] == "invalid-label"


def test_explaining_does_not_opt_in(host: Host) -> None:
    host.push("web:latest", ImageSpec())
    host.run_container("web", "web:latest")
    host.rig.registry.recording.clear()
    rules = host.updater("explain", host.name("web"), "-o", "json").json["rules"]
    assert rules[-1]["objection"]["code"] == "not-enabled"
    assert host.rig.registry.recording.matching("HEAD") == []
