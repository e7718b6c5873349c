"""How is a migration written for a person? As it was and as it is here, then to be copied. Pure."""

from __future__ import annotations

import json
import textwrap
from typing import TYPE_CHECKING

from updater.cli.columns import table
from updater.model.wording import printable
from updater.policy.declarations import BY_NAME, DEFAULT_CONFIG
from updater.watchtower.reading import SECRET

if TYPE_CHECKING:
    from collections.abc import Iterator

    from updater.cli.terminal import Terminal
    from updater.watchtower.migration import Labelled, Migration, Source

_NOTHING = (
    "Nothing of Watchtower's was found: no container of its image or with its label, none of its labels on any"
    " container, and none of its variables in this environment. There is nothing to take over."
)
_LONGEST = 10_000  # a value that is cut would be another one
_SECRETS = f"A secret is shown as {SECRET}: put it into a file, and name that in UPDATER_…_FILE, or mount it as it was."


def migration_text(migration: Migration, terminal: Terminal) -> str:
    """Nothing that was found is left out; nothing secret is shown."""
    if not migration.sources and not migration.containers:
        return _wrapped(_NOTHING, terminal)
    parts = [part for source in migration.sources for part in _source(source, terminal)]
    if migration.containers:
        parts += _labels(migration.containers, terminal)
    parts.append(
        _wrapped(
            "Nothing was changed. docs/migrate-from-watchtower.md of the project says what differs on purpose.",
            terminal,
        )
    )
    return "\n".join(parts)


def _source(source: Source, terminal: Terminal) -> Iterator[str]:
    where = f"Watchtower is here as {source.name} ({source.image}, {source.state})."
    yield _wrapped(printable(where if source.name else "This environment has variables of Watchtower's."), terminal)
    rows = list(_rows(source))
    yield table(("IT SAYS", "HERE", "WHY"), rows, terminal) if rows else "It was told nothing.\n"
    if any(SECRET in cell for row in rows for cell in row):
        yield _wrapped(_SECRETS, terminal)
    yield "As a compose service:\n"
    yield _compose(source)
    yield f"The same as a config file ({DEFAULT_CONFIG}):\n"
    yield _config(source)


def _rows(source: Source) -> Iterator[tuple[str, str, str]]:
    for answer in source.translation.answers:
        note = f"not understood: {answer.problem}" if answer.problem else answer.note
        becomes = answer.becomes or (answer.given.as_written if answer.given.row.same else "-")
        yield printable(answer.given.as_written), printable(becomes), printable(note)
    for name in source.translation.unknown:
        yield printable(name), "-", "not known to be Watchtower's"
    if "include" in source.settings:
        yield "(names of containers)", printable(f"UPDATER_INCLUDE={source.settings['include']}"), ""
    if source.translation.all_containers and "all" not in source.translation.settings:
        yield "(its default)", "UPDATER_ALL=true", "leave it out, and containers have to be opted in"
    if source.translation.restricted_by:
        yield "(its default)", "-", f"not followed because of {source.translation.restricted_by}: opt containers in"


def _compose(source: Source) -> str:
    lines = ["services:", "  updater:", "    image: container-updater", "    restart: unless-stopped"]
    if source.environment:
        lines.append("    environment:")
        # Compose replaces what follows a dollar.
        lines += [f"      {name}: {_quoted(text.replace('$', '$$'))}" for name, text in source.environment.items()]
    lines += [
        "    volumes:",
        "      - /var/run/docker.sock:/var/run/docker.sock",
        "      - updater-state:/var/lib/updater",
    ]
    if source.login:
        lines += ["    secrets:", "      - registry_password", "secrets:", "  registry_password:"]
        lines.append("    file: ./registry_password.txt")
    return "\n".join((*lines, "volumes:", "  updater-state:", ""))


def _config(source: Source) -> str:
    lines = [f"{name}: {_scalar(name, text)}" for name, text in source.settings.items()]
    if source.login:
        lines += ["registries:", "  docker.io:", f"    username: {_quoted(SECRET)}"]
        lines.append("    password_file: /run/secrets/registry_password")
    return "\n".join((*(lines or ["{}"]), ""))


def _labels(containers: tuple[Labelled, ...], terminal: Terminal) -> Iterator[str]:
    yield "Labels, which are understood as they stand:\n"
    rows = [
        (
            printable(one.name),
            printable(f"{label.label}={label.value}"),
            "-" if label.becomes is None else printable(f"{label.becomes}={label.text}"),
            printable(label.note or ("the same line" if label.text == SECRET else "")),
        )
        for one in containers
        for label in one.labels
    ]
    yield table(("CONTAINER", "LABEL", "HERE", "WHY"), rows, terminal)


def _scalar(name: str, text: str) -> str:
    return text if BY_NAME[name].is_switch else _quoted(text)


def _quoted(text: str) -> str:
    """As YAML reads it back; JSON is YAML."""
    return json.dumps(printable(text, _LONGEST), ensure_ascii=False)


def _wrapped(text: str, terminal: Terminal) -> str:
    return textwrap.fill(text, terminal.width) + "\n"
