"""`updater doctor` on a real engine: what is in order, what is not, and that nothing is touched by asking."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import jsonschema

from rig import ImageSpec
from rig.fake_registry import FakeRegistry
from rig.images import push
from rig.recording import Reply
from tests.engine.contract import DOCTOR

if TYPE_CHECKING:
    from pathlib import Path

    from rig.host import Host

ON = {"updater.enable": "true"}
NOBODY = "updater-doctor-asks-for-nothing"


def findings(host: Host, *arguments: str, exit_code: int = 0, **how: Any) -> dict[tuple[str, str], tuple[str, str]]:
    """By subject and what it is about: how it is, and the message."""
    result = host.updater("doctor", "-o", "json", *arguments, **how)
    assert result.exit_code == exit_code, result.stdout + result.stderr
    assert "Traceback" not in result.stderr
    jsonschema.validate(result.json, DOCTOR)
    return {(one["subject"], one["about"] or ""): (one["health"], one["message"]) for one in result.json["findings"]}


def test_all_in_order_and_nothing_changed(host: Host) -> None:
    host.push("web:latest", ImageSpec())
    host.run_container("web", "web:latest", labels=ON)
    before = (host.container_names(), sorted(str(image["RepoTags"]) for image in host.client.images()))
    found = findings(host)
    assert {subject: health for (subject, _), (health, _) in found.items()} == {
        "engine": "ok",
        "rights": "ok",
        "itself": "ok",
        "clock": "ok",
        "state": "ok",
        "registry": "ok",
    }
    assert host.client.version()["Version"] in found["engine", ""][1]
    assert "lets everybody ask" in found["registry", host.rig.registry.address][1]
    assert (host.container_names(), sorted(str(image["RepoTags"]) for image in host.client.images())) == before
    table = host.updater("doctor").stdout
    assert "6 ok." in table
    assert f"registry {host.rig.registry.address}" in table


def test_without_an_engine_the_rest_is_looked_at_all_the_same(host: Host) -> None:
    found = findings(host, docker_host="unix:///nowhere.sock", exit_code=3)
    assert found["engine", ""][0] == "failed"
    assert "is it running" in found["engine", ""][1]
    assert found["clock", ""][0] == found["state", ""][0] == "ok"


def test_a_proxy_that_only_lets_us_look(host: Host) -> None:
    with host.rig.recording_socket() as socket:
        socket.recording.before = lambda request: Reply(403, b"Forbidden") if request.method != "GET" else None
        found = findings(host, docker_host=socket.host)
    assert found["rights", ""][0] == "warning"
    assert (
        "create containers, stop containers, start containers, rename containers, update containers, remove containers"
        in found["rights", ""][1]
    )


def test_a_state_folder_that_cannot_be(host: Host) -> None:
    (host.directory / "file").write_text("no folder")
    found = findings(host, "--state-dir", str(host.directory / "file" / "state"))
    assert found["state", ""][0] == "warning"
    assert "lost at the end" in found["state", ""][1]


def logins(host: Host, address: str, password: str) -> dict[str, str]:
    folder = host.directory / f"logins-{password}"
    folder.mkdir()
    entry = {"username": "me", "password": password}
    (folder / "config.json").write_text(json.dumps({"auths": {address: entry}}))
    return {"DOCKER_CONFIG": str(folder)}


def test_registries_and_logins(host: Host) -> None:
    with host.rig.another_registry(5179, users={"me": "secret-word"}) as private:
        push(private, "web:latest", ImageSpec(marker="1"))
        host.client.pull(f"{private.address}/web:latest", auth_config={"username": "me", "password": "secret-word"})
        host.run_container("web", f"{private.address}/web:latest", labels=ON)
        subject = ("registry", private.address)
        found = findings(host, environment=logins(host, private.address, "secret-word"))
        assert found[subject][0] == "ok"
        assert "wants Basic authentication. It takes the credentials of me." in found[subject][1]
        assert "secret-word" not in str(found)
        found = findings(host, environment=logins(host, private.address, "wrong-word"), exit_code=1)
        assert (found[subject][0], "rejected" in found[subject][1]) == ("failed", True)
        found = findings(host, exit_code=1)
        assert (found[subject][0], "none were found" in found[subject][1]) == ("failed", True)


def test_a_limit_is_told(host: Host) -> None:
    digest = host.push("web:latest", ImageSpec())
    host.run_container("web", "web:latest", labels=ON)
    told = {"RateLimit-Limit": "100;w=21600", "RateLimit-Remaining": "76;w=21600", "Docker-Content-Digest": digest}
    host.rig.registry.recording.before = lambda request: Reply(200, b"", told) if request.method == "HEAD" else None
    _, message = findings(host)["registry", host.rig.registry.address]
    assert message.endswith("Its limit: 76 of 100 requests are left within 6 h.")


def test_registries_that_are_only_configured(host: Host, tmp_path: Path) -> None:
    with FakeRegistry(basic=("me", "x")) as other:
        config = tmp_path / "updater.yml"
        config.write_text(f"registries:\n  {other.host}:\n    insecure: true\n  127.0.0.1:1:\n    insecure: true\n")
        found = findings(host, "--config", str(config), exit_code=1)
        assert "There are no credentials for it." in found["registry", other.host][1]
        assert found["registry", "127.0.0.1:1"][0] == "failed"


def test_hooks_need_more_rights_and_nothing_is_run_to_find_out(host: Host) -> None:
    host.push("web:latest", ImageSpec())
    host.run_container("web", "web:latest", labels=ON | {"updater.hook.pre-update": "touch /tmp/ran"})
    host.run_container("other", "web:latest", labels={"updater.hook.post-update": "touch /tmp/ran"})
    health, message = findings(host)["hooks", ""]
    assert (health, host.name("web") in message, host.name("other") in message) == ("ok", True, False)
    for denied in ("/exec", f"/exec/{NOBODY}/start", f"/exec/{NOBODY}/json"):
        with host.rig.recording_socket() as socket:
            socket.recording.before = lambda request, denied=denied: (
                Reply(403, b"Forbidden") if request.path.endswith(denied) else None
            )
            found = findings(host, docker_host=socket.host)
        assert (found["rights", ""][0], found["hooks", ""][0]) == ("ok", "warning"), denied
        assert f"containers: {host.name('web')} would not be updated" in found["hooks", ""][1]
    assert not host.inspect("web")["ExecIDs"]
    assert host.execute("web", "ls /tmp/ran 2>/dev/null || echo none").strip() == "none"


def test_names_in_the_settings_that_no_container_has(host: Host) -> None:
    host.push("web:latest", ImageSpec())
    host.run_container("web", "web:latest", labels={"tier": "front"})
    config = host.directory / "updater.yml"
    config.write_text(f"include: ['*', 'label:tier=front']\ncontainers:\n  /{host.name('web')}: {{hold: true}}\n")
    assert findings(host, "--config", str(config))["names", ""] == ("ok", "All that the settings name is there.")
    config.write_text("exclude: [wep, 'label:tier=back', 'label:tier']\ncontainers:\n  db-*: {hold: true}\n")
    health, message = findings(host, "--config", str(config))["names", ""]
    assert health == "warning"
    assert ": db-* (containers), wep (exclude), label:tier=back (exclude). " in message
