"""Settings from all their sources: precedence, and errors that name place, value and good values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from updater.configuration import resolve
from updater.errors import InvalidSetting
from updater.model.window import parse_windows
from updater.policy.declarations import BY_NAME, SETTINGS
from updater.policy.selection import parse_selection

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return tmp_path / "updater.yml"


def resolved(config: Path, text: str, environment: dict[str, str] | None = None, **flags: Any) -> dict[str, Any]:
    config.write_text(text)
    return dict(resolve({"config": str(config), **flags}, environment or {}).values)


def test_defaults_without_any_source() -> None:
    settings = resolve({}, {"HOME": "/root", "UPDATED": "x"})
    assert settings["grace_period"] == 15.0
    assert settings["rollback"] is True
    assert settings["all"] is False
    assert settings["parallel_checks"] == 16
    assert settings.warnings == ()


def test_precedence(config: Path) -> None:
    text = "grace_period: 20s\nmonitor_only: true\nrollback: false\n"
    assert resolved(config, text)["grace_period"] == 20.0
    assert resolved(config, text, {"UPDATER_GRACE_PERIOD": "30s"})["grace_period"] == 30.0
    flagged = resolved(config, text, {"UPDATER_GRACE_PERIOD": "30s"}, grace_period="40s", monitor_only=False)
    assert (flagged["grace_period"], flagged["monitor_only"], flagged["rollback"]) == (40.0, False, False)


def test_a_value_may_come_from_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("2m\n")
    assert resolve({}, {"UPDATER_GRACE_PERIOD_FILE": str(secret)})["grace_period"] == 120.0


def test_the_config_file_may_be_named_by_the_environment(config: Path) -> None:
    config.write_text("all: yes\n")  # YAML 1.1 reads it as true
    assert resolve({}, {"UPDATER_CONFIG": str(config)})["all"] is True


@pytest.mark.parametrize(
    ("environment", "must_name"),
    [
        ({"UPDATER_GRACE_PERIOD": "soon"}, ["UPDATER_GRACE_PERIOD", "'soon'", "90s"]),
        ({"UPDATER_GRACE": "1s"}, ["UPDATER_GRACE", "'grace'", "grace_period"]),
        ({"UPDATER_ALL": "ja"}, ["UPDATER_ALL", "'ja'", "true or false"]),
        ({"UPDATER_PARALLEL_CHECKS": "0"}, ["UPDATER_PARALLEL_CHECKS", "'0'", "1 to 256"]),
        ({"UPDATER_PARALLEL_CHECKS": "²"}, ["'²'"]),
        ({"UPDATER_GRACE_PERIOD_FILE": "/does/not/exist"}, ["UPDATER_GRACE_PERIOD_FILE", "/does/not/exist"]),
        ({"UPDATER_ALL": "true", "UPDATER_ALL_FILE": "/dev/null"}, ["UPDATER_ALL_FILE", "only one"]),
        ({"UPDATER_GRACE_FILE": "/does/not/exist"}, ["UPDATER_GRACE_FILE", "'grace' is not a setting"]),
        ({"UPDATER_PARALLEL_CHECKS": "9" * 5000}, ["UPDATER_PARALLEL_CHECKS", "1 to 256"]),
        ({"UPDATER_CONFIG": "/does/not\n/exist.yml"}, ["UPDATER_CONFIG", "control character", "a path"]),
        ({"UPDATER_CONFIG": "/does/not/exist.yml"}, ["/does/not/exist.yml", "readable"]),
        ({"UPDATER_WINDOW": "22:00"}, ["UPDATER_WINDOW", "'22:00'", "02:00-05:00"]),
        ({"UPDATER_TIMEZONE": "Berlin"}, ["UPDATER_TIMEZONE", "'Berlin'", "Europe/Berlin"]),
        ({"UPDATER_HOLD": "true"}, ["UPDATER_HOLD", "not a setting", "updater.hold"]),
        ({"UPDATER_CONTAINERS": "web"}, ["UPDATER_CONTAINERS", "`containers:` in the config file"]),
        ({"UPDATER_SHEDULE": "@daily"}, ["UPDATER_SHEDULE", "'shedule'", "did you mean schedule?"]),
        ({"UPDATER_IMAGE": "x"}, ["'image' is not a setting; there are all, check_at_start, "]),
        ({"UPDATER_WARN_MAJORS": "postgres:16"}, ["UPDATER_WARN_MAJORS", "'postgres:16'"]),
        ({"UPDATER_LOG_LEVEL": "loud"}, ["'loud'", "debug, info, warning or error"]),
    ],
)
def test_bad_variables(environment: dict[str, str], must_name: list[str]) -> None:
    with pytest.raises(InvalidSetting) as caught:
        resolve({}, environment)
    for part in must_name:
        assert part in str(caught.value)


def test_the_config_file_itself_is_not_the_file_with_its_path(config: Path) -> None:
    config.write_text("registries:\n  r.example: {username: me, password: hunter2}\n")
    for variable in ("UPDATER_CONFIG_FILE", "UPDATER_HOST_FILE"):
        with pytest.raises(InvalidSetting, match=f"{variable}: .* several lines") as caught:
            resolve({}, {variable: str(config)})
        assert "hunter2" not in str(caught.value)
        assert ("UPDATER_CONFIG for the config file itself" in str(caught.value)) is (variable != "UPDATER_HOST_FILE")


def test_a_config_file_in_a_place_that_cannot_be_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a folder that is closed to us, or as here under a name that no file can have: it is not taken for missing."""
    monkeypatch.setattr("updater.configuration.DEFAULT_CONFIG", "/etc/" + "x" * 300)
    with pytest.raises(InvalidSetting, match="config file: cannot read /etc/x"):
        resolve({}, {})


