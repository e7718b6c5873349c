"""Which tables of the documents are made from the code, and how? `make tables` writes them, a test compares them.

A table stands between two comments, `<!-- NAME: … -->` and `<!-- end of NAME -->`; the rest of a page is by hand.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from updater.engine.rights import CALLS, patterns
from updater.model.control_labels import WATCHTOWER_PREFIX
from updater.policy import rules, scope
from updater.policy.declarations import ALL, BY_NAME, LABELS, SETTINGS, WATCHTOWER_LABELS
from updater.policy.watchtower_labels import IGNORED, LEFT_ALONE, NO_PULL, NO_PULL_MEANS
from updater.watchtower.rows import GROUPS
from updater.watchtower.values import (
    cooldown,
    globs,
    go_duration,
    labels,
    log_format,
    log_level,
    opposite,
    poll_interval,
    schedule,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from updater.policy.declarations import Setting
    from updater.watchtower.row import Carry, Row

PROJECT = Path(__file__).parents[1]
_MADE = "made by `make tables`; a test keeps them the same"
_NOTHING = "–"  # noqa: RUF001 - a dash, as in the tables made by hand
_CODE = re.compile(r"(`[^`]+`)")


def settings_table() -> str:
    """All settings that there are once for the whole program."""
    return _table(
        ("setting", "default", "meaning", "good values"),
        ((_spellings(setting), _default(setting), _text(setting.help), _good(setting)) for setting in SETTINGS),
    )


def container_settings_table() -> str:
    """The settings that only a single container has."""
    only = [setting for setting in ALL if setting.per_container and not setting.everywhere]
    return _table(
        ("setting", "default", "meaning", "good values"),
        ((f"`{one.name}:`<br>`{one.label}`", _default(one), _text(one.help), _good(one)) for one in only),
    )


def labels_table() -> str:
    """All labels, each with the setting that it sets."""
    return _table(
        ("label", "meaning", "sets", "good values", "Watchtower's label"),
        (
            (
                f"`{label}`",
                _text(setting.help),
                f"`{setting.name}`",
                _good(setting),
                f"`{WATCHTOWER_PREFIX}{setting.watchtower}`" if setting.watchtower else _NOTHING,
            )
            for label, setting in LABELS.items()
        ),
    )


def watchtower_labels_table() -> str:
    """All of Watchtower's labels, and what becomes of each."""
    mapped = [
        (f"`{key}`", f"`{setting.label}`" + (f", from {setting.good_watchtower}" if setting.good_watchtower else ""))
        for key, setting in WATCHTOWER_LABELS.items()
    ]
    ignored = [(f"`{key}`", f"ignored: {_text(why)}") for key, why in IGNORED.items()]
    left = [(f"`{key}`", f"the container is left alone: {_text(why)}") for key, why in LEFT_ALONE.items()]
    return _table(("Watchtower's label", "here"), (*mapped, (f"`{NO_PULL}`", _text(NO_PULL_MEANS)), *ignored, *left))


def watchtower_rows_tables() -> str:
    """All of Watchtower's variables and flags, and what becomes of each."""
    parts = (
        f"\n### {group}\n\n{_table(('variable', 'flag', 'here'), [_row(row) for row in rows])}"
        for group, rows in GROUPS.items()
    )
    return "".join(parts) + "\n"


def first_questions() -> str:
    """What is asked before a registry is, in its order."""
    return _numbered(rule.question for rule in scope.RULES)


def later_questions() -> str:
    """What is asked once it is known what is published, in its order."""
    return _numbered(rule.question for rule in rules.RULES)


def calls_table() -> str:
    """All calls to the engine, and what lets them pass."""
    return _table(
        ("call", "for", "flags", "why"),
        (
            (f"`{call.method} {call.path}`", call.use, " ".join(f"`{flag}`" for flag in call.flags), _text(call.why))
            for call in CALLS
        ),
    )


