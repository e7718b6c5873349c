"""Which settings and labels are there? One declaration feeds flag, variable, file key, label, help and documentation.

How values are looked up is in `settings.py` and `configuration.py`; how a container's labels are read in `labels.py`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from updater.model.control_labels import PREFIX, WATCHTOWER_PREFIX
from updater.model.schedule import GOOD_SCHEDULES, parse_schedule
from updater.model.signals import GOOD_SIGNALS, parse_signal
from updater.model.tag_pattern import GOOD_TAG_PATTERNS, parse_tag_pattern
from updater.model.terms import Level
from updater.model.values import (
    GOOD_BOOLEANS,
    GOOD_DURATIONS,
    GOOD_LIMITS,
    GOOD_NAMES,
    GOOD_PATIENCE,
    GOOD_SHELL_LINES,
    GOOD_STOP_TIMEOUTS,
    LONGEST_LIMIT,
    parse_boolean,
    parse_duration,
    parse_limit,
    parse_names,
    parse_patience,
    parse_shell_line,
    parse_stop_timeout,
    show_in_full,
)
from updater.model.window import GOOD_WINDOWS, parse_windows
from updater.model.wording import printable
from updater.model.zone import GOOD_ZONES, parse_zone
from updater.policy.selection import GOOD_IMAGES, GOOD_SELECTIONS, parse_images, parse_selection

if TYPE_CHECKING:
    from collections.abc import Callable

ENVIRONMENT_PREFIX = "UPDATER_"
_GOOD_MINUTES = "a number of minutes, at most a day; 0, which is no limit there, is a day here"
_MONTHS = re.compile(r"(\d{1,4})M", re.ASCII)
DEFAULT_CONFIG = "/etc/updater/updater.yml"


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting's one declaration. `parse` raises ValueError; `good` says what it would have taken.

    `per_container`: a label and an entry under `containers:` can set it. `everywhere`: there is a global value, with a
    flag and a variable, which is also each container's where it is `inherited`. `separator` stands between the parts
    of a value that the config file may give as a list; an empty one is the default where it is `optional`.
    `watchtower` is Watchtower's label for the same, read by `parse_watchtower` where it is written in another way
    (`good_watchtower`). `example` is a good value, for the documents.
    """

    name: str
    default: Any
    parse: Callable[[str], Any]
    good: str
    help: str
    per_container: bool = False
    everywhere: bool = True
    inherited: bool = True
    separator: str | None = None
    optional: bool = False
    label_key: str | None = None
    watchtower: str | None = None
    parse_watchtower: Callable[[str], Any] | None = None
    good_watchtower: str | None = None
    example: str = "true"

    @property
    def flag(self) -> str:
        """`--some-setting`."""
        return "--" + self.name.replace("_", "-")

    @property
    def variable(self) -> str:
        """`UPDATER_SOME_SETTING`."""
        return ENVIRONMENT_PREFIX + self.name.upper()

    @property
    def label(self) -> str | None:
        """`updater.some-setting`; None where only the whole program has it."""
        if not self.per_container:
            return None
        return self.label_key or PREFIX + self.name.replace("_", "-")

    @property
    def is_switch(self) -> bool:
        """Whether it is a yes or no, which the command line takes without a value."""
        return self.parse is parse_boolean

    def show(self, value: Any) -> str:
        """The value as one would write it."""
        if self.parse in (parse_duration, parse_limit, parse_patience, parse_stop_timeout):
            return show_in_full(value)
        return str(getattr(value, "text", str(value).lower()))


