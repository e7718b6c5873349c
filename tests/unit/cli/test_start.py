"""`--version` and `--help` answer at once: nothing heavy is imported for them."""

from __future__ import annotations

import subprocess
import sys

import pytest

from updater import __version__

HEAVY = ("docker", "requests", "yaml", "urllib3", "tenacity")


@pytest.mark.parametrize(
    "arguments",
    [["--version"], ["--help"], ["check", "--help"], ["run", "--help"], ["diff", "--help"], ["hold", "--help"], ["-h"]],
)
def test_nothing_heavy_is_imported(arguments: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "updater", *arguments], capture_output=True, text=True, check=True
    )
    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines()}
    assert imported.isdisjoint(HEAVY)
    assert "typer" in imported  # the probe itself works


def updater(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "updater", *arguments],
        capture_output=True,
        text=True,
        env={"PATH": "/usr/bin:/bin", **environment},
        check=False,
    )


def test_the_version_is_the_distributions() -> None:
    assert updater("--version").stdout == f"updater {__version__}\n"


@pytest.mark.parametrize(
    "arguments", [[command, "--help"] for command in ("check", "run", "diff", "hold", "skip", "release")]
)
def test_help_shows_examples_and_every_setting(arguments: list[str]) -> None:
    from updater.policy.declarations import SETTINGS

    text = updater(*arguments).stdout
    assert "Examples:" in text
    assert all(setting.flag in text for setting in SETTINGS)


@pytest.mark.parametrize(
    ("arguments", "environment", "code", "must_name"),
    [
        (["chekc"], {}, 2, ["chekc"]),
        (["check", "--windw", "x"], {}, 2, ["--windw"]),
        (["check", "-o", "xml"], {}, 2, ["xml", "json"]),
        (["run", "--grace-period", "soon"], {}, 2, ["--grace-period", "'soon'", "90s"]),
        (["run"], {"UPDATER_ROLBACK": "false"}, 2, ["UPDATER_ROLBACK", "rollback"]),
        (["check", "--config", "/not/there.yml"], {}, 2, ["/not/there.yml"]),
        (["check", "--host", "unix:///not/there.sock"], {}, 3, ["no engine answers", "--host"]),
        (["run", "--host", "tcp://127.0.0.1:1"], {}, 3, ["no engine answers"]),
        (["diff", "web", "--host", "tcp://127.0.0.1:1"], {}, 3, ["no engine answers"]),
        (["diff"], {}, 2, ["NAME"]),
        (["migrate", "--host", "tcp://127.0.0.1:1"], {"WATCHTOWER_CLEANUP": "?"}, 3, ["no engine answers"]),
        (["check"], {"WATCHTOWER_CLEANUP": "?"}, 2, ["WATCHTOWER_CLEANUP", "'?'", "true or false"]),
        (["hold"], {}, 2, ["NAME"]),
        (["hold", "web", "--for", "soon"], {}, 2, ["--for", "'soon'", "90s"]),
        (["hold", "web", "--for", "0"], {}, 2, ["--for", "'0'", "90s"]),
        (["hold", "web", "--host", "tcp://127.0.0.1:1"], {}, 3, ["no engine answers"]),
        (["skip", "web", "--host", "tcp://127.0.0.1:1"], {}, 3, ["no engine answers"]),
        (["check", "--host", f"unix:///{'x' * 200}"], {}, 3, ["no engine answers", "--host"]),
        (["history", "no\nsuch", "-o", "json"], {"UPDATER_STATE_DIR": "a\tb"}, 2, ["UPDATER_STATE_DIR", "a path"]),
        (["check", "--host", "nonsense"], {}, 2, ["'nonsense'", "unix://"]),
        (["check"], {"DOCKER_HOST": "unix:///not/there.sock"}, 3, ["no engine answers"]),
        (["check"], {"DOCKER_CONTEXT": "nowhere", "HOME": "/nonexistent"}, 2, ["nowhere"]),
    ],
)
def test_errors_are_one_line_and_end_with_the_contracts_code(
    arguments: list[str], environment: dict[str, str], code: int, must_name: list[str]
) -> None:
    done = updater(*arguments, **environment)
    assert done.returncode == code, done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    for part in must_name:
        assert part in done.stderr
