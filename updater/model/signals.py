"""How is the signal written with which a container is stopped, and which number has it?"""

from __future__ import annotations

import re
import signal

GOOD_SIGNALS = "a signal like SIGTERM, HUP or SIGRTMIN+3, or its number, 1 to 64"

# As Docker counts them, also where this Python's C library keeps the first ones for itself.
_FIRST_REAL_TIME, _LAST_REAL_TIME = 34, 64
_REAL_TIME = re.compile(r"RTMIN\+(?:[1-9]|1[0-5])|RTMAX-(?:[1-9]|1[0-4])|RTMIN|RTMAX")
_NAMES = frozenset(
    one.name.removeprefix("SIG") for one in signal.Signals if not one.name.startswith(("SIGRTMIN", "SIGRTMAX"))
)


def parse_signal(text: str) -> str:
    """`SIGTERM`, `term` or `15`, as the engine takes it: `SIGTERM`, `15`; raises ValueError."""
    name = text.strip().upper().removeprefix("SIG")
    if name.isascii() and name.isdecimal() and len(name) < 4 and 1 <= int(name) <= _LAST_REAL_TIME:
        return str(int(name))
    if name in _NAMES or _REAL_TIME.fullmatch(name):
        return f"SIG{name}"
    raise ValueError(f"{text!r} is no signal")


def signal_number(name: str | None) -> int:
    """The number of a stop signal as Docker takes it: `SIGQUIT`, `quit`, `3`, `SIGRTMIN+3`; TERM for none."""
    text = (name or "").upper().removeprefix("SIG")
    if text.isdecimal():
        return int(text)
    base, _, more = text.partition("+")
    if base == "RTMIN" and (more.isdecimal() or not more):
        return _FIRST_REAL_TIME + int(more or 0)
    base, _, less = text.partition("-")
    if base == "RTMAX" and (less.isdecimal() or not less):
        return _LAST_REAL_TIME - int(less or 0)
    return int(getattr(signal, f"SIG{text}", signal.SIGTERM))
