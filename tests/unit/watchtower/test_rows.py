"""Every variable and flag of Watchtower's: what it becomes, or one line that says why it does not."""

from __future__ import annotations

import pytest

from updater.configuration import resolve
from updater.errors import InvalidSetting
from updater.policy.declarations import BY_NAME
from updater.watchtower.reading import read
from updater.watchtower.row import PREFIX, Row
from updater.watchtower.rows import BY_FLAG, BY_VARIABLE, GROUPS, ROWS
from updater.watchtower.translation import translate

# Variable, value, our setting, its text; None where the value says nothing.
BECOMES: tuple[tuple[str, str, str, str | None], ...] = (
    ("LABEL_ENABLE", "true", "all", "false"),
    ("LABEL_ENABLE", "0", "all", "true"),
    ("DISABLE_CONTAINERS", "db,cache", "exclude", "db,cache"),
    ("DISABLE_CONTAINERS", "db cache, /web", "exclude", "db,cache,web"),
    ("DISABLE_CONTAINERS", "web-.*", "exclude", "web-*"),
    ("DISABLE_CONTAINERS", "^db-.*|cache$", "exclude", "db-*,cache"),
    ("DISABLE_CONTAINERS", r"a\.b", "exclude", "a.b"),
    ("DISABLE_CONTAINERS_BY_LABEL", "tier=front, backup=true", "exclude", "label:tier=front,label:backup=true"),
    ("ENABLE_CONTAINERS_BY_LABEL", "tier=front", "include", "label:tier=front"),
    ("SCOPE", "prod", "scope", "prod"),
    ("SCOPE", "none", "scope", "none"),
    ("INCLUDE_STOPPED", "T", "include_stopped", "true"),
    ("POLL_INTERVAL", "86400", "schedule", "@every 1d"),
    ("POLL_INTERVAL", "300", "schedule", "@every 5m"),
    ("POLL_INTERVAL", "90061", "schedule", "@every 1d1h1m1s"),
    ("POLL_INTERVAL", "30", "schedule", "@every 1m"),
    ("SCHEDULE", "0 0 4 * * *", "schedule", "0 4 * * *"),
    ("SCHEDULE", "30 */15 2-4 ? JAN-MAR MON", "schedule", "*/15 2-4 * JAN-MAR MON"),
    ("SCHEDULE", "0 4 * * *", "schedule", "4 * * * *"),
    ("SCHEDULE", "@daily", "schedule", "@daily"),
    ("SCHEDULE", "@every 1h30m", "schedule", "@every 1h30m"),
    ("SCHEDULE", "@every 24h0m0s", "schedule", "@every 1d"),
    ("SCHEDULE", "@every 10s", "schedule", "@every 1m"),
    ("UPDATE_ON_START", "true", "check_at_start", "true"),
    ("COOLDOWN_DELAY", "3d12h", "min_age", "3d12h"),
    ("COOLDOWN_DELAY", "1M", "min_age", "30d"),
    ("COOLDOWN_DELAY", "0", "min_age", "0"),
    ("CLEANUP", "true", "cleanup", "true"),
    ("CLEANUP", "FALSE", "cleanup", "false"),
    ("MONITOR_ONLY", "1", "monitor_only", "true"),
    ("NO_PULL", "true", "monitor_only", "true"),
    ("NO_PULL", "false", "monitor_only", None),
    ("TIMEOUT", "30s", "stop_timeout", "30s"),
    ("TIMEOUT", "60", "stop_timeout", "1m"),
    ("TIMEOUT", "1.5h", "stop_timeout", "1h30m"),
    ("TIMEOUT", "1m500ms", "stop_timeout", "1m1s"),
    ("LOG_LEVEL", "fatal", "log_level", "error"),
    ("LOG_LEVEL", "Warn", "log_level", "warning"),
    ("LOG_LEVEL", "trace", "log_level", "debug"),
    ("DEBUG", "true", "log_level", "debug"),
    ("DEBUG", "false", "log_level", None),
    ("TRACE", "true", "log_level", "debug"),
    ("LOG_FORMAT", "Auto", "log_format", "text"),
    ("LOG_FORMAT", "LogFmt", "log_format", "text"),
    ("LOG_FORMAT", "JSON", "log_format", "json"),
)
BAD: tuple[tuple[str, str, str], ...] = (
    ("LABEL_ENABLE", "yes", "true or false"),
    ("CLEANUP", "'true'", "true or false"),
    ("POLL_INTERVAL", "5m", "seconds"),
    ("POLL_INTERVAL", "0", "seconds"),
    ("POLL_INTERVAL", "-1", "seconds"),
    ("POLL_INTERVAL", "999999999", "ten years"),
    ("SCHEDULE", "*/10 0 4 * * *", "'0 4 * * *' is good"),
    ("SCHEDULE", "*/5 * * * *", "'* * * * *' is good"),
    ("SCHEDULE", "60 0 4 * * *", "seconds"),
    ("SCHEDULE", "0 0 25 * * *", "'25' as hour"),
    ("SCHEDULE", "0 4", "six fields"),
    ("SCHEDULE", "TZ=UTC 0 0 4 * * *", "variable TZ"),
    ("SCHEDULE", "@fortnightly", "@daily"),
    ("SCHEDULE", "@every soon", "not a duration"),
    ("DISABLE_CONTAINERS", "(a|b)c", "globs"),
    ("DISABLE_CONTAINERS", ",", "globs"),
    ("ENABLE_CONTAINERS_BY_LABEL", "tier", "label=value"),
    ("COOLDOWN_DELAY", "soon", "3d"),
    ("TIMEOUT", "soon", "90s"),
    ("LOG_LEVEL", "loud", "panic"),
    ("LOG_FORMAT", "xml", "JSON"),
)


