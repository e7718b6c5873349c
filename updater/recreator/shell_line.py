"""How is a hook's shell line run so that it ends in time, and what did it say? Pure.

The engine cannot end a command, and its processes may be on another machine, so the line brings its own end along.
"""

from __future__ import annotations

import math
from enum import Enum, auto
from typing import TYPE_CHECKING

from updater.model.values import show_duration
from updater.model.wording import printable
from updater.recreator.secrets import without_secrets

if TYPE_CHECKING:
    from collections.abc import Iterable

    from updater.model.execution import Execution

KEPT_BYTES = 8 * 1024  # of what a hook writes, from its end
POSTPONED = 75  # EX_TEMPFAIL of sysexits.h, as Watchtower has it
_KILLED = 137  # 128 + SIGKILL, as a shell shows it
_CANNOT_BEGIN = (126, 127)
_LONGEST_WORD = 200  # characters of the last line that go into a sentence

# The engine makes each command the leader of a process group, so `-$$` is the command with all its children, but for
# those that left it; where that is not so, there is no such group, and nobody is killed. The watch is ended and waited
# for, so that no process is left behind: its sleep by KILL, for another signal is lost on a child that was only just
# forked (one in sixty hooks that end at once, in dash), and would be waited for until the limit. Without `sleep` in the
# image there is no watch, and only the waiting ends. Both outputs go into one pipe: two are read in no order.
_SELF_LIMITING = """\
(trap 'kill -s KILL $!; wait $!; exit' TERM; sleep "$2" & wait $! && kill -s KILL -- "-$$") </dev/null >/dev/null 2>&1 &
watch=$!
/bin/sh -c "$1" 2>&1
code=$?
kill "$watch" 2>/dev/null
wait "$watch" 2>/dev/null
exit "$code"
"""


class Ending(Enum):
    """What a hook's end means."""

    WELL = auto()
    POSTPONED = auto()
    FAILED = auto()


def self_limiting(line: str, seconds: float) -> tuple[str, ...]:
    """The command that runs the line with `/bin/sh -c`, and kills it when the time is over."""
    return ("/bin/sh", "-c", _SELF_LIMITING, "hook", line, str(max(1, math.ceil(seconds))))


def ending_of(execution: Execution) -> Ending:
    """By its exit code, as it stands."""
    if execution.exit_code == 0:
        return Ending.WELL
    return Ending.POSTPONED if execution.exit_code == POSTPONED else Ending.FAILED


def told(execution: Execution, output: str, took: float, limit: float) -> str:
    """How it ended, to complete "the hook …"; `output` is what is shown of its output."""
    code = execution.exit_code
    if code is None:
        return f"did not end within {show_duration(limit)}; it may still be running"
    if not execution.began and code in _CANNOT_BEGIN:
        return f"could not begin: the container has no /bin/sh that runs{_last_line(output)}"
    if code == _KILLED and took >= limit:
        return f"did not end within {show_duration(limit)}, and was killed{_last_line(output)}"
    return f"ended with exit code {code}{_last_line(output)}"


def shown_output(execution: Execution, environment: Iterable[str]) -> str:
    """What it wrote, for a person: the end of it, without the container's secrets and without control characters."""
    known = tuple(environment)
    text = without_secrets(execution.output.decode(errors="replace"), known)
    if execution.cut:
        text = text[longest_value(known) :]  # it may begin in the middle of a secret, which nobody knows again
    text = text[-KEPT_BYTES:]
    return "\n".join(printable(line, KEPT_BYTES) for line in text.splitlines()).strip()


def bytes_to_keep(environment: Iterable[str]) -> int:
    """How much of the output `shown_output` needs."""
    return KEPT_BYTES + longest_value(environment)


def longest_value(environment: Iterable[str]) -> int:
    """The size of the largest value, and so of the largest secret, in bytes."""
    return max((len(entry.partition("=")[2].encode(errors="replace")) for entry in environment), default=0)


def _last_line(output: str) -> str:
    last = output.rpartition("\n")[2]
    return f": {printable(last, _LONGEST_WORD)}" if last else ""
