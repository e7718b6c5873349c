"""`updater diff` on a real engine: it names exactly what an update then really changes, and no secret of the user's.

The oracle is the engine: the container is inspected, the diff is asked for, the update is made, and the inspects are
compared by a flattening of the test's own, which knows every field of Config.
"""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from rig import ImageSpec
from tests.engine.contract import differed, ran
from tests.engine.diff_images import OLD, OPTIONS, SECRET, Made, chance_image, chance_options, new_images, raw

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rig.host import Host
    from rig.images import BuiltImage

Json = dict[str, Any]
ON = {"updater.enable": "true"}
MAPS = ("ExposedPorts", "Volumes", "Labels", "Healthcheck")
NOTHING_TO_RUN = ("no-command", "emptied")
BOOKKEEPING = ("Labels.updater.operation.", "Labels.com.docker.compose.image")


def fields(inspect: Json) -> Json:
    """Every field of an inspect's Config, less what is generated and our own bookkeeping."""
    flat: Json = {}
    for name, value in inspect["Config"].items():
        if name == "Env":
            flat |= {f"Env.{entry.partition('=')[0]}": entry.partition("=")[2] for entry in value or () if "=" in entry}
        elif name in MAPS:
            # The engine writes 0 for a number that is not there.
            flat |= {f"{name}.{key}": inner for key, inner in (value or {}).items() if inner or name != "Healthcheck"}
        elif value:
            flat[name] = value
    if flat.get("Hostname") == inspect["Id"][:12]:
        del flat["Hostname"]
    return {name: value for name, value in flat.items() if not name.startswith(BOOKKEEPING)}


def changed(old: Json, new: Json) -> dict[str, tuple[Any, Any]]:
    """What an update has changed, by the inspects."""
    before, after = fields(old), fields(new)
    return {
        name: (before.get(name), after.get(name))
        for name in {*before, *after}
        if before.get(name) != after.get(name) or (name in before) != (name in after)
    }


def foretold(document: Json) -> dict[str, tuple[Any, Any]]:
    """What a diff says that an update changes."""
    assert len({change["field"] for change in document["changes"]}) == len(document["changes"])
    return {change["field"]: (change["old"], change["new"]) for change in document["changes"]}


def prove(host: Host, containers: Mapping[str, tuple[Made, ImageSpec, ImageSpec | BuiltImage]]) -> int:
    """Make the containers, ask what updates would change, update for real, compare; how many fields changed."""
    for short, (made, first, _) in containers.items():
        # Each a content of its own: in containerd's store, Docker 26 lists the digest of one repository only.
        host.push(f"{short}:latest", replace(first, marker=f"{first.marker} {short}"))
        labels = {**made.config.get("Labels", {}), **ON}
        config = {name: value for name, value in made.config.items() if name != "Labels"}
        host.create_container(short, f"{short}:latest", labels=labels, host_config=made.host, **config)
    for short, (_, _, second) in containers.items():
        host.push(f"{short}:latest", second)
    before = {short: host.inspect(short) for short in containers}

    dry = host.updater("run", "--dry-run", "--include-stopped", "-o", "json")
    assert dry.exit_code == 0, dry.stdout + dry.stderr
    promised = ran(dry.json)
    result = host.updater("run", "--include-stopped", "-o", "json")
    assert result.exit_code == 0, result.stdout + result.stderr

    count = 0
    for short in containers:
        name = host.name(short)
        real = changed(before[short], host.inspect(short))
        assert promised[name]["outcome"] == "would-update"
        assert (short, foretold(promised[name])) == (short, real)
        assert_the_rest_is_the_same(before[short], host.inspect(short), real)
        assert_kept(promised[name], fields(before[short]), fields(host.inspect(short)))
        count += len(real)
    assert SECRET not in dry.stdout + dry.stderr
    return count