@pytest.mark.parametrize(
    ("text", "must_name"),
    [
        ("grace_period: soon\n", ["grace_period", "'soon'"]),
        ("grace_periode: 5s\n", ["'grace_periode'", "grace_period"]),
        ("all: [1, 2]\n", ["all", "a list"]),
        ("grace_period: !!bool x\n", ["not valid YAML"]),
        ("grace_period: !!timestamp x\n", ["not valid YAML"]),
        ("grace_period: !!int ''\n", ["not valid YAML"]),
        ("grace_period: 0x" + "f" * 6000 + "\n", ["grace_period"]),
        ("grace_period:\n", ["grace_period", "nothing"]),
        ("a: &a [x,x]\nb: &b [*a,*a]\nall: [*b,*b]\n", ["line 2", "aliases"]),
        ("registries:\n  https://r.example/: {}\n", ["host"]),
        ("all: true\nall: false\n", ["line 2", "'all'", "twice"]),
        ("all: {\n", ["line", "not valid YAML"]),
        ("- a\n- b\n", ["mapping"]),
        ("all: !!python/object/apply:os.system ['true']\n", ["not valid YAML"]),
        ("config: other.yml\n", ["'config'"]),
        ("window: 22:00\n", ["window", "02:00-05:00"]),
        ("include: [web, [db]]\n", ["include", "a list"]),
        ("schedule: [a, b]\n", ["schedule", "a list"]),
        ("containers:\n  web:\n    all: true\n", ["containers: web", "'all'"]),
        ("containers:\n  web:\n    enabel: true\n", ["containers: web", "'enabel'", "enable"]),
        ("containers:\n  web:\n    grace_period: x\n", ["containers: web: grace_period", "'x'"]),
        ("containers: [web]\n", ["containers", "mapping"]),
        ("registries:\n  r.example:\n    user: me\n", ["registries: r.example", "'user'", "username"]),
        ("registries:\n  r.example:\n    username: me\n", ["r.example", "together"]),
        ("registries:\n  r.example:\n    password: x\n    password_file: y\n", ["only one"]),
        ("registries:\n  r.example:\n    ca_file: /not/there.pem\n", ["ca_file", "/not/there.pem"]),
        (
            "registries:\n  r.example:\n    ca_file: |\n      -----BEGIN CERTIFICATE-----\n      " + "x" * 300 + "\n",
            ["ca_file: -----BEGIN", "cannot be read", "the path of a file"],
        ),
        ('registries:\n  r.example: {username: me, password_file: "/a\\0b"}\n', ["password_file", "no path"]),
        ('state_dir: "/a\\0b"\n', ["state_dir", "control character", "a path"]),
        ("\x00", ["not valid YAML"]),
        ("a: " + "[" * 3000, ["not valid YAML"]),
        ("2026-01-01: x\n", ["'2026-01-01'", "not a setting"]),
        ("schedule: @daily\n", ["line 1, column 11", "'@'", "single quotes, as in schedule: '@daily'"]),
        ("all: true\ncontainers:\n  web: {schedule: @daily}\n", ["line 3", "quotes"]),
        ("schedule: * 4 * * *\n", ["line 1", "quotes"]),
        ("exclude: *-db\n", ["line 1", "quotes"]),
        ("containers:\n  *: {hold: true}\n", ["line 2", "quotes"]),
        ("containers:\n  web:\n    hook_pre_update: echo a: b\n", ["line 3", "quotes"]),
        ('containers:\n  web:\n    tag_pattern: "1\\.2"\n', ["line 3", "quotes"]),
        ("containers:\n  web:\n    tag_pattern: [0-9]+\n", ["line 3", "quotes"]),
        ("all: true\n\tcleanup: true\n", ["line 2", "no tabs"]),
        ("all: true\n---\nall: false\n", ["line 2", "another document"]),
        ("all=true\n", ["a text", "`name: value` lines"]),
        ("include: []\n", ["include", "names nothing"]),
        ("exclude: ['']\n", ["exclude", "names nothing"]),
        ("exclude: [web, null]\n", ["exclude", "nothing"]),
        ("containers:\n  web: {depends_on: }\n", ["containers: web: depends_on", "nothing"]),
        ("containers:\n  on: {hold: true}\n", ["containers", "true or false", "quotes"]),
        ("containers:\n  null: {hold: true}\n", ["containers", "nothing", "quotes"]),
        ("containers:\n  /: {hold: true}\n", ["containers", "names no container"]),
        ("containers:\n  web: {hold: true}\n  /web: {hold: false}\n", ["containers", "two entries for 'web'"]),
        (
            "containers:\n  web: {stop_signal: SIGNO}\n",
            ["containers: web: stop_signal", "'SIGNO'", "SIGTERM", "1 to 64"],
        ),
        ("containers:\n  web: {hook_pre_update_timeout: 0}\n", ["hook_pre_update_timeout", "'0'", "1s to 1d"]),
        ("hold: true\n", ["'hold'", "of single containers", "updater.hold", "`containers:`", "'*'"]),
        ("stop-timeout: 5s\n", ["'stop-timeout'", "did you mean stop_timeout?"]),
        ("shedule: x\n", ["'shedule'", "did you mean schedule?"]),
        ("hostt: x\n", ["'hostt'", "did you mean host? docs/settings.md of the project has all of them"]),
        ("registries:\n  r.lan: {pasword: x}\n", ["'pasword'", "did you mean password? There are ca_file, insecure, "]),
    ],
)
def test_bad_config_files(config: Path, text: str, must_name: list[str]) -> None:
    with pytest.raises(InvalidSetting) as caught:
        resolved(config, text)
    assert str(config) in str(caught.value)
    for part in must_name:
        assert part in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_config_file_that_is_no_text(config: Path) -> None:
    config.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InvalidSetting, match="UTF-8"):
        resolve({"config": str(config)}, {})


