"""The container image, started as the shipped compose file says: what it may, what it does, and how it ends."""

from __future__ import annotations

import logging
import re
import signal
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from rig import ImageSpec, commands
from rig.compose_file import parse_compose, read_compose_file
from tests.engine.composition import FILE, SOCKET, Composed, composed
from tests.engine.self_update import build_variant
from updater import __version__
from updater.engine.rights import Use, calls_for, patterns

if TYPE_CHECKING:
    from rig.host import Host
    from rig.updater_image import UpdaterImage

__all__ = ["composed"]

LOGGER = logging.getLogger(__name__)
"""The measured sizes: `pytest --log-cli-level info`."""

PROJECT = Path(__file__).parents[2]
LARGEST_LAYERS = 45_000_000  # bytes above the base
LARGEST_IDLE = 64 << 20  # bytes


def test_what_is_in_the_image(host: Host, updater_image: UpdaterImage) -> None:
    image = host.client.inspect_image(updater_image.reference)
    config = image["Config"]
    assert config["User"] == "10001:10001"
    assert (config["Entrypoint"], config["Cmd"]) == (["updater"], ["watch"])
    assert config["Healthcheck"]["Test"] == ["CMD", "updater", "healthcheck"]
    assert config["Volumes"] == {"/var/lib/updater": {}}
    assert "UPDATER_STATE_DIR=/var/lib/updater" in config["Env"]
    assert config["Labels"]["org.opencontainers.image.title"] == "container-updater"
    assert config["Labels"]["org.opencontainers.image.licenses"] == "Apache-2.0"
    script = (
        "import importlib.util, shutil, updater;"
        "print([name for name in ('pip', 'setuptools', 'ensurepip', 'hatchling') if importlib.util.find_spec(name)],"
        " [name for name in ('cc', 'gcc', 'pip', 'pip3', 'curl', 'make') if shutil.which(name)], updater.__version__)"
    )
    host.run_container("look", updater_image.reference, Entrypoint=["python3", "-c", script])
    assert host.client.wait(host.name("look"))["StatusCode"] == 0
    assert host.logs("look").strip() == f"[] [] {__version__}"


def test_it_is_small(host: Host, updater_image: UpdaterImage) -> None:
    layers = host.client.history(updater_image.reference)  # the newest first
    own = layers[: len(layers) - len(host.client.history(updater_image.base_id))]
    sizes = {layer["CreatedBy"]: layer["Size"] for layer in own if layer["Size"]}
    LOGGER.info("%.1f MB above the base: %s", sum(sizes.values()) / 1e6, sizes)
    assert len(sizes) < len(own)
    assert sum(sizes.values()) <= LARGEST_LAYERS, sizes


def test_the_shipped_rights(composed: Composed) -> None:
    """What the compose file lets pass is what the list of calls says, and nothing else."""
    command = read_compose_file(FILE, {"DOCKER_GID": "0"}).services["socket-proxy"]["command"]
    allowed = [word for word in command if re.match("-allow[A-Z]", word)]
    assert allowed == [f"-allow{method}={one}" for method, one in patterns(calls_for([Use.UPDATE, Use.CLEANUP]))]
    composed.start()
    script = (
        "import http.client\n"
        "for method, path in [('GET', 'json'), ('GET', 'archive'), ('POST', 'exec'), ('PUT', 'archive')]:\n"
        "    connection = http.client.HTTPConnection('socket-proxy', 2375)\n"
        "    connection.request(method, f'/v1.41/containers/probe/{path}')\n"
        "    print(connection.getresponse().status)\n"
    )
    assert composed.run(script).split() == ["404", "403", "403", "405"]


