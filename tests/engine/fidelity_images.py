"""Which two images does the fidelity suite update from and to? Every default of theirs differs, or is gone, or new."""

from __future__ import annotations

from rig import ImageSpec, commands

SECOND = 1_000_000_000

OLD = ImageSpec(
    marker="old",
    env={"MODE": "old", "GONE": "1", "SAME": "1"},
    command=(commands.SERVE[1], commands.SERVE[2]),
    entrypoint=("/bin/sh",),
    user="1001",
    workdir="/srv",
    stop_signal="SIGTERM",
    shell=("/bin/sh", "-x", "-c"),
    exposed=("80/tcp", "90/tcp"),
    volumes=("/data", "/cache"),
    labels={"version": "1", "gone": "x", "same": "1"},
    healthcheck={"Test": ["CMD-SHELL", "true"], "Interval": 3 * SECOND, "Retries": 9},
)
NEW = ImageSpec(
    marker="new",
    env={"MODE": "new", "ADDED": "1", "SAME": "1"},
    command=("-e", commands.SERVE[1], commands.SERVE[2]),
    entrypoint=("/bin/sh", "-u"),
    user="1002",
    workdir="/opt",
    stop_signal="SIGINT",
    shell=("/bin/sh", "-e", "-c"),
    exposed=("81/tcp", "90/tcp"),
    volumes=("/data2", "/cache"),
    labels={"version": "2", "added": "y", "same": "1"},
    healthcheck={"Test": ["CMD", "/bin/true"], "Timeout": 2 * SECOND, "StartPeriod": SECOND},
)