@pytest.mark.parametrize(("name", "value", "setting", "text"), BECOMES)
def test_what_a_variable_becomes(name: str, value: str, setting: str, text: str | None) -> None:
    assert translate(read({PREFIX + name: value})).settings == ({} if text is None else {setting: text})
    settings = resolve({}, {PREFIX + name: value})
    assert settings[setting] == (BY_NAME[setting].default if text is None else BY_NAME[setting].parse(text))
    hints = [line for line in settings.warnings if line.startswith(PREFIX + name)]
    assert len(hints) == 1
    assert "is understood" in hints[0]
    assert text is None or BY_NAME[setting].variable in hints[0]


@pytest.mark.parametrize(("name", "value", "must_name"), BAD)
def test_a_bad_value_names_the_variable_and_the_good_ones(name: str, value: str, must_name: str) -> None:
    with pytest.raises(InvalidSetting) as caught:
        resolve({}, {PREFIX + name: value})
    assert PREFIX + name in str(caught.value)
    assert must_name in str(caught.value)


def test_every_row_that_becomes_something_stands_in_the_table_above() -> None:
    mapped = {row.variable for row in ROWS if row.setting is not None and row.variable is not None}
    assert mapped == {PREFIX + name for name, *_ in BECOMES}
    assert {row.flag for row in ROWS if row.setting is not None and row.variable is None} == {"--host"}


@pytest.mark.parametrize("row", [row for row in ROWS if row.setting is None], ids=lambda row: row.variable or row.flag)
def test_what_becomes_nothing_has_its_reason_in_one_line(row: Row) -> None:
    assert row.remark
    assert not row.remark.endswith(".")
    if row.variable is None or not row.variable.startswith(PREFIX) or row.same:
        return
    settings = resolve({}, {row.variable: "hush"})
    hints = [line for line in settings.warnings if row.variable in line and "changes nothing here" in line]
    assert len(hints) == 1
    assert row.remark in hints[0]
    assert not any("hush" in line for line in settings.warnings)


def test_a_variable_that_is_read_under_its_own_name_is_said_to_be() -> None:
    (hint,) = [line for line in resolve({}, {"WATCHTOWER_RUN_ONCE": "true"}).warnings if "RUN_ONCE" in line]
    assert hint.startswith("WATCHTOWER_RUN_ONCE=true is understood: ")


def test_the_names_are_distinct() -> None:
    assert len(BY_VARIABLE) == sum(row.variable is not None for row in ROWS)
    assert len(BY_FLAG) == sum(row.flag is not None for row in ROWS)
    shorts = [row.short for row in ROWS if row.short]
    assert len(set(shorts)) == len(shorts)
    assert sum(len(group) for group in GROUPS.values()) == len(ROWS)


SECRET_NAMES = ("TOKEN", "PASS", "URL", "HOOK", "USER", "KEY_PATH")


def test_what_may_be_a_secret_is_never_shown() -> None:
    for row in ROWS:
        name = row.variable or row.flag or ""
        if any(part in name for part in SECRET_NAMES) and "LIFECYCLE" not in name:
            assert row.secret or row.variable is None, name