def test_entries_for_registries_and_containers(config: Path, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("secret\n")
    config.write_text(
        "registries:\n"
        f"  r.example:5000: {{username: me, password_file: {tmp_path}/password}}\n"
        "  lab.example: {insecure: true}\n"
        "containers:\n"
        "  web: {enable: true, grace_period: 5s}\n"
        "  'db-*': {monitor_only: true}\n"
    )
    settings = resolve({"config": str(config)}, {})
    first, second = settings.registries
    assert (first.host, first.username, first.password) == ("r.example:5000", "me", "secret")
    assert (second.host, second.insecure) == ("lab.example", True)
    assert "secret" not in repr(settings)
    assert [(entry.pattern, dict(entry.values)) for entry in settings.containers] == [
        ("web", {"enable": True, "grace_period": 5.0}),
        ("db-*", {"monitor_only": True}),
    ]


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n", "{}\n", "null\n", "containers:\nregistries: {}\n"])
def test_an_empty_config_file_is_fine(config: Path, text: str) -> None:
    assert resolved(config, text)["all"] is False


def test_an_empty_list_names_none(config: Path) -> None:
    config.write_text("exclude: []\nwindow: []\nwarn_majors: []\ncontainers:\n  web: {depends_on: [], window: []}\n")
    settings = resolve({"config": str(config)}, {})
    assert (settings["exclude"], settings["window"], settings["warn_majors"].repositories) == (None, None, ())
    assert settings.containers[0].values == {"depends_on": (), "window": None}


@pytest.mark.parametrize("key", ["web", "/web", "' web '", '"web"'])
def test_a_container_is_named_as_docker_writes_it(config: Path, key: str) -> None:
    config.write_text(f"\ufeffcontainers:\n  {key}: {{hold: true}}\n")
    (entry,) = resolve({"config": str(config)}, {}).containers
    assert entry.pattern == "web"


def test_what_is_written_counts_and_not_what_yaml_makes_of_it(config: Path) -> None:
    config.write_text("containers:\n  web: {tag_pattern: 1.10, scope: 010}\n")
    (entry,) = resolve({"config": str(config)}, {}).containers
    assert (entry.values["tag_pattern"].text, entry.values["scope"]) == ("1.10", "010")
    with pytest.raises(InvalidSetting, match="'22:00'"):
        resolved(config, "window: 22:00\n")


def test_values_of_several_parts_may_be_lists(config: Path) -> None:
    text = (
        "window: ['Mon-Fri 02:00-05:00', '22:00-02:00']\nexclude: [db-*, 'label:tier=front']\nwarn_majors: []\n"
        "containers:\n  web: {depends_on: [db, cache], enable: true}\n"
    )
    values = resolved(config, text)
    assert values["window"] == parse_windows("Mon-Fri 02:00-05:00;22:00-02:00")
    assert values["exclude"] == parse_selection("db-*,label:tier=front")
    assert values["warn_majors"].repositories == ()
    config.write_text(text)
    (entry,) = resolve({"config": str(config)}, {}).containers
    assert entry.values == {"depends_on": ("db", "cache"), "enable": True}


def test_every_setting_is_declared_once_and_explained() -> None:
    assert len(BY_NAME) == len(SETTINGS)
    assert all(setting.help.endswith(".") for setting in SETTINGS)


@pytest.mark.parametrize("password", ["[hunter2]", "{hunter2: 1}", "*hunter2"])
def test_no_error_shows_a_password(config: Path, password: str) -> None:
    with pytest.raises(InvalidSetting) as caught:
        resolved(config, f"registries:\n  r.example:\n    username: me\n    password: {password}\n")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "environment", "expected"),
    [
        ("", {}, True),
        ("all: false\n", {}, False),
        ("", {"WATCHTOWER_LABEL_ENABLE": "true"}, False),
        ("", {"UPDATER_ALL": "false"}, False),
    ],
)
def test_an_image_in_watchtowers_place_brings_its_default_and_no_more(
    tmp_path: Path, text: str, environment: dict[str, str], expected: bool
) -> None:
    config = tmp_path / "updater.yml"
    assert resolved(config, text, {"WATCHTOWER_DROP_IN": "true", **environment})["all"] is expected
    config.write_text(text)
    settings = resolve({"config": str(config)}, {"WATCHTOWER_DROP_IN": "true"})
    assert not any("WATCHTOWER_DROP_IN" in warning for warning in settings.warnings)
