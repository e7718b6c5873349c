"""Are the files for systemd and cron such as systemd, cron and the program itself read them?"""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.unit.test_calls_in_texts import check, words_of
from updater.model.schedule import parse_schedule
from updater.policy.declarations import ALL

PROJECT = Path(__file__).parents[2]
UNIT = PROJECT / "contrib/systemd/updater.service"
TIMER = PROJECT / "contrib/systemd/updater.timer"
CRON = PROJECT / "contrib/cron/updater"
PAGE = (PROJECT / "docs/other-ways.md").read_text()
SECTIONS = {UNIT: ["Unit", "Service"], TIMER: ["Unit", "Timer", "Install"]}
# What every system has; without them a unit cannot be looked at.
TARGETS = ("sysinit", "basic", "shutdown", "timers", "network-online")


def read(path: Path) -> configparser.ConfigParser:
    """A unit; of a key that stands there twice, the last."""
    parser = configparser.ConfigParser(interpolation=None, strict=False, comment_prefixes=("#",))
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(path.read_text())
    return parser


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The root of a system that has nothing but our units, the program, and what they need."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("SYSTEMD IS MISSING, its units were only read by ourselves")
    units, program = tmp_path / "etc/systemd/system", tmp_path / "usr/local/bin/updater"
    units.mkdir(parents=True)
    program.parent.mkdir(parents=True)
    shutil.copy("/bin/true", program)
    for unit in (UNIT, TIMER):
        shutil.copy(unit, units)
    for target in TARGETS:
        (units / f"{target}.target").write_text(f"[Unit]\nDescription={target}\nDefaultDependencies=no\n")
    return tmp_path


def analyze(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["systemd-analyze", *arguments[:1], f"--root={root}", *arguments[1:]]
    return subprocess.run(command, check=False, capture_output=True, text=True)


def test_systemd_has_nothing_to_say_against_the_units(root: Path) -> None:
    verified = analyze(root, "verify", "--man=no", UNIT.name, TIMER.name)
    assert (verified.returncode, verified.stdout + verified.stderr) == (0, "")


def test_systemd_would_say_what_is_wrong(root: Path) -> None:
    unit = root / "etc/systemd/system/updater.service"
    unit.write_text(unit.read_text().replace("ProtectHome=", "ProtectHouse="))
    assert "ProtectHouse" in analyze(root, "verify", "--man=no", UNIT.name).stderr


def test_the_service_is_as_little_exposed_as_the_page_says(root: Path) -> None:
    (said,) = re.findall(r"`systemd-analyze security updater\.service` says (\d\.\d) of 10", PAGE)
    # Another version of systemd may weigh one thing more.
    limit = round(float(said) * 10) + 5
    judged = analyze(root, "security", "--offline=true", f"--threshold={limit}", UNIT.name)
    if "unrecognized option" in judged.stderr:
        pytest.skip("this systemd judges no files")
    assert judged.returncode == 0, judged.stdout


@pytest.mark.parametrize("path", SECTIONS, ids=lambda path: path.suffix)
def test_each_line_of_a_unit_is_one_that_systemd_reads(path: Path) -> None:
    """A comment has a line of its own: behind a value it would be a part of it."""
    lines = path.read_text().splitlines()
    assert [line.strip("[]") for line in lines if line.startswith("[")] == SECTIONS[path]
    for line in lines:
        assert re.fullmatch(r"|#.*|\[[A-Z][a-z]+\]|[A-Z][A-Za-z]+=(?:[^\s#][^#]*)?", line), line
        assert line == line.rstrip()


def test_the_call_in_the_systemd_unit() -> None:
    unit = read(UNIT)
    program, *_ = unit["Service"]["ExecStart"].split()
    assert program == "/usr/local/bin/updater"
    check(words_of(unit["Service"]["ExecStart"]))


def test_the_systemd_unit_has_no_rights_but_the_socket() -> None:
    service = read(UNIT)["Service"]
    wanted = {
        "NoNewPrivileges": "yes",
        "ProtectSystem": "strict",
        "PrivateTmp": "yes",
        "CapabilityBoundingSet": "",
        "SupplementaryGroups": "docker",
        "StateDirectory": "updater",
        "RestrictAddressFamilies": "AF_UNIX AF_INET AF_INET6",
    }
    assert {key: service[key] for key in wanted} == wanted
    # It would not see whether another updater is at work, and would take its update over an hour later.
    assert not {"ProtectProc", "ProcSubset"} & set(service)


def test_the_service_and_root_have_one_state_folder() -> None:
    """As the page promises; `%S` is /var/lib for a service of the system."""
    service = read(UNIT)["Service"]
    assert service["Environment"] == f"UPDATER_STATE_DIR=%S/{service['StateDirectory']}"
    (default,) = [setting.help for setting in ALL if setting.name == "state_dir"]
    assert f"/var/lib/{service['StateDirectory']} for root" in default


def test_the_timer_starts_the_unit_of_its_own_name() -> None:
    timer = read(TIMER)
    assert TIMER.stem == UNIT.stem
    assert "Unit" not in timer["Timer"]
    assert timer["Install"]["WantedBy"] == "timers.target"


def test_the_cron_line() -> None:
    """All else are comments and variables; cron takes a file only if its last line ends."""
    text = CRON.read_text()
    lines = [line for line in text.splitlines() if not re.match(r"#|[A-Z]+=", line)]
    assert len(lines) == 1
    assert text.endswith("\n")
    *times, user, call = lines[0].split(maxsplit=6)
    assert len(times) == 5
    parse_schedule(" ".join(times))
    assert user == "root"
    # For cron it ends the line.
    assert "%" not in call
    check(words_of(call))


def test_cron_and_systemd_find_the_program_where_the_page_installs_it() -> None:
    """And the Python it runs with: a service without rights can read none in somebody's home."""
    installed = re.findall(r"^sudo (PIPX|UV)_\w+=/opt/\w+ (?:PIPX|UV_TOOL)_BIN_DIR=(\S+) (.+)$", PAGE, re.MULTILINE)
    assert [name for name, *_ in installed] == ["PIPX", "UV"]
    for _, folder, command in installed:
        assert f"{folder}/updater" == read(UNIT)["Service"]["ExecStart"].split()[0]
        assert folder in re.findall(r"^PATH=(.*)$", CRON.read_text(), re.MULTILINE)[0].split(":")
        assert " install --python /usr/bin/python3 ./dist/" in command


def test_the_page_shows_the_cron_file_as_it_is() -> None:
    without_comments = "".join(line for line in CRON.read_text().splitlines(keepends=True) if not line.startswith("#"))
    assert f"```\n{without_comments}```" in PAGE


def test_what_the_page_installs_and_takes_from_the_service_is_there() -> None:
    installed = re.findall(r"^sudo install -m 644 (.+) /etc/\S+$", PAGE, re.MULTILINE)
    files = {PROJECT / name for line in installed for name in line.split()}
    assert files == {UNIT, TIMER, CRON}
    assert "take the `#` away before `Environment=DOCKER_CONFIG`" in " ".join(PAGE.split())
    assert re.findall(r"^#Environment=DOCKER_CONFIG=(.*)$", UNIT.read_text(), re.MULTILINE) == ["/etc/updater/docker"]
    assert "sudo DOCKER_CONFIG=/etc/updater/docker docker login " in PAGE
