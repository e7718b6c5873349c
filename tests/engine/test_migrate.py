"""`updater migrate` on a real engine: a container of an image named like Watchtower's, and labels on others."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import yaml

from rig import ImageSpec
from rig.commands import SERVE
from updater.config_file import read_config_file
from updater.configuration import resolve

if TYPE_CHECKING:
    from rig.host import Host

LABEL = "com.centurylinklabs.watchtower"
# As its image has it: a program of this name, and the label by which it knows itself.
WATCHTOWER = ImageSpec(entrypoint=[*SERVE, "/watchtower"], command=None, labels={LABEL: "true"})
VARIABLES = [
    "WATCHTOWER_CLEANUP=true",
    "WATCHTOWER_SCHEDULE=0 30 3 * * *",
    "WATCHTOWER_DISABLE_CONTAINERS=db,cache-.*",
    "WATCHTOWER_NOTIFICATION_URL=slack://hush@channel",
    "WATCHTOWER_HTTP_API_TOKEN=hush",
    "WATCHTOWER_TIMEOUT=soon",
    "WATCHTOWER_MADE_UP=hush",
    "WATCHTOWER_SCOPE=",
    "REPO_USER=hush",
    "REPO_PASS=hush",
    "TZ=Europe/Berlin",
    "DOCKER_HOST=tcp://me:hush@proxy:2375",
]


def watchtower(host: Host, *arguments: str, environment: list[str] | None = None) -> None:
    host.push("watchtower:latest", WATCHTOWER)
    host.run_container("tower", "watchtower:latest", Cmd=list(arguments), Env=environment or [])


def migrate(host: Host, *arguments: str, **how: Any) -> str:
    result = host.updater("migrate", *arguments, **how)
    assert result.exit_code == 0, result.stderr
    assert "Traceback" not in result.stderr
    assert "hush" not in result.stdout + result.stderr
    return result.stdout


def found(host: Host, **how: Any) -> dict[str, Any]:
    result = host.updater("migrate", "-o", "json", **how)
    assert result.exit_code == 0, result.stderr
    assert "hush" not in result.stdout
    return dict(result.json)


def test_nothing_of_watchtowers_is_said_to_be_nothing(host: Host) -> None:
    host.push("web:latest", ImageSpec())
    host.run_container("web", "web:latest")
    assert "Nothing of Watchtower's was found" in migrate(host)
    assert found(host) == {"schema_version": 1, "watchtowers": [], "containers": []}


def test_what_a_watchtower_was_told(host: Host) -> None:
    watchtower(host, "--monitor-only", "--interval=300", "-d", "--whatever", "hush", "web", environment=VARIABLES[2:])
    (one,) = found(host)["watchtowers"]
    assert (one["container"], one["state"]) == (host.name("tower"), "running")
    assert one["settings"] == {
        "all": "true",
        "include": "web",
        "exclude": "db,cache-*",
        "schedule": "@every 5m",
        "monitor_only": "true",
        "log_level": "debug",
    }
    assert one["environment"]["TZ"] == "Europe/Berlin"
    assert one["environment"]["DOCKER_HOST"] == "…"
    assert one["environment"]["UPDATER_REGISTRY_PASSWORD_FILE"].startswith("/run/secrets/")
    given = {entry["name"]: entry for entry in one["given"]}
    assert given["--interval"]["becomes"] == "UPDATER_SCHEDULE=@every 5m"
    assert given["WATCHTOWER_NOTIFICATION_URL"] == {
        "name": "WATCHTOWER_NOTIFICATION_URL",
        "value": "…",
        "becomes": None,
        "note": "this version sends no notifications; the log, `updater history` and the exit code tell what was done",
    }
    assert "'soon' is not a duration" in given["WATCHTOWER_TIMEOUT"]["note"]
    assert set(one["unknown"]) == {"WATCHTOWER_MADE_UP", "--whatever"}


def test_what_is_printed_can_be_used_as_it_stands(host: Host) -> None:
    """But for the secrets: the service's variables and the file come to the same settings."""
    watchtower(host, "--label-enable", "we$b", environment=[*VARIABLES[:3], "TZ=Europe/Berlin"])
    text = migrate(host)
    assert f"Watchtower is here as {host.name('tower')}" in text
    service, file = re.findall(r"^(services:\n.*?\n|all: .*?\n)\n", text, re.MULTILINE | re.DOTALL)
    environment = yaml.safe_load(service)["services"]["updater"]["environment"]
    environment = {name: value.replace("$$", "$") for name, value in environment.items()}
    config = host.directory / "updater.yml"
    config.write_text(file)
    read_config_file(str(config))
    by_file, by_variables = resolve({"config": str(config)}, {}), resolve({}, environment)
    names = {"all", "include", "exclude", "schedule", "cleanup"}
    assert {name: by_file[name] for name in names} == {name: by_variables[name] for name in names}
    assert by_file["all"] is False
    assert by_file["schedule"].text == "30 3 * * *"
    assert str(by_file["include"]) == "we$b"
    assert by_file.warnings == by_variables.warnings == ()


