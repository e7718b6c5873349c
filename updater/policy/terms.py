"""On which terms may this container be updated? Label over config entry over global setting."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from updater.model.container import ContainerState
from updater.model.terms import Enabled, Terms
from updater.policy.labels import BadLabel, read_labels
from updater.policy.selection import Images

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    from updater.model.container import ContainerSnapshot
    from updater.model.schedule import Schedule
    from updater.policy.selection import Selection

UTC = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class Entry:
    """What the config file says of the containers whose name matches the glob; values keyed by setting name."""

    pattern: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for: names on the command line (empty: all), global values, entries, and who we are.

    `own_id` is the id of the container that this program runs in, if it does; `busy` are the names of containers that
    another updater is working on. `nobody_said_all`: `all` is only the default. `jobs` are the names of containers that
    others need to have ended well. `own_obstacle` is why our own container cannot be updated from within, if so,
    `own_image` the id of the image it runs, `maybe_own` the containers that may be ours where that is not sure, and
    `state_folder` where we remember. `scope`, `include` and `exclude` bound what is looked at; of the images of
    `warn_majors` a next major version is only told.
    `at_once` (`--now`) sets window, age and schedules aside for the containers named. `zone` is the clock of schedules
    and windows; `fired` are the schedules whose time has come, None where it is no schedule that asks. `schedule` is
    that of the containers without one of their own, `delay` by how much cycles begin later than schedules say, `began`
    when this one did.
    """

    names: frozenset[str] = frozenset()
    all: bool = False
    nobody_said_all: bool = False
    defaults: Mapping[str, Any] | None = None
    entries: tuple[Entry, ...] = ()
    own_id: str | None = None
    own_obstacle: str | None = None
    own_image: str | None = None
    maybe_own: frozenset[str] = frozenset()
    state_folder: Path | None = None
    busy: frozenset[str] = frozenset()
    jobs: frozenset[str] = frozenset()
    scope: str | None = None
    include: Selection | None = None
    exclude: Selection | None = None
    warn_majors: Images = field(default_factory=Images)
    at_once: bool = False
    zone: ZoneInfo = UTC
    fired: frozenset[Schedule] | None = None
    schedule: Schedule | None = None
    delay: timedelta = timedelta()
    began: datetime | None = None


def terms_of(container: ContainerSnapshot, request: Request) -> Terms:
    """Raises BadLabel."""
    values = without_labels(container.name, request) | read_labels(container.user_labels)
    opted = values.pop("enable", None)
    is_job = container.name in request.jobs and container.state is ContainerState.EXITED
    if is_job:
        values["one_shot"] = True
    return Terms(enabled=_enabled(container, opted, request), is_job=is_job, **values)


def terms_for_recovery(container: ContainerSnapshot, name: str, request: Request) -> Terms:
    """The terms of a container whose update was cut short, under the name it had; a bad label no longer matters."""
    named = replace(container, name=name)
    try:
        return terms_of(named, request)
    except BadLabel:
        return terms_without_labels(named, request)


def terms_without_labels(container: ContainerSnapshot, request: Request) -> Terms:
    """The terms of a container whose labels cannot be read: nobody knows what its user wants."""
    values = without_labels(container.name, request)
    values.pop("enable", None)
    return Terms(enabled=Enabled.NO, **values)


def without_labels(name: str, request: Request) -> dict[str, Any]:
    """What settings and config entries say of the container of that name, whether it is there or not."""
    return {**(request.defaults or {}), **_entry_values(name, request)}


def _entry_values(name: str, request: Request) -> dict[str, Any]:
    """Globs apply in the order of the file, a later one over an earlier; the exact name goes last of all."""
    matching = [entry for entry in request.entries if fnmatchcase(name, entry.pattern)]
    matching.sort(key=lambda entry: entry.pattern == name)
    values: dict[str, Any] = {}
    for entry in matching:
        values |= entry.values
    return values


def _enabled(container: ContainerSnapshot, opted: bool | None, request: Request) -> Enabled:
    if opted is False:
        return Enabled.REFUSED
    if container.name in request.names:
        return Enabled.BY_NAME
    if opted:
        return Enabled.BY_USER
    return Enabled.BY_ALL if request.all else Enabled.NO