def _choice(*values: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text.strip().lower() not in values:
            raise ValueError(f"{text!r} is not known")
        return text.strip().lower()

    return parse


def _count(text: str) -> int:
    if not text.strip().isdecimal() or len(text.strip()) > 9 or not 1 <= int(text) <= 256:
        raise ValueError(f"{text!r} is not a number from 1 to 256")
    return int(text)


def _text(text: str) -> str:
    if not text.strip():
        raise ValueError("it is empty")
    if any(character < " " for character in text.strip()):
        raise ValueError(f"{printable(text, 60)!r} has a line's end or another control character")
    return text.strip()


def _level(text: str) -> Level:
    try:
        return Level(text.strip().lower())
    except ValueError:
        raise ValueError(f"{text!r} is no way to follow tags") from None


def parse_cooldown(text: str) -> float:
    """Watchtower's durations know months, `M`, of thirty days; raises ValueError."""
    return parse_duration(_MONTHS.sub(lambda match: f"{30 * int(match[1])}d", text.strip()))


def _minutes(text: str) -> float:
    """Watchtower's hooks have their limits in minutes, where 0 means none: the longest that there is here."""
    if not text.strip().isdecimal() or len(text.strip()) > 6:
        raise ValueError(f"{text!r} is not a number of minutes")
    return min(float(text) * 60 or LONGEST_LIMIT, LONGEST_LIMIT)


_WARN_MAJORS = (
    "postgres,postgis/postgis,timescale/timescaledb,mysql,mariadb,percona,mongo,elasticsearch,opensearchproject/opensearch,"
    "influxdb,couchdb,cassandra,neo4j,clickhouse/clickhouse-server,rethinkdb,arangodb,cockroachdb/cockroach"
)


ALL: tuple[Setting, ...] = (
    Setting(
        "host",
        None,
        _text,
        "an address like unix:///var/run/docker.sock",
        "The engine; default: as docker finds it.",
        example="tcp://docker-proxy:2375",
    ),
    Setting(
        "config",
        None,
        _text,
        "a path",
        f"The YAML config file; default: {DEFAULT_CONFIG}, if there.",
        example="/etc/updater/updater.yml",
    ),
    Setting(
        "state_dir",
        None,
        _text,
        "a path",
        "Where history and rejected digests are kept; default: /var/lib/updater for root, else ~/.local/state/updater.",
        example="/var/lib/updater",
    ),
    Setting("all", False, parse_boolean, GOOD_BOOLEANS, "Consider every container but those that are kept out."),
    Setting(
        "include_stopped",
        False,
        parse_boolean,
        GOOD_BOOLEANS,
        "Also consider containers that are not running; they are recreated, not started.",
        per_container=True,
    ),
    Setting(
        "enable",
        None,
        parse_boolean,
        GOOD_BOOLEANS,
        "Opts the container in, or (`false`) keeps it out, also where it is named; a label beats an entry.",
        per_container=True,
        everywhere=False,
        watchtower="enable",
    ),
    Setting(
        "scope",
        None,
        _text,
        "a word, or none for the containers without one",
        "Only containers of this scope are looked at (`none`: those without one); of a container: its scope.",
        per_container=True,
        inherited=False,
        watchtower="scope",
        example="media",
    ),
    Setting(
        "include",
        None,
        parse_selection,
        GOOD_SELECTIONS,
        "Only containers that match are looked at.",
        separator=",",
        example="web-*,label:tier=front",
    ),
    Setting(
        "exclude",
        None,
        parse_selection,
        GOOD_SELECTIONS,
        "Containers that match are left alone.",
        separator=",",
        optional=True,
        example="db-*,label:backup=running",
    ),
    Setting(
        "schedule",
        parse_schedule("0 4 * * *"),
        parse_schedule,
        GOOD_SCHEDULES,
        "When `watch` looks for updates, by `timezone`; of a container: the only times when it is updated.",
        per_container=True,
        inherited=False,
        example="0 4 * * *",
    ),
    Setting("check_at_start", False, parse_boolean, GOOD_BOOLEANS, "`watch` runs a first cycle at once."),
    Setting(
        "jitter",
        0.0,
        parse_duration,
        GOOD_DURATIONS,
        "`watch` starts each cycle up to this much later, by the host's name, so that not all hosts ask at once.",
        example="10m",
    ),
    Setting(
        "timezone",
        None,
        parse_zone,
        GOOD_ZONES,
        "The time zone of schedules and windows; default: TZ, else the system's.",
        example="Europe/Berlin",
    ),
    Setting(
        "window",
        None,
        parse_windows,
        GOOD_WINDOWS,
        "When updates may happen; checks may always.",
        per_container=True,
        separator=";",
        optional=True,
        example="Mon-Fri 02:00-05:00; Sat,Sun",
    ),
    Setting(
        "min_age",
        0.0,
        parse_duration,
        GOOD_DURATIONS,
        "How long ago an image must have been published, or first seen here, before it is taken.",
        per_container=True,
        watchtower="cooldown-delay",
        parse_watchtower=parse_cooldown,
        example="3d",
    ),
    Setting(
        "hold",
        False,
        parse_boolean,
        GOOD_BOOLEANS,
        "Leave the container as it is until this is taken away; `updater hold` does the same for a time.",
        per_container=True,
        everywhere=False,
    ),
    Setting(
        "tags",
        Level.DIGEST,
        _level,
        "digest, patch, minor or major",
        "What to follow: the tag as it is, or newer version tags of the same shape up to this level.",
        per_container=True,
        example="minor",
    ),
    Setting(
        "tag_pattern",
        None,
        parse_tag_pattern,
        GOOD_TAG_PATTERNS,
        "A regular expression that a newer tag must match from its beginning to its end.",
        per_container=True,
        everywhere=False,
        example=r"1\.\d+\.\d+-alpine",
    ),
    Setting(
        "warn_majors",
        parse_images(_WARN_MAJORS),
        parse_images,
        GOOD_IMAGES,
        "Images whose next major version is only reported, since their data has to be migrated by hand.",
        separator=",",
        example="postgres,ghcr.io/team/*",
    ),
    Setting(
        "monitor_only",
        False,
        parse_boolean,
        GOOD_BOOLEANS,
        "Report, never update.",
        per_container=True,
        watchtower="monitor-only",
    ),
    Setting(
        "rollback",
        True,
        parse_boolean,
        GOOD_BOOLEANS,
        "Put the old container back when the new one does not prove healthy.",
        per_container=True,
    ),
    Setting(
        "health_timeout",
        None,
        parse_patience,
        GOOD_PATIENCE,
        "How long a container may take to become healthy; default: computed from its healthcheck.",
        per_container=True,
        example="2m",
    ),
    Setting(
        "grace_period",
        15.0,
        parse_duration,
        GOOD_DURATIONS,
        "How long a container without a healthcheck must stay up without a restart.",
        per_container=True,
        example="30s",
    ),
    Setting(
        "stop_timeout",
        None,
        parse_stop_timeout,
        GOOD_STOP_TIMEOUTS,
        "How long a container may take to stop before it is killed; default: its own.",
        per_container=True,
        example="1m30s",
    ),
    Setting(
        "stop_signal",
        None,
        parse_signal,
        GOOD_SIGNALS,
        "The signal with which an update stops the old container; default: its own.",
        per_container=True,
        everywhere=False,
        watchtower="stop-signal",
        example="SIGHUP",
    ),
    Setting(
        "cleanup",
        False,
        parse_boolean,
        GOOD_BOOLEANS,
        "Remove images that an update replaced and nothing uses any more, but for the previous one.",
        per_container=True,
    ),
    Setting(
        "one_shot",
        False,
        parse_boolean,
        GOOD_BOOLEANS,
        "The container does one job and ends: an end with code 0 is a success, not a crash.",
        per_container=True,
    ),
    Setting(
        "depends_on",
        (),
        parse_names,
        GOOD_NAMES,
        "The containers that it needs: they are updated before it, and where one fails, it is left alone.",
        per_container=True,
        everywhere=False,
        separator=",",
        optional=True,
        watchtower="depends-on",
        example="db,cache",
    ),
    Setting(
        "hook_pre_update",
        None,
        parse_shell_line,
        GOOD_SHELL_LINES,
        "A shell line to run in the old container before an update; exit code 75 postpones it, another stops it.",
        per_container=True,
        everywhere=False,
        label_key="updater.hook.pre-update",
        watchtower="lifecycle.pre-update",
        example="pg_dumpall -U postgres > /backup/all.sql",
    ),
    Setting(
        "hook_pre_update_timeout",
        60.0,
        parse_limit,
        GOOD_LIMITS,
        "How long the hook before an update may take; then it is killed.",
        per_container=True,
        everywhere=False,
        label_key="updater.hook.pre-update-timeout",
        watchtower="lifecycle.pre-update-timeout",
        parse_watchtower=_minutes,
        good_watchtower=_GOOD_MINUTES,
        example="5m",
    ),
    Setting(
        "hook_post_update",
        None,
        parse_shell_line,
        GOOD_SHELL_LINES,
        "A shell line to run in the new container once it has proven itself; a failure is reported.",
        per_container=True,
        everywhere=False,
        label_key="updater.hook.post-update",
        watchtower="lifecycle.post-update",
        example="nginx -t",
    ),
    Setting(
        "hook_post_update_timeout",
        60.0,
        parse_limit,
        GOOD_LIMITS,
        "How long the hook after an update may take; then it is killed.",
        per_container=True,
        everywhere=False,
        label_key="updater.hook.post-update-timeout",
        watchtower="lifecycle.post-update-timeout",
        parse_watchtower=_minutes,
        good_watchtower=_GOOD_MINUTES,
        example="5m",
    ),
    Setting("parallel_checks", 16, _count, "a number from 1 to 256", "Images looked up at once.", example="16"),
    Setting(
        "parallel_updates", 1, _count, "a number from 1 to 256", "Independent containers updated at once.", example="2"
    ),
    Setting(
        "log_level",
        "info",
        _choice("debug", "info", "warning", "error"),
        "debug, info, warning or error",
        "How much is logged.",
        example="debug",
    ),
    Setting("log_format", "text", _choice("text", "json"), "text or json", "How it is logged.", example="json"),
)

PER_CONTAINER: dict[str, Setting] = {setting.name: setting for setting in ALL if setting.per_container}
SETTINGS: tuple[Setting, ...] = tuple(setting for setting in ALL if setting.everywhere)
BY_NAME: dict[str, Setting] = {setting.name: setting for setting in SETTINGS}
LABELS: dict[str, Setting] = {setting.label: setting for setting in ALL if setting.label is not None}
WATCHTOWER_LABELS: dict[str, Setting] = {
    WATCHTOWER_PREFIX + setting.watchtower: setting for setting in ALL if setting.watchtower is not None
}
