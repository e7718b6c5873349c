"""Is all in order to publish under this tag? Version, changelog and tag say the same; the base is pinned."""

from __future__ import annotations

import argparse
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
_PIN = re.compile(r"@sha256:[0-9a-f]{64}")


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


def floating(base: str) -> Iterator[str]:
    """Why an image on this base would be built on something that nobody has looked at."""
    if not base:
        yield (
            "the image's base is not pinned, and would be whatever its tag names at that moment; set the repository's "
            "variable PYTHON_DIGEST (by hand: BASE=) to @sha256: and the 64 digits of the base's digest"
        )
    elif not _PIN.fullmatch(base):
        yield f"the image's base is pinned to {base!r}; good is @sha256: and 64 digits 0-9 a-f"


def main() -> int:
    """Returns the exit code."""
    parser = argparse.ArgumentParser()
    parser.add_argument("tag")
    parser.add_argument("--base", help="what the build is given as PYTHON_DIGEST; if it is not given, nobody asks")
    given = parser.parse_args()
    version = declared_version((PROJECT / "updater/__init__.py").read_text())
    changelog = (PROJECT / "CHANGELOG.md").read_text()
    found = list(disagreements(version, changelog))
    if given.tag != f"v{version}":
        found.append(f"the tag is {given.tag!r}, and should be 'v{version}'; name it with TAG=v{version}")
    if given.base is not None:
        found += floating(given.base)
    if unreleased(changelog):
        found.append("CHANGELOG.md: there are changes under [Unreleased]; put them under the version")
    sys.stderr.writelines(f"{line}\n" for line in found)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
