"""How is a value of Watchtower's written here? Pure: its text in, ours out, with a remark where they differ."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from updater.model.values import parse_boolean
from updater.policy.declarations import parse_cooldown

if TYPE_CHECKING:
    from collections.abc import Callable

# What Watchtower's flags take as a duration is Go's notation.
_GO_DURATION = re.compile(r"(?:\d{1,9}(?:\.\d*)?(?:ns|us|µs|ms|s|m|h))+", re.ASCII)
_GO_PART = re.compile(r"(\d+(?:\.\d*)?)(ns|us|µs|ms|s|m|h)", re.ASCII)
_GO_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_NUMBER = re.compile(r"\d{1,9}(?:\.\d{1,9})?", re.ASCII)
_UNITS = (("d", 86_400), ("h", 3600), ("m", 60), ("s", 1))
_SHORTEST = 60  # seconds between two cycles
_SHORTEST_NOTE = "a minute is the shortest here"
_LEVELS = {
    "panic": "error",
    "fatal": "error",
    "error": "error",
    "warn": "warning",
    "warning": "warning",
    "info": "info",
    "debug": "debug",
    "trace": "debug",
}
_FORMATS = {"auto": "text", "logfmt": "text", "pretty": "text", "json": "json"}
# Of a regular expression, what a glob can say, too; the rest of its special characters cannot be carried over.
_NO_GLOB = re.compile(r"[()\[\]{}+^$?\\]")


@dataclass(frozen=True, slots=True)
class Carried:
    """The text of our setting's value, None where nothing has to be set; `note` says what is different."""

    text: str | None
    note: str = ""


def as_it_is(text: str) -> Carried:
    return Carried(text.strip())


def switch(text: str) -> Carried:
    return Carried(_said(parse_boolean(text)))


def opposite(text: str) -> Carried:
    return Carried(_said(not parse_boolean(text)))


def if_true(becomes: str) -> Callable[[str], Carried]:
    """A switch that says something only when it is on."""

    def carry(text: str) -> Carried:
        return Carried(becomes if parse_boolean(text) else None)

    return carry


def poll_interval(text: str) -> Carried:
    """Seconds, as a number."""
    if not text.strip().isdecimal() or len(text.strip()) > 9 or not int(text):
        raise ValueError(f"{text!r} is not a number of seconds")
    return _every(int(text))


def schedule(text: str) -> Carried:
    """Cron with a field for the seconds in front (robfig/cron v1), whose last one may be left out; or `@daily`."""
    words = text.split()
    if words and words[0].lower() == "@every":
        return _every(_go_seconds(" ".join(words[1:])))
    if text.strip().startswith("@"):
        return as_it_is(text)
    if words and words[0].upper().startswith("TZ="):
        raise ValueError(f"{text!r} names a zone; leave it out and use the variable TZ")
    if len(words) not in (5, 6):
        raise ValueError(f"{text!r} has {len(words)} of the six fields with which Watchtower writes a schedule")
    seconds, *fields = words
    ours = " ".join("*" if field == "?" else field for field in (*fields, *(["*"] if len(words) == 5 else [])))
    if not seconds.isdecimal() or int(seconds) > 59:
        raise ValueError(f"{text!r} has {seconds!r} for the seconds, which a schedule here has not; {ours!r} is good")
    if len(words) == 5:
        return Carried(
            ours, f"of five fields Watchtower takes the first for the seconds; write {text.strip()!r} if you mean it"
        )
    return Carried(ours, "the field for the seconds is left out")


def go_duration(text: str) -> Carried:
    """`30s`, `1m30s`, `1.5h`; a plain number is one of seconds."""
    return Carried(written(math.ceil(_go_seconds(text))))


def cooldown(text: str) -> Carried:
    return Carried(written(math.ceil(parse_cooldown(text))))


def log_level(text: str) -> Carried:
    return _one_of(_LEVELS, text)


def log_format(text: str) -> Carried:
    return _one_of(_FORMATS, text)


def globs(text: str) -> Carried:
    """Names, or regular expressions for whole names, as far as a glob can say them: `web-.*` is `web-*`."""
    return Carried(",".join(_glob(one) for part in re.split(r"[, ]+", text.strip(", ")) for one in part.split("|")))


def labels(text: str) -> Carried:
    """`tier=front,backup=true`."""
    pairs = [pair.strip() for pair in text.split(",") if pair.strip()]
    if not pairs or not all(pair.partition("=")[1] and pair[0] != "=" for pair in pairs):
        raise ValueError(f"{text!r} is no list of label=value")
    return Carried(",".join(f"label:{pair}" for pair in pairs))


def written(seconds: int) -> str:
    """A duration as one writes it here, to the second: `1h30m`."""
    parts = []
    for unit, length in _UNITS:
        count, seconds = divmod(seconds, length)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0"


def _every(seconds: float) -> Carried:
    if seconds < _SHORTEST:
        return Carried("@every 1m", _SHORTEST_NOTE)
    return Carried(f"@every {written(math.ceil(seconds))}")


def _go_seconds(text: str) -> float:
    compact = text.strip()
    if _NUMBER.fullmatch(compact):
        return float(compact)
    if not _GO_DURATION.fullmatch(compact):
        raise ValueError(f"{text!r} is not a duration")
    return sum(float(number) * _GO_UNITS[unit] for number, unit in _GO_PART.findall(compact))


def _glob(pattern: str) -> str:
    plain = pattern.removeprefix("^").removesuffix("$").lstrip("/").replace(".*", "*")
    plain = plain.replace("\\.", ".").replace("\\-", "-")
    if not plain or _NO_GLOB.search(plain):
        raise ValueError(f"{pattern!r} cannot be said by names and globs like web-*")
    return plain


def _one_of(known: dict[str, str], text: str) -> Carried:
    ours = known.get(text.strip().lower())
    if ours is None:
        raise ValueError(f"{text!r} is not one of {', '.join(known)}")
    return Carried(ours)


def _said(value: bool) -> str:
    return "true" if value else "false"
