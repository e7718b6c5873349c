"""Can a person open the rig from a terminal, use it, and leave it?"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parent.parent.parent
SECONDS = 30


def start(*arguments: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "rig", *arguments],
        cwd=PROJECT,
        env={**os.environ, **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("end", ["end of input", "interrupt", "terminate"])
def test_serve_says_how_to_use_it_and_ends_when_told(end: str) -> None:
    with start("serve") as process:
        assert process.stdout is not None
        said = [process.stdout.readline().strip() for _ in range(5)]
        directory = Path(said[3].removeprefix("export RIG_DIRECTORY="))
        assert said[0] == f"export DOCKER_HOST=unix://{directory}/docker.sock"
        assert said[1] == "export RIG_REGISTRY=127.0.0.1:5000"
        assert said[2].startswith("export RIG_PREFIX='nsenter --target ")
        assert (directory / "docker.sock").is_socket()
        if end != "end of input":
            process.send_signal(signal.SIGINT if end == "interrupt" else signal.SIGTERM)
        process.communicate(timeout=SECONDS)
    assert process.returncode == 0
    assert not directory.exists()


def test_shell_is_in_the_network_and_gives_its_exit_code() -> None:
    with start("shell", SHELL="/bin/sh") as process:
        answer, _ = process.communicate("echo host=$DOCKER_HOST; ls /sys/class/net; exit 3\n", timeout=SECONDS)
    assert "host=unix:///" in answer
    assert process.returncode == 3


def test_what_is_missing_is_said_in_one_line(tmp_path: Path) -> None:
    missing = tmp_path / ("d" * 100)
    missing.mkdir()
    with start("serve", TMPDIR=str(missing)) as process:
        _, errors = process.communicate(timeout=SECONDS)
    assert errors.startswith("rig: the path of the engine's socket is too long")
    assert len(errors.splitlines()) == 1
    assert process.returncode == 1
