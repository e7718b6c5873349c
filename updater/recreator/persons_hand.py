"""Did a person end a container, or did it end by itself? Has a person changed it? From what the engine tells; pure.

Stop, restart and kill come with the event `kill`, a crash comes without. But not every `kill` is an end: `docker kill
-s HUP` makes many programs read their configuration again.
"""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Any

from updater.model.signals import signal_number
from updater.recreator.names import policy_letter

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from updater.model.happening import Happening

_KILL, _DIE, _START = "kill", "die", "start"
_ENDING = frozenset({signal.SIGTERM, signal.SIGKILL, signal.SIGINT, signal.SIGQUIT})

RESTART_POLICY = "RestartPolicy"
# What else `docker update` can change.
_CHANGEABLE = (
    "BlkioWeight",
    "CpuPeriod",
    "CpuQuota",
    "CpuRealtimePeriod",
    "CpuRealtimeRuntime",
    "CpuShares",
    "CpusetCpus",
    "CpusetMems",
    "KernelMemory",
    "Memory",
    "MemoryReservation",
    "MemorySwap",
    "NanoCpus",
    "PidsLimit",
)


def changed_in(new: Mapping[str, Any], old: Mapping[str, Any]) -> tuple[str, ...]:
    """What a person has changed in a container since, or in the new one, which was made just like the old one."""
    was, now = old["HostConfig"], new["HostConfig"]
    changed = [field for field in _CHANGEABLE if (was.get(field) or None) != (now.get(field) or None)]
    if policy_letter(was.get(RESTART_POLICY) or {}) != policy_letter(now.get(RESTART_POLICY) or {}):
        changed.append(RESTART_POLICY)
    if networks_of(old) != networks_of(new):
        changed.append("Networks")
    return tuple(changed)


def networks_of(container: Mapping[str, Any]) -> set[str]:
    """The names of the networks it is in."""
    return set((container.get("NetworkSettings") or {}).get("Networks") or ())


def ended_by_a_person(happenings: Sequence[Happening], stop_signal: str | None, *, runs: bool) -> bool:
    """Whether its last end was a person's doing. `runs`: it was started again since; else its `die` may be missing."""
    ending = {int(number) for number in _ENDING} | {signal_number(stop_signal)}
    whats = [happening.what for happening in happenings]
    died = _last(whats, _DIE)
    end = died if died is not None and (runs or _START not in whats[died:]) else len(whats)
    begin = _last(whats[:end], _START)
    last_life = happenings[0 if begin is None else begin + 1 : end]
    return any(one.what == _KILL and (one.signal is None or one.signal in ending) for one in last_life)


def was_started_again(happenings: Sequence[Happening]) -> bool:
    """Whether a start was heard of after its last end."""
    whats = [happening.what for happening in happenings]
    died = _last(whats, _DIE)
    return died is not None and _START in whats[died:]


def _last(whats: Sequence[str], what: str) -> int | None:
    places = [place for place, one in enumerate(whats) if one == what]
    return places[-1] if places else None