def assert_the_rest_is_the_same(old: Json, new: Json, real: dict[str, Any]) -> None:
    """Outside of Config nothing changes but the mounts of volumes that the new image declares."""
    hosts = [{name: value for name, value in one["HostConfig"].items() if name != "Mounts"} for one in (old, new)]
    assert hosts[0] == hosts[1]
    mounts = [{mount["Destination"]: (mount["Source"], mount["RW"]) for mount in one["Mounts"]} for one in (old, new)]
    added = {name.removeprefix("Volumes.") for name, (_, now) in real.items() if name.startswith("Volumes.") and now}
    assert mounts[0].items() <= mounts[1].items()
    assert set(mounts[1]) - set(mounts[0]) <= added | {
        name.removeprefix("Volumes.") for name, (was, now) in real.items() if was is None and now == {}
    }


def assert_kept(document: Json, before: Json, after: Json) -> None:
    """What is said to be kept is, and is not what the image says."""
    for kept in document["kept"]:
        name = kept["field"]
        assert before.get(name) == after.get(name)
        assert kept["value"] in (before.get(name), "(yours)")
        assert kept["image_default"] != after.get(name)


@pytest.mark.timeout(400)
@pytest.mark.parametrize("image", ["everything", "bare", "no-entrypoint"])
def test_the_diff_names_exactly_what_an_update_changes(host: Host, image: str) -> None:
    """With every set of options; each of these images changes many fields."""
    new = new_images()[image]
    assert prove(host, {name: (made, OLD, new) for name, made in OPTIONS.items()}) > len(OPTIONS)


@pytest.mark.timeout(400)
@pytest.mark.parametrize("options", ["plain", "all-mine"])
def test_of_an_image_that_changes_one_thing(host: Host, options: str) -> None:
    """Also of images that say what no engine takes from an image: that changes nothing."""
    assert prove(host, {name: (OPTIONS[options], OLD, new) for name, new in new_images().items()})


@pytest.mark.endurance
@pytest.mark.timeout(400)
@pytest.mark.parametrize("image", sorted(new_images()))
def test_every_image_with_every_set_of_options(host: Host, image: str) -> None:
    new = new_images()[image]
    prove(host, {name: (made, OLD, new) for name, made in OPTIONS.items() if (image, name) != NOTHING_TO_RUN})


def test_an_image_that_leaves_nothing_to_run(host: Host) -> None:
    image, options = NOTHING_TO_RUN
    host.push("web:latest", OLD)
    host.create_container("web", "web:latest", **OPTIONS[options].config)
    host.push("web:latest", new_images()[image])
    assert any("No command" in note for note in diff(host, "web", "--include-stopped")["notes"])
    result = host.updater("run", host.name("web"), "--include-stopped", "-o", "json")
    assert ran(result.json)[host.name("web")]["reason"]["code"] == "create-failed"


@pytest.mark.timeout(400)
@pytest.mark.parametrize("seed", range(3))
def test_the_same_by_chance(host: Host, seed: int) -> None:
    random = Random(seed)
    containers = {
        f"c{number}": (chance_options(random), chance_image(random, f"o{number}"), chance_image(random, f"n{number}"))
        for number in range(12)
    }
    assert prove(host, containers) > 50


@pytest.fixture
def web(host: Host) -> Host:
    """A running container with settings and a secret of its own, on an image that is outdated."""
    host.push("web:latest", ImageSpec(marker="1", env={"MODE": "old", "SAME": "1"}, workdir="/srv", volumes=("/data",)))
    host.run_container("web", "web:latest", Env=["SAME=" + SECRET, "TOKEN=" + SECRET], labels={"mine": SECRET})
    host.push("web:latest", ImageSpec(marker="2", env={"MODE": "new", "SAME": "2"}, workdir="/opt", volumes=("/data",)))
    host.rig.registry.recording.clear()
    return host


def diff(host: Host, short: str = "web", *arguments: str) -> Json:
    """The diff of one container, and that it went well."""
    result = host.updater("diff", host.name(short), "-o", "json", *arguments)
    assert result.exit_code == 0, result.stdout + result.stderr
    return differed(result.json)


