"""`updater healthcheck`: is the daemon alive, and has it talked to the engine? Started often, so it imports little."""

from __future__ import annotations

import sys

from updater import heartbeat


def healthcheck_command() -> None:
    """End with 0 while `updater watch` is alive and talks to the engine, else with 1 and one line that says why.

    For the health check of a container. It asks the daemon that the same user runs on the same machine, or in the same
    container, and touches neither the engine nor the configuration.

    \b
    Examples:
      updater healthcheck
      docker run --health-cmd "updater healthcheck" ...
    """
    beat = heartbeat.read()
    process = heartbeat.process_of(beat.pid) if beat is not None else None
    complaint = heartbeat.complaint(beat, heartbeat.clock(), process)
    if complaint is not None:
        sys.stderr.write(f"updater: {complaint}\n")
        raise SystemExit(1)
    assert beat is not None
    sys.stdout.write(f"healthy, {beat.doing}\n")
