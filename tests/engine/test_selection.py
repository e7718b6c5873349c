"""Which containers are meant, by scope, by `--include` and by `--exclude`?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.engine.decisions import answer, outcome, outdated

if TYPE_CHECKING:
    from rig.host import Host


def test_scopes(host: Host) -> None:
    outdated(host, "mine", "one:latest", **{"updater.scope": "mine"})
    outdated(host, "other", "two:latest")
    assert answer(host, "other", "--scope", "mine")[1] == "out-of-scope"
    assert answer(host, "mine", "--scope", "mine")[0] == "update"
    assert answer(host, "mine", "--scope", "none")[1] == "out-of-scope"
    assert answer(host, "mine")[0] == answer(host, "other")[0] == "update"


def test_include_and_exclude(host: Host) -> None:
    outdated(host, "web", "one:latest", tier="front")
    outdated(host, "db", "two:latest")
    assert answer(host, "db", "--all", "--exclude", f"{host.prefix}-d*")[1] == "excluded"
    assert answer(host, "web", "--all", "--exclude", f"{host.prefix}-d*")[0] == "update"
    assert answer(host, "db", "--include", "label:tier=front")[1] == "excluded"
    assert answer(host, "web", "--include", "label:tier=front")[0] == "update"
    assert outcome(host, host.name("db"), "--exclude", "*", short="db") == ("updated", "updated")
