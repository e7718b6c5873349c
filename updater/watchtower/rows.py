"""Which variables and flags has Watchtower, and what becomes of each here?

Those of containrrr's, as it was last released, and of the nicholas-fedor fork, by their documentation.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from updater.model.values import GOOD_BOOLEANS, GOOD_DURATIONS
from updater.policy.selection import GOOD_SELECTIONS
from updater.watchtower.row import PREFIX, Row, flag_of
from updater.watchtower.values import (
    as_it_is,
    cooldown,
    globs,
    go_duration,
    if_true,
    labels,
    log_format,
    log_level,
    opposite,
    poll_interval,
    schedule,
    switch,
)
from updater.watchtower.without import API, GIT, NOTIFICATIONS

if TYPE_CHECKING:
    from updater.watchtower.row import Carry, Test


def _on(value: str) -> bool:
    return value.strip().lower() in ("1", "t", "true")


def _given(value: str) -> bool:
    return bool(value.strip())


def _only_on_request(value: str) -> bool:
    return bool({"update", "all"} & set(re.split(r"[, ]+", value.lower())))


def _switch(
    name: str,
    setting: str | None = None,
    remark: str = "",
    *,
    flag: str = "",
    short: str = "",
    carry: Carry = switch,
    same: bool = False,
    restricts: Test | None = None,
) -> Row:
    return Row(
        PREFIX + name,
        flag or flag_of(PREFIX + name),
        remark,
        setting,
        carry,
        GOOD_BOOLEANS,
        short,
        is_switch=True,
        same=same,
        restricts=restricts,
    )


def _value(
    name: str,
    setting: str | None = None,
    remark: str = "",
    *,
    flag: str = "",
    short: str = "",
    carry: Carry = as_it_is,
    good: str = "",
    restricts: Test | None = None,
) -> Row:
    return Row(PREFIX + name, flag or flag_of(PREFIX + name), remark, setting, carry, good, short, restricts=restricts)


_SCHEDULE = "five cron fields like 0 4 * * *, with the seconds in front, or @daily"
_PODMAN = "not needed: limits are carried over as they are, and compared before anything is stopped"
_PLATFORM = "the platform is the one that the container runs on"

SELECTION: tuple[Row, ...] = (
    _switch("LABEL_ENABLE", "all", "without it, Watchtower considers all containers", carry=opposite, short="e"),
    _value("DISABLE_CONTAINERS", "exclude", carry=globs, good=GOOD_SELECTIONS, short="x"),
    _value("DISABLE_CONTAINERS_BY_LABEL", "exclude", carry=labels, good="label=value,label=value"),
    _value("ENABLE_CONTAINERS_BY_LABEL", "include", carry=labels, good="label=value,label=value"),
    _value("MONITOR_IMAGE_NAMES", remark="containers are chosen by names and labels, not by images", restricts=_given),
    _value("SKIP_IMAGE_NAMES", remark="containers are chosen by names and labels, not by images", restricts=_given),
    _value("SCOPE", "scope"),
    _switch("INCLUDE_STOPPED", "include_stopped", short="S"),
    _switch("INCLUDE_RESTARTING", remark="containers that are restarting are always looked at"),
    _switch("REVIVE_STOPPED", remark="a stopped container is recreated and stays stopped"),
    _switch("LABEL_TAKE_PRECEDENCE", remark="a label always wins over a global setting"),
    _switch("USE_COMPOSE_DEPENDS_ON", remark="compose's `depends_on` always counts for the order"),
)
TIME: tuple[Row, ...] = (
    _value("POLL_INTERVAL", "schedule", flag="--interval", carry=poll_interval, good="seconds like 86400", short="i"),
    _value("SCHEDULE", "schedule", carry=schedule, good=_SCHEDULE, short="s"),
    _switch("UPDATE_ON_START", "check_at_start"),
    _switch("RUN_ONCE", remark="with it a bare `updater watch` is `updater run`: one cycle", short="R", same=True),
    _value("COOLDOWN_DELAY", "min_age", carry=cooldown, good=GOOD_DURATIONS),
    Row(PREFIX + "COOLDOWN_PLATFORM_OS", None, _PLATFORM),
    Row(PREFIX + "COOLDOWN_PLATFORM_ARCH", None, _PLATFORM),
    Row(PREFIX + "COOLDOWN_PLATFORM_VARIANT", None, _PLATFORM),
    Row("TZ", None, "read as it is", same=True),
)
UPDATES: tuple[Row, ...] = (
    _switch("CLEANUP", "cleanup", "the image before the last update is kept for `updater rollback`", short="c"),
    _switch("MONITOR_ONLY", "monitor_only", "a label `false` wins over it", short="m"),
    _switch("NO_PULL", "monitor_only", "without a pull there is no update", carry=if_true("true")),
    _value("TIMEOUT", "stop_timeout", flag="--stop-timeout", carry=go_duration, good=GOOD_DURATIONS, short="t"),
    _switch("NO_RESTART", remark="an updated container is started and has to prove itself", restricts=_on),
    _switch("ROLLING_RESTART", remark="one container is updated at a time, unless `parallel_updates` says more"),
    _switch("REMOVE_VOLUMES", remark="no volume is ever removed"),
    _switch(
        "LIFECYCLE_HOOKS",
        remark="hooks always run, but only those that you set yourself",
        flag="--enable-lifecycle-hooks",
    ),
    _value("LIFECYCLE_UID", remark="hooks run as the container's own user"),
    _value("LIFECYCLE_GID", remark="hooks run as the container's own user"),
    _switch("DISABLE_MEMORY_SWAPPINESS", remark=_PODMAN),
    _value("CPU_COPY_MODE", remark=_PODMAN),
    _switch("EPHEMERAL_SELF_UPDATE", remark="a helper always updates its own container, and goes back if that fails"),
    _value("DISK_SPACE_MAX", remark="a full disk fails the update before anything is stopped (`no-space`)"),
    _value("DISK_SPACE_WARN", remark="a full disk fails the update before anything is stopped (`no-space`)"),
    _switch("ENABLE_CHANGELOG", remark="no list of changes is fetched"),
)
LOGS: tuple[Row, ...] = (
    _value("LOG_LEVEL", "log_level", carry=log_level, good="panic, fatal, error, warn, info, debug or trace"),
    _switch("DEBUG", "log_level", carry=if_true("debug"), short="d"),
    _switch("TRACE", "log_level", "secrets are never logged", carry=if_true("debug")),
    _value("LOG_FORMAT", "log_format", carry=log_format, good="Auto, LogFmt, Pretty or JSON", short="l"),
    _value("PORCELAIN", remark="`updater run -o json` prints what was done, for scripts", short="P"),
    _switch("NO_STARTUP_MESSAGE", remark="no message is sent at the start"),
    _value("WARN_ON_HEAD_FAILURE", remark="every image that cannot be looked up is reported with its reason"),
    Row("NO_COLOR", "--no-color", "read as it is", is_switch=True, same=True),
)
_INSECURE = "`insecure: true` for the one host, under `registries:` in the config file"
REGISTRIES: tuple[Row, ...] = (
    Row(
        "REPO_USER",
        None,
        "`UPDATER_REGISTRY_USERNAME`; for Docker Hub only, or the host in `UPDATER_REGISTRY`, and no others",
        secret=True,
    ),
    Row("REPO_PASS", None, "`UPDATER_REGISTRY_PASSWORD`, or better `UPDATER_REGISTRY_PASSWORD_FILE`", secret=True),
    Row("DOCKER_CONFIG", None, "read as it is; without it, ~/.docker and not /", same=True),
    _switch("REGISTRY_TLS_SKIP", remark=_INSECURE),
    _value("REGISTRY_TLS_MIN_VERSION", remark="TLS 1.2 is the least"),
    Row("HTTP_PROXY", None, "read as it is", same=True, secret=True),
    Row("HTTPS_PROXY", None, "read as it is", same=True, secret=True),
    Row("NO_PROXY", None, "read as it is", same=True),
)
ENGINE: tuple[Row, ...] = (
    Row("DOCKER_HOST", None, "read as it is", same=True, secret=True),
    Row(None, "--host", setting="host", short="H", secret=True),
    Row("DOCKER_TLS_VERIFY", "--tlsverify", "read as it is, but has no flag", is_switch=True, short="v", same=True),
    Row("DOCKER_CERT_PATH", "--cert-path", "read as it is, but has no flag", same=True),
    Row("DOCKER_API_VERSION", "--api-version", "not needed: engine and updater agree on one", short="a"),
)
FLAGS: tuple[Row, ...] = (
    Row(None, "--health-check", "`updater healthcheck`", is_switch=True),
    Row(None, "--self-update-orchestrator", "for Watchtower's own use", is_switch=True),
    Row(None, "--help", "`updater --help`", is_switch=True, short="h"),
)
# Watchtower without its API's periodic polls updates on request only, and `watch` would by its schedule.
_API = tuple(
    Row(
        PREFIX + name,
        flag_of(PREFIX + name),
        why,
        is_switch=is_switch,
        secret="TOKEN" in name,
        restricts={"HTTP_API_UPDATE": _on, "HTTP_API_ENDPOINTS": _only_on_request}.get(name),
    )
    for name, is_switch, why in API
)
_NOTIFICATIONS = tuple(
    Row(PREFIX + name, flag or flag_of(PREFIX + name), why, is_switch=is_switch, short=short, secret=True)
    for name, flag, short, is_switch, why in NOTIFICATIONS
)
_GIT = tuple(
    Row(PREFIX + name, flag_of(PREFIX + name), why, is_switch=is_switch, secret=True) for name, is_switch, why in GIT
)

GROUPS: dict[str, tuple[Row, ...]] = {
    "Which containers": SELECTION,
    "When": TIME,
    "How": UPDATES,
    "Logs": LOGS,
    "Registries": REGISTRIES,
    "Engine": ENGINE,
    "Notifications": _NOTIFICATIONS,
    "HTTP API": _API,
    "Git": _GIT,
    "Only on the command line": FLAGS,
}
ROWS: tuple[Row, ...] = tuple(row for group in GROUPS.values() for row in group)
BY_VARIABLE: dict[str, Row] = {row.variable: row for row in ROWS if row.variable is not None}
BY_FLAG: dict[str, Row] = {row.flag: row for row in ROWS if row.flag is not None}
BY_SHORT: dict[str, Row] = {row.short: row for row in ROWS if row.short}