def expressions() -> str:
    """The same for a proxy that asks in regular expressions."""
    lines = "".join(f"- '-allow{method}={expression}'\n" for method, expression in patterns(CALLS))
    return f"```yaml\n{lines}```\n"


def with_tables(page: str, tables: dict[str, Callable[[], str]]) -> str:
    """The page with these tables made anew; raises ValueError where it has no place for one."""
    for name, make in tables.items():
        begin, end = f"<!-- {name}: {_MADE} -->\n", f"<!-- end of {name} -->\n"
        before, opened, below = page.partition(begin)
        _, closed, after = below.partition(end)
        if not opened or not closed:
            raise ValueError(f"there is no place for the table {name}")
        page = f"{before}{begin}{make()}{end}{after}"
    return page


# How a value is written here where it is not as it was.
_CARRIED: dict[Carry, str] = {
    opposite: ", turned around: `true` is `false`",
    poll_interval: ": `300` is `@every 5m`, a minute is the shortest",
    schedule: ": `0 30 3 * * *` is `30 3 * * *`, without the seconds",
    globs: ": names; of patterns those that a glob can say, `web-.*` is `web-*`",
    labels: ": `tier=front` is `label:tier=front`",
    cooldown: ": `1M` is `30d`",
    go_duration: ": to the second",
    log_level: ": panic and fatal are error, trace is debug",
    log_format: ": JSON, and text for all others",
}
PAGES: dict[str, dict[str, Callable[[], str]]] = {
    "docs/settings.md": {"settings": settings_table, "container settings": container_settings_table},
    "docs/labels.md": {"labels": labels_table, "Watchtower's labels": watchtower_labels_table},
    "docs/how-it-decides.md": {"first questions": first_questions, "later questions": later_questions},
    "docs/security.md": {"calls": calls_table, "expressions": expressions},
    "docs/migrate-from-watchtower.md": {
        "Watchtower's variables": watchtower_rows_tables,
        "Watchtower's labels": watchtower_labels_table,
    },
}


def _row(row: Row) -> tuple[str, str, str]:
    variable = f"`{row.variable}`" if row.variable else _NOTHING
    flag = f"`{row.flag}`" + (f" `-{row.short}`" if row.short else "") if row.flag else _NOTHING
    carried = _CARRIED.get(row.carry, "")
    setting = f"`{BY_NAME[row.setting].variable}`{carried}" if row.setting else ""
    return variable, flag, "; ".join(part for part in (setting, _text(row.remark)) if part)


def _spellings(setting: Setting) -> str:
    flag = f"`{setting.flag}`" + (f" `--no-{setting.flag.removeprefix('--')}`" if setting.is_switch else "")
    key = [] if setting.name == "config" else [f"`{setting.name}:`"]
    return "<br>".join((*key, flag, f"`{setting.variable}`", *([f"`{setting.label}`"] if setting.label else [])))


def _default(setting: Setting) -> str:
    if setting.default is None or setting.default == ():
        return _NOTHING
    shown = setting.show(setting.default)
    return ", ".join(f"`{part}`" for part in shown.split(",")) if setting.separator == "," else f"`{shown}`"


def _good(setting: Setting) -> str:
    return f"{_text(setting.good)}<br>`{_cell(setting.example)}`"


def _text(text: str) -> str:
    """Prose for a cell: outside of code, an asterisk is no markup."""
    parts = _CODE.split(text)
    return _cell("".join(part if part.startswith("`") else part.replace("*", r"\*") for part in parts))


def _cell(text: str) -> str:
    return text.replace("|", r"\|")


def _table(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = (heading, ["---"] * len(heading), *rows)
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def _numbered(lines: Iterable[str]) -> str:
    return "".join(f"{number}. {line}\n" for number, line in enumerate(lines, 1))


def main() -> None:
    """Write them."""
    for name, tables in PAGES.items():
        path = PROJECT / name
        page = path.read_text()
        made = with_tables(page, tables)
        if made != page:
            path.write_text(made)
            sys.stdout.write(f"{name} is made anew\n")


if __name__ == "__main__":
    main()