def test_the_whole_answer(web: Host) -> None:
    document = diff(web)
    assert document["changes"] == [
        {"field": "Env.MODE", "old": "old", "new": "new", "reason": "the image's default changed"},
        {"field": "WorkingDir", "old": "/srv", "new": "/opt", "reason": "the image's default changed"},
    ]
    assert document["kept"] == [{"field": "Env.SAME", "value": "(yours)", "image_default": "2", "reason": "you set it"}]
    (note,) = document["notes"]
    assert note.startswith("Mounts./data: kept")
    assert (document["name"], document["image"]) == (web.name("web"), web.reference("web:latest"))
    assert document["from"]["image_id"] == web.inspect("web")["Image"]
    web.updater("run", web.name("web"), "--grace-period", "1s")
    assert document["to"]["image_id"] == web.inspect("web")["Image"]
    assert diff(web)["from"]["digest"] == document["to"]["digest"]


def test_the_table(web: Host) -> None:
    result = web.updater("diff", web.name("web"))
    assert result.exit_code == 0
    lines = [line.split() for line in result.stdout.splitlines()]
    assert ["FIELD", "OLD", "NEW", "WHY"] in lines
    assert ["WorkingDir", "/srv", "/opt", "the", "image's", "default", "changed"] in lines
    assert ["Env.SAME", "(yours)", "2", "you", "set", "it"] in lines
    assert SECRET not in result.stdout + result.stderr


def test_a_dry_run_shows_the_same_of_each_that_would_be_updated(web: Host) -> None:
    web.push("same:latest", ImageSpec(marker="s"))
    web.run_container("same", "same:latest")
    names = (web.name("web"), web.name("same"))
    results = ran(web.updater("run", "--dry-run", "-o", "json", *names).json)
    document = diff(web)
    assert results[names[0]]["changes"] == document["changes"]
    assert results[names[0]]["kept"] == document["kept"]
    assert results[names[1]]["changes"] == []
    table = web.updater("run", "--dry-run", *names).stdout
    assert f"An update of {names[0]} would change:" in table
    assert f"An update of {names[1]}" not in table
    assert SECRET not in table


@pytest.mark.parametrize("command", [("diff",), ("run", "--dry-run")])
def test_it_only_asks_and_costs_what_a_check_costs(web: Host, command: tuple[str, ...]) -> None:
    with web.rig.recording_socket() as socket:
        result = web.updater(*command, web.name("web"), docker_host=socket.host)
        assert {request.method for request in socket.recording.requests} == {"GET"}
    assert result.exit_code == 0
    asked = web.rig.registry.recording.requests
    kinds = [f"{request.method} {request.path.split('/')[-2]}" for request in asked]
    # In the classic store the registry is asked for the configuration of what runs, too.
    assert kinds in (
        ["HEAD manifests", "GET blobs", "GET manifests", "GET blobs"],
        ["HEAD manifests", "GET manifests", "GET blobs"],
    )


def test_a_diff_writes_no_state(web: Host) -> None:
    diff(web)
    assert not list(web.directory.glob("home/state/**/*"))


def test_a_new_image_may_change_nothing_but_itself(host: Host) -> None:
    host.push("web:latest", ImageSpec(marker="1"))
    host.run_container("web", "web:latest")
    host.push("web:latest", ImageSpec(marker="2"))
    assert diff(host)["changes"] == diff(host)["kept"] == []
    assert "nothing in its configuration" in host.updater("diff", host.name("web")).stdout


def test_who_runs_what_is_published_is_told_so_in_one_sentence(host: Host) -> None:
    host.push("web:latest", ImageSpec(marker="1"))
    host.run_container("web", "web:latest")
    document = diff(host)
    assert (document["status"], document["changes"]) == ("current", [])
    assert document["from"] == document["to"]
    assert host.updater("diff", host.name("web")).stdout.count("\n") == 1


