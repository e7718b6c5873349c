"""Is all in order to publish under this tag? The version, the changelog and the tag have to say the same."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tools.check_dist import declared_version

if TYPE_CHECKING:
    from collections.abc import Iterator

PROJECT = Path(__file__).parents[1]
_HEADING = re.compile(r"^## \[(?P<name>[^\]]+)\](?: - (?P<day>\S+))?$", re.MULTILINE)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def versions(changelog: str) -> list[tuple[str, str | None]]:
    """The versions of a changelog and their days, newest first; what is not released yet is none."""
    found = ((heading["name"], heading["day"]) for heading in _HEADING.finditer(changelog))
    return [(name, day) for name, day in found if name != "Unreleased"]


def disagreements(version: str, changelog: str) -> Iterator[str]:
    """Where the changelog does not go with the version."""
    listed = versions(changelog)
    if not listed or listed[0][0] != version:
        newest = listed[0][0] if listed else "none"
        yield f"updater/__init__.py says {version}, and the newest version in CHANGELOG.md is {newest}"
    for name, day in listed:
        if day is None or not _DAY.fullmatch(day):
            yield f"CHANGELOG.md: {name} has no day; write ## [{name}] - 2026-11-23"
    numbers = [tuple(int(part) for part in name.split(".")) for name, _ in listed]
    if numbers != sorted(set(numbers), reverse=True):
        yield "CHANGELOG.md: the versions are not in order, newest first"


def unreleased(changelog: str) -> str:
    """What the changelog has above its newest version."""
    return changelog.partition("## [Unreleased]\n")[2].partition("\n## [")[0].strip()


def main() -> int:
    """Returns the exit code."""
    tag = sys.argv[1] if len(sys.argv) > 1 else ""
    version = declared_version((PROJECT / "updater/__init__.py").read_text())
    changelog = (PROJECT / "CHANGELOG.md").read_text()
    found = list(disagreements(version, changelog))
    if tag != f"v{version}":
        found.append(f"the tag is {tag!r}, and should be 'v{version}'; name it with TAG=v{version}")
    if unreleased(changelog):
        found.append("CHANGELOG.md: there are changes under [Unreleased]; put them under the version")
    sys.stderr.writelines(f"{line}\n" for line in found)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
