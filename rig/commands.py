"""What do the containers of tests and demos run?

Every shell that stays up traps TERM: a process that is pid 1 ignores it otherwise, and each stop would take the
engine's ten seconds. It waits for its sleep in the background, for a trap runs only when the shell is not busy; and
it sleeps long, so that fifty containers cost no processor time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

Command = tuple[str, ...]

_ON_TERM = "trap 'exit 0' TERM INT"
_FOR_EVER = "while :; do sleep 1000 & wait $!; done"


def shell(script: str) -> Command:
    """A command that runs a line of shell."""
    return ("/bin/sh", "-c", script)


SERVE = shell(f"{_ON_TERM}; {_FOR_EVER}")
"""Stays up, and stops at once when asked."""

DEAF = shell("trap '' TERM INT; while :; do sleep 1000; done")
"""Stays up, and has to be killed."""

EXIT_AT_ONCE = shell("exit 1")
"""Fails immediately."""

FINISH = shell("exit 0")
"""Does its work immediately: a one-shot job."""

CRASH_LOOP = shell("sleep 0.3; exit 1")
"""Looks fine for a moment; with a restart policy it never stops falling over."""

HTTP_PORT = 8080
HTTP_SERVER = shell(f"{_ON_TERM}; httpd -f -p {HTTP_PORT} -h /www & wait $!")
"""Serves the image's marker at `/` on port 8080."""

HEALTH_FILE = "/healthy"


def exit_after(seconds: float, code: int = 1) -> Command:
    """Stays up for a while, then ends."""
    return shell(f"{_ON_TERM}; sleep {seconds} & wait $!; exit {code}")


def health_check(script: str, interval: float = 0.2, retries: int = 2, **more: float) -> dict[str, Any]:
    """An image's or container's Healthcheck; times in seconds (`timeout`, `start_period`)."""
    times = {"interval": interval, "timeout": 2.0, **more}
    nanoseconds = {_camel(name): int(seconds * 1e9) for name, seconds in times.items()}
    return {"Test": ["CMD-SHELL", script], "Retries": retries, **nanoseconds}


def _camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


GOOD_HEALTH: Mapping[str, Any] = health_check("true")
BAD_HEALTH: Mapping[str, Any] = health_check("echo it is broken; exit 1")
FILE_HEALTH: Mapping[str, Any] = health_check(f"test -e {HEALTH_FILE}")
"""Healthy exactly while the file is there: `docker exec NAME touch /healthy`."""