class TestNothingToCompare:
    """The reason instead, and no failure."""

    def told(self, host: Host, code: str) -> None:
        document = diff(host)
        assert (document["status"], document["reason"]["code"], document["changes"]) == ("ignored", code, [])
        table = host.updater("diff", host.name("web")).stdout
        assert document["reason"]["message"] in table

    def test_pinned(self, host: Host) -> None:
        digest = host.push("web:latest", ImageSpec(marker="1"))
        host.client.pull(host.reference(f"web@{digest}"))
        host.run_container("web", host.reference(f"web@{digest}"))
        self.told(host, "pinned-by-digest")

    def test_built_here(self, host: Host) -> None:
        host.load("web:latest", ImageSpec(marker="1"))
        host.run_container("web", host.name("web:latest"))
        self.told(host, "local-image")

    def test_stopped(self, web: Host) -> None:
        web.client.stop(web.name("web"))
        self.told(web, "not-running")
        assert diff(web, "web", "--include-stopped")["changes"]

    def test_refused_by_its_user(self, web: Host) -> None:
        web.run_container("other", "web:latest", labels={"updater.enable": "false"})
        assert diff(web, "other")["reason"]["code"] == "disabled-by-label"


def test_what_a_run_would_leave_alone_is_told_beside_the_changes(host: Host) -> None:
    host.push("web:latest", ImageSpec(marker="1"))
    host.run_container("web", "web:latest", labels={"updater.monitor-only": "true"})
    host.push("web:latest", ImageSpec(marker="2", workdir="/opt"))
    document = diff(host)
    assert [change["field"] for change in document["changes"]] == ["WorkingDir"]
    assert (document["decision"], document["reason"]["code"]) == ("leave", "monitor-only")
    assert "watched only" in host.updater("diff", host.name("web")).stdout


def test_a_container_started_with_rm_cannot_be_replaced(host: Host) -> None:
    host.push("web:latest", ImageSpec(marker="1"))
    host.run_container("web", "web:latest", host_config={"AutoRemove": True})
    host.push("web:latest", ImageSpec(marker="2"))
    document = diff(host)
    assert (document["reason"]["code"], document["changes"]) == ("auto-remove", [])


def test_volumes_of_others_and_another_network(host: Host) -> None:
    """What the blueprint has to look up for."""
    host.push("web:latest", ImageSpec(marker="1"))
    host.run_container("lender", "web:latest", Volumes={"/lent": {}})
    host.run_container("web", "web:latest", host_config={"VolumesFrom": [host.name("lender")], "NetworkMode": "none"})
    host.push("web:latest", ImageSpec(marker="2", exposed=("1/tcp",)))
    assert [change["field"] for change in diff(host)["changes"]] == ["ExposedPorts.1/tcp"]


def test_an_unknown_name_is_an_error(host: Host) -> None:
    result = host.updater("diff", "nobody")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "'nobody'" in result.stderr


def test_a_registry_that_fails_is_the_reason(web: Host) -> None:
    digest = web.rig.registry.digest_of(web.repository("web"), "latest")
    assert digest
    web.rig.registry.delete(web.repository("web"), digest)
    result = web.updater("diff", web.name("web"), "-o", "json")
    assert (result.exit_code, differed(result.json)["reason"]["code"]) == (1, "image-not-found")
    table = web.updater("diff", web.name("web"))
    assert table.exit_code == 1
    assert result.json["reason"]["message"] in table.stdout
    assert "Traceback" not in result.stderr + table.stderr


def test_an_image_that_no_engine_can_read(web: Host) -> None:
    web.push("web:latest", raw(ImageSpec(marker="3"), Env="MODE=x"))
    result = web.updater("diff", web.name("web"))
    assert (result.exit_code, result.stderr) == (1, "")
    assert "cannot be told: the image's configuration is malformed (Env)" in result.stdout
    web.push("web:latest", raw(ImageSpec(marker="3"), Volumes="/data"))
    result = web.updater("diff", web.name("web"))
    assert (result.exit_code, result.stdout) == (1, "")
    assert "malformed (Volumes)" in result.stderr
    assert "Traceback" not in result.stderr
    dry = ran(web.updater("run", "--dry-run", "-o", "json", web.name("web")).json)[web.name("web")]
    assert dry["outcome"] == "would-update"
    assert "malformed (Volumes)" in dry["notes"][0]
    assert "changes" not in dry
    real = ran(web.updater("run", "-o", "json", web.name("web")).json)[web.name("web")]
    assert real["outcome"] == "failed"


def test_no_engine(host: Host) -> None:
    result = host.updater("diff", "web", docker_host="unix:///not/there.sock")
    assert (result.exit_code, result.stdout) == (3, "")
