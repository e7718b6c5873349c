"""What stands in for the socket proxy of the compose file, where its image cannot be fetched?

Understands the command line of wollomatic/socket-proxy as far as the file uses it, and judges as that one does: 405 for
a method without an expression, 403 for a path that its expression does not match as a whole. Who connects is not asked.

Runs in a container: python3 -m rig.socket_proxy -listenip=0.0.0.0 -allowGET=...
"""

from __future__ import annotations

import re
import signal
import socket
import sys
from typing import TYPE_CHECKING

from rig.recording import Recording, Reply, Request
from rig.relay import Relay

if TYPE_CHECKING:
    from collections.abc import Sequence

ENGINE_SOCKET = "/var/run/docker.sock"
PORT = 2375
_ARGUMENT = re.compile(r"-(listenip|allowfrom|allow[A-Z]+)=(.+)")


def judge(request: Request, expressions: dict[str, re.Pattern[str]]) -> Reply | None:
    """The refusal of a request, None where it may pass."""
    expression = expressions.get(request.method)
    if expression is not None and expression.fullmatch(request.path):
        return None
    status, text = (403, b"Forbidden\n") if expression is not None else (405, b"Method Not Allowed\n")
    print(f"blocked request {request}", file=sys.stderr, flush=True)
    return Reply(status, text, {"Content-Type": "text/plain; charset=utf-8"})


def main(arguments: Sequence[str]) -> None:
    """Serve until SIGTERM."""
    options: dict[str, str] = {}
    for argument in arguments:
        found = _ARGUMENT.fullmatch(argument)
        if found is None:
            raise SystemExit(f"not understood: {argument}")
        options[found[1]] = found[2]
    expressions = {
        name.removeprefix("allow"): re.compile(value)
        for name, value in options.items()
        if name.removeprefix("allow").isupper()
    }
    recording = Recording()
    recording.before = lambda request: judge(request, expressions)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    relay = Relay(socket.create_server((options["listenip"], PORT), backlog=128), _connect, recording)
    signal.sigwait({signal.SIGTERM})
    relay.stop()


def _connect() -> socket.socket:
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.connect(ENGINE_SOCKET)
    except OSError:
        connection.close()
        raise
    return connection


if __name__ == "__main__":
    main(sys.argv[1:])
