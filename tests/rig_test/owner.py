"""A program that opens a rig, fills it, says so and waits: for tests that end it in unfriendly ways."""

from __future__ import annotations

import signal
import sys
import time

from rig import ImageSpec, load, open_rig
from tests.rig_test.traces import Footprint


def main() -> None:
    # A shell lets what it starts in the background ignore Ctrl-C, and the test's own runner may have been started so.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with open_rig() as rig:
        client = rig.engine.client()
        load(client, "web:latest", ImageSpec())
        ports = {"8080/tcp": [{"HostPort": "18080"}]}
        body = {
            "Image": "web:latest",
            "ExposedPorts": {"8080/tcp": {}},
            "HostConfig": {"PortBindings": ports, "RestartPolicy": {"Name": "always"}},
        }
        client.start(client.create_container_from_config(body, "web"))
        client.start(client.create_container_from_config({"Image": "web:latest"}, "paused"))
        client.pause("paused")
        under_test = rig.popen(["sleep", "1000"])
        sys.stdout.write(Footprint.of(rig.namespaces).as_json() + "\n")
        sys.stdout.flush()
        if "raise" in sys.argv:
            under_test.kill()
            raise RuntimeError("as asked")
        time.sleep(1000)


if __name__ == "__main__":
    main()
