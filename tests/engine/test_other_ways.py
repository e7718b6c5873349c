"""What cron and systemd start, in what they give it: does a cycle go through, and do both know of each other's?"""

from __future__ import annotations

import re
import shlex
import sys
from typing import TYPE_CHECKING

from rig import ImageSpec, commands
from tests.unit.test_contrib import CRON, UNIT, read

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from rig.host import Host

# As the service has it: no capability, and a disk that is read-only but for the state folder. The user stays root, as
# the Python that runs a test may be in a home folder.
SANDBOX = """
set -e
mount --make-rprivate /
mount --bind "$STATE_DIRECTORY" "$STATE_DIRECTORY"
mount -o remount,bind,ro /
umask 0077
exec setpriv --bounding-set=-all --inh-caps=-all --no-new-privs "$@"
"""
# What systemd gives to a service of a user that exists only meanwhile.
FROM_SYSTEMD = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin", "HOME": "/", "USER": "updater"}


def by_systemd(host: Host, state: Path) -> subprocess.CompletedProcess[str]:
    """The service's own line, with its own environment."""
    service = read(UNIT)["Service"]
    _, *arguments = shlex.split(service["ExecStart"])
    name, _, value = service["Environment"].partition("=")
    state_directory = {"STATE_DIRECTORY": str(state), name: value.replace("%S", str(state.parent))}
    sandbox = ["unshare", "--mount", "sh", "-c", SANDBOX, "sh"]
    command = [*sandbox, sys.executable, "-m", "updater", *arguments]
    return host.rig.run(command, FROM_SYSTEMD | state_directory | to_the_rig(host), timeout=90)


def by_cron(host: Host, state: Path) -> subprocess.CompletedProcess[str]:
    """The file's last line, by its shell, with its variables."""
    text = CRON.read_text()
    *_, line = (line for line in text.splitlines() if line[:1].isdigit())
    variables = dict(re.findall(r"^([A-Z]+)=(.*)$", text, re.MULTILINE))
    programs = host.directory / "bin"
    programs.mkdir()
    (programs / "updater").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m updater "$@"\n')
    (programs / "updater").chmod(0o755)
    variables["PATH"] = f"{programs}:{variables['PATH']}"
    # For root it would be /var/lib/updater of this machine.
    state_directory = {"UPDATER_STATE_DIR": str(state)}
    command = [variables["SHELL"], "-c", line.split(maxsplit=6)[6]]
    return host.rig.run(command, variables | state_directory | to_the_rig(host), timeout=90)


def to_the_rig(host: Host) -> dict[str, str]:
    kept = ("PYTHONPATH", "DOCKER_HOST", "DOCKER_CONFIG")
    return {name: value for name, value in host.environment().items() if name in kept or name.startswith("COVERAGE")}


def test_a_cycle_by_systemd_and_one_by_cron(host: Host) -> None:
    host.push("web:latest", ImageSpec(marker="1", healthcheck=commands.GOOD_HEALTH))
    host.run_container("web", "web:latest", labels={"updater.enable": "true"})
    host.push("web:latest", ImageSpec(marker="2", healthcheck=commands.GOOD_HEALTH))
    state = host.directory / "lib/updater"
    state.mkdir(parents=True, mode=0o700)
    ended = by_systemd(host, state)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "1 updated." in ended.stdout
    assert host.execute("web", "cat /etc/marker") == "2"
    ended = by_cron(host, state)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "1 current." in ended.stdout
    # A person asks as root, who has the same state folder.
    told = host.updater("history", "-o", "json", environment={"UPDATER_STATE_DIR": str(state)})
    assert told.exit_code == 0
    assert host.name("web") in told.stdout