def test_the_labels_of_all_containers(host: Host) -> None:
    host.push("web:latest", ImageSpec(labels={f"{LABEL}.enable": "true"}))
    host.run_container(
        "web",
        "web:latest",
        labels={
            f"{LABEL}.monitor-only": "1",
            f"{LABEL}.lifecycle.pre-update": "echo hush",
            f"{LABEL}.lifecycle.pre-update-timeout": "5",
            f"{LABEL}.stop-signal": "SIGHUP",
            f"{LABEL}.made-up": "x",
            f"{LABEL}.scope": "prod",
            "updater.scope": "test",
        },
    )
    host.create_container("stopped", "web:latest", labels={f"{LABEL}.no-pull": "true", f"{LABEL}.enable": "never"})
    containers = {one["name"]: one["labels"] for one in found(host)["containers"]}
    assert set(containers) == {host.name("web"), host.name("stopped")}
    becomes = {label["label"].removeprefix(LABEL + "."): label for label in containers[host.name("web")]}
    assert becomes["monitor-only"]["becomes"] == "updater.monitor-only=true"
    assert becomes["lifecycle.pre-update"]["becomes"] == "updater.hook.pre-update=…"
    assert becomes["lifecycle.pre-update-timeout"]["becomes"] == "updater.hook.pre-update-timeout=5m"
    assert "the image's own" in becomes["enable"]["note"]
    assert becomes["stop-signal"]["becomes"] == "updater.stop-signal=SIGHUP"
    assert "left alone" in becomes["made-up"]["note"]
    assert "updater.scope is set already" in becomes["scope"]["note"]
    stopped = {label["label"]: label for label in containers[host.name("stopped")]}
    assert stopped[f"{LABEL}.no-pull"]["becomes"] == "updater.monitor-only=true"
    assert "'never' is neither true nor false" in stopped[f"{LABEL}.enable"]["note"]
    assert "updater.hook.pre-update-timeout=5m" in migrate(host)


def test_this_environment_is_shown_even_if_it_could_not_be_used(host: Host) -> None:
    environment = {"WATCHTOWER_SCHEDULE": "*/5 0 4 * * *", "WATCHTOWER_CLEANUP": "true", "REPO_PASS": "hush"}
    assert host.updater("check", environment=environment).exit_code == 2
    text = migrate(host, environment=environment)
    assert "This environment has variables of Watchtower's" in text
    assert "not understood" in text
    assert "'0 4 * * *' is good" in text
    (one,) = found(host, environment=environment)["watchtowers"]
    assert (one["container"], one["settings"]) == (None, {"all": "true", "cleanup": "true"})


def test_nothing_is_changed(host: Host) -> None:
    watchtower(host, "--cleanup")
    before = (host.inspect("tower"), host.container_names())
    with host.rig.recording_socket() as socket:
        host.updater("migrate", docker_host=socket.host)
        assert {request.method for request in socket.recording.requests} == {"GET"}
    assert (host.inspect("tower"), host.container_names()) == before


def test_a_watchtower_by_its_label_alone_and_what_is_none(host: Host) -> None:
    host.push("tower:latest", ImageSpec())
    host.push("watchtower-exporter:latest", ImageSpec(marker="other"))
    host.create_container("marked", "tower:latest", labels={LABEL: "true"}, Env=["WATCHTOWER_RUN_ONCE=true"])
    host.create_container("exporter", "watchtower-exporter:latest", Env=["WATCHTOWER_RUN_ONCE=true"])
    (one,) = found(host)["watchtowers"]
    assert (one["container"], one["state"]) == (host.name("marked"), "created")
    assert "`updater run`" in one["given"][0]["note"]


def test_the_variables_work_on_a_real_engine(host: Host) -> None:
    """All are considered but those that say no, as Watchtower does; each variable is one line."""
    host.push("web:latest", ImageSpec())
    host.run_container("web", "web:latest")
    host.run_container("db", "web:latest", labels={f"{LABEL}.enable": "false"})
    result = host.updater("check", "-o", "json", environment={"WATCHTOWER_CLEANUP": "true"})
    decisions = {one["name"]: one["reasons"][0]["code"] for one in result.json["containers"]}
    assert decisions == {host.name("web"): "up-to-date"}
    assert result.stderr.count("WATCHTOWER_CLEANUP=true is understood") == 1
    opted = host.updater("check", "-o", "json", environment={"WATCHTOWER_LABEL_ENABLE": "true"})
    assert opted.json["containers"] == []