def test_as_the_compose_file_says(composed: Composed) -> None:
    """Not root, no capability, nothing to write to, limited; and an opted-in container is updated by it."""
    host = composed.host
    old_id = composed.run_web()
    composed.push(ImageSpec(marker="2"))
    composed.start(UPDATER_CHECK_AT_START="true")
    composed.wait_for_log("the cycle is done")
    assert host.execute("web", "cat /etc/marker") == "2"
    assert host.inspect("web")["Id"] != old_id
    for name in ("updater", "socket-proxy"):
        container = host.inspect(name)
        settings = container["HostConfig"]
        assert container["Config"]["User"].partition(":")[0] not in ("", "0", "root")
        assert (settings["Privileged"], settings["ReadonlyRootfs"]) == (False, True)
        assert (settings["CapDrop"], settings["CapAdd"]) == (["ALL"], None)
        assert settings["SecurityOpt"] == ["no-new-privileges:true"]
        assert settings["RestartPolicy"]["Name"] == "unless-stopped"
        assert 0 < settings["Memory"] <= 128 << 20
        assert settings["NanoCpus"] == 10**9
        assert settings["PidsLimit"] == 100
        assert settings["PortBindings"] in (None, {})
    mounts = {mount["Destination"]: mount for mount in host.inspect("updater")["Mounts"]}
    assert SOCKET not in mounts
    assert [place for place, mount in mounts.items() if mount["RW"]] == ["/var/lib/updater"]
    assert host.client.inspect_network(host.name("engine"))["Internal"]
    status = dict(re.findall(r"(\w+):\t(.*)", composed.run("print(open('/proc/1/status').read())")))
    assert status["Uid"].split() == ["10001"] * 4
    assert {int(status[name], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {0}
    assert status["NoNewPrivs"] == "1"


def test_the_documented_variant_with_the_bare_socket(composed: Composed) -> None:
    page = (PROJECT / "docs/compose.md").read_text().partition("<!-- bare socket")[2]
    written = page.partition("```yaml\n")[2].partition("```")[0]
    composed.run_web()
    composed.push(ImageSpec(marker="2"))
    variant = parse_compose(written, composed.variables())
    composed.start_service(variant, "updater", {"UPDATER_CHECK_AT_START": "true"})
    composed.wait_for_log("the cycle is done")
    assert composed.host.execute("web", "cat /etc/marker") == "2"
    assert "Uid:\t10001" in composed.run("print(open('/proc/1/status').read())")


def test_only_tmp_and_the_state_can_be_written_to(composed: Composed) -> None:
    composed.run_web()
    composed.push(ImageSpec(marker="2"))
    composed.start(UPDATER_CHECK_AT_START="true")
    composed.wait_for_log("the cycle is done")
    script = (
        "import os\n"
        "for folder, _, _ in os.walk('/'):\n"
        "    if folder.startswith(('/proc', '/sys', '/dev')): continue\n"
        "    try: open(folder + '/x', 'x'); os.unlink(folder + '/x'); print(folder)\n"
        "    except OSError: pass\n"
    )
    written = composed.run(script).split()
    assert [folder for folder in written if not folder.startswith("/tmp/")] == ["/tmp", "/var/lib/updater"]
    assert "updater.db" in composed.run("import os; print(os.listdir('/var/lib/updater'))")
    # The state outlives the container.
    composed.host.client.remove_container(composed.host.name("updater"), force=True)
    composed.host.client.remove_container(composed.host.name("socket-proxy"), force=True)
    composed.start()
    assert composed.run("import subprocess; subprocess.run(['updater', 'history'])").count("updated") == 1


def test_its_health_and_its_memory(composed: Composed) -> None:
    host = composed.host
    composed.run_web()
    composed.push(ImageSpec(marker="2"))
    composed.start(UPDATER_CHECK_AT_START="true")
    composed.wait_for_log("the cycle is done")
    host.wait_for_health("updater", "healthy", 30)
    memory = host.client.stats(host.name("updater"), stream=False)["memory_stats"]
    detail = memory["stats"]
    idle = memory["usage"] - detail.get("total_inactive_file", detail.get("inactive_file", 0))
    LOGGER.info("%.1f MiB when idle, %.1f with cached files", idle / (1 << 20), memory["usage"] / (1 << 20))
    assert 0 < idle <= LARGEST_IDLE
    host.client.kill(host.name("updater"), signal.SIGSTOP)
    host.wait_for_health("updater", "unhealthy", 30)
    assert "is stopped" in host.inspect("updater")["State"]["Health"]["Log"][-1]["Output"]
    host.client.kill(host.name("updater"), signal.SIGCONT)
    host.wait_for_health("updater", "healthy", 30)
    host.client.stop(host.name("updater"), timeout=60)
    assert host.inspect("updater")["State"]["ExitCode"] in (0, 143)


def test_a_stop_in_the_middle_of_an_update(composed: Composed) -> None:
    """It ends by itself, far from being killed, and leaves the container in a good state."""
    host = composed.host
    old_id = composed.run_web()
    never = commands.health_check("test -e /never", interval=0.3, retries=400)
    composed.push(ImageSpec(marker="2", healthcheck=never))
    composed.start(UPDATER_CHECK_AT_START="true")
    composed.wait_for_log("until the verdict")
    assert host.inspect("web")["Id"] != old_id
    assert host.inspect("updater")["Config"]["StopTimeout"] == 300
    host.client.stop(host.name("updater"), timeout=60)
    state = host.inspect("updater")["State"]
    assert (state["ExitCode"], state["OOMKilled"]) == (143, False), host.logs("updater")
    web = host.inspect("web")
    assert (web["Id"], web["State"]["Running"]) == (old_id, True), host.logs("updater")
    assert [name for name in host.container_names() if "web" in name] == [host.name("web")]


def test_it_updates_itself_behind_its_proxy(composed: Composed) -> None:
    """Opted in by one label; all else is as shipped. A bad image, then a good one."""
    host = composed.host
    repository = f"{composed.registry.address}/{host.prefix}/updater"
    shipped = composed.image
    composed = replace(composed, image=replace(shipped, reference=f"{repository}:latest"))

    def publish(variant: str) -> str:
        """Make the tag name it; gives the id of its image."""
        built = build_variant(host.client, shipped, variant)
        host.client.tag(built, repository, "latest")
        for line in host.client.push(repository, tag="latest", stream=True, decode=True):
            assert "error" not in line, line
        return host.image_id(built)

    old_image = publish("old-probed")
    composed.start(labels={"updater.enable": "true"})
    composed.wait_for_log("next cycle at")
    old_id = host.inspect("updater")["Id"]
    beside = {host.name("socket-proxy"), host.name("updater")}
    for variant, outcomes in (("crashing", ["rolled-back"]), ("good-probed", ["updated", "rolled-back"])):
        new_image = publish(variant)
        host.client.tag(old_image, repository, "latest")  # as it was here before it was published
        assert "a helper puts it on" in composed.says("run")
        host.wait_until(lambda: set(host.container_names()) == beside and composed.outcomes() == outcomes, 90)  # noqa: B023
        assert (host.inspect("updater")["Id"] == old_id) == (variant == "crashing")
        assert host.inspect("updater")["Image"] == (old_image if variant == "crashing" else new_image)
    host.wait_for_health("updater", "healthy", 30)
