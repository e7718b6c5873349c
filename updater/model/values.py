"""How are a yes or no and a length of time written, in labels and settings alike?"""

from __future__ import annotations

import re

_BOOLEANS = {"1": True, "t": True, "true": True, "0": False, "f": False, "false": False}
GOOD_BOOLEANS = "true or false"

GOOD_NAMES = "names of containers, like db or db,cache"
GOOD_SHELL_LINES = "a line for the shell in the container, like `nginx -t`"

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_DURATION = re.compile(r"(?:\d{1,9}[smhdw])+", re.ASCII)
_PART = re.compile(r"(\d+)([smhdw])", re.ASCII)
_SECONDS = re.compile(r"\d{1,9}", re.ASCII)
GOOD_DURATIONS = "a duration like 90s, 5m, 12h, 3d, 2w or 1h30m"
GOOD_STOP_TIMEOUTS = "a duration like 90s, 5m or 1h30m, or a number of seconds"
_LONGEST = 10 * 365 * 86_400
LONGEST_LIMIT = 86_400.0
GOOD_PATIENCE = "a duration of 1s or more, like 90s or 5m"
GOOD_LIMITS = "a duration from 1s to 1d, like 90s or 5m"


def parse_boolean(text: str) -> bool:
    """`1 t true 0 f false` in any case, as Go (and so Watchtower) reads them; raises ValueError."""
    try:
        return _BOOLEANS[text.strip().lower()]
    except KeyError:
        raise ValueError(f"{text!r} is neither true nor false") from None


def parse_names(text: str) -> tuple[str, ...]:
    """`db, cache`: names of containers; raises ValueError."""
    names = tuple(part.strip().lstrip("/") for part in text.split(","))
    if not all(names):
        raise ValueError(f"{text!r} names no container between its commas")
    return names


def parse_shell_line(text: str) -> str:
    """What `/bin/sh -c` is to run, as it stands; raises ValueError."""
    if not text.strip():
        raise ValueError("it is empty")
    return text


def parse_duration(text: str) -> float:
    """Seconds. `90s`, `5m`, `12h`, `3d`, `2w`, combined `1h30m`, or `0`; raises ValueError."""
    written = text.strip().lower()
    if written == "0":
        return 0.0
    if not _DURATION.fullmatch(written):
        raise ValueError(f"{text!r} is not a duration")
    seconds = float(sum(int(number) * _UNITS[unit] for number, unit in _PART.findall(written)))
    if seconds > _LONGEST:
        raise ValueError(f"{text!r} is longer than ten years")
    return seconds


def parse_stop_timeout(text: str) -> float:
    """Seconds until a kill: a duration, or a plain number of seconds as `docker run --stop-timeout` takes it."""
    return parse_duration(f"{text.strip()}s" if _SECONDS.fullmatch(text.strip()) else text)


def parse_patience(text: str) -> float:
    """Seconds that something may take; raises ValueError. With none at all, all of it would fail."""
    seconds = parse_duration(text)
    if seconds < 1:
        raise ValueError(f"{text!r} leaves no time")
    return seconds


def parse_limit(text: str) -> float:
    """Seconds that a command may take; raises ValueError. None at all is no choice: something may hang."""
    seconds = parse_duration(text)
    if not 1 <= seconds <= LONGEST_LIMIT:
        raise ValueError(f"{text!r} is no time limit, which is never without end")
    return seconds


def show_duration(seconds: float) -> str:
    """`1h30m`, `45s`, `0.4s`: the largest two units that say it, for a person."""
    if seconds < 10:
        return f"{seconds:.1f}s".replace(".0s", "s")
    return "".join(_parts(seconds)[:2])


def show_in_full(seconds: float) -> str:
    """`1d2h30m`, `0s`: what somebody set, to the second, as it can be written."""
    return show_duration(seconds) if seconds < 10 else "".join(_parts(seconds))


def _parts(seconds: float) -> list[str]:
    remaining, parts = round(seconds), []
    for unit in "wdhms":
        count, remaining = divmod(remaining, _UNITS[unit])
        if count:
            parts.append(f"{count}{unit}")
    return parts
