"""Are the wheel and the source archive in dist/ complete, and is nothing in them that does not belong there?"""

from __future__ import annotations

import argparse
import re
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PROJECT = Path(__file__).parents[1]
_NAME = "container_updater"
# What a source archive needs so that the tests and the pages can be made from it.
_IN_SOURCES = (
    "pyproject.toml", "updater/__main__.py", "updater/py.typed", "tests/unit/test_documentation.py",
    "tools/make_tables.py", "docs/index.md", "mkdocs.yml", "Makefile", "LICENSE", "README.md", "CHANGELOG.md",
)  # fmt: skip
_NEVER = re.compile(r"(^|/)(__pycache__|\.venv[^/]*|\.git|dist|site|\.engines|node_modules)(/|$)|\.(pyc|so|key|pem)$")


def declared_version(source: str) -> str:
    """The version that updater/__init__.py says, the one place where it stands."""
    found = re.search(r'^__version__ = "([^"]+)"$', source, re.MULTILINE)
    if found is None:
        raise ValueError("updater/__init__.py says no __version__")
    return found[1]


def wheel_complaints(names: Iterable[str], version: str) -> Iterator[str]:
    """What is wrong with the files of a wheel."""
    names = set(names)
    folder = f"{_NAME}-{version}.dist-info"
    needs = ("updater/__main__.py", "updater/py.typed", f"{folder}/licenses/LICENSE", f"{folder}/entry_points.txt")
    for needed in needs:
        if needed not in names:
            yield f"the wheel lacks {needed}"
    for name in sorted(names):
        if not name.startswith(("updater/", f"{folder}/")) or _NEVER.search(name):
            yield f"{name} does not belong into the wheel"


def source_complaints(names: Iterable[str], version: str) -> Iterator[str]:
    """What is wrong with the files of a source archive."""
    top = f"{_NAME}-{version}/"
    names = set(names)
    yield from (f"the source archive lacks {needed}" for needed in _IN_SOURCES if top + needed not in names)
    for name in sorted(names):
        if not name.startswith(top) or _NEVER.search(name):
            yield f"{name} does not belong into the source archive"


def complaints(dist: Path, version: str) -> Iterator[str]:
    """What is wrong with dist/."""
    wheel, sources = dist / f"{_NAME}-{version}-py3-none-any.whl", dist / f"{_NAME}-{version}.tar.gz"
    found = {path for path in dist.iterdir() if path.name != ".gitignore"}
    if found != {wheel, sources}:
        held = ", ".join(sorted(path.name for path in found))
        yield f"{dist} should hold {wheel.name} and {sources.name}, and holds {held}"
        return
    with zipfile.ZipFile(wheel) as opened:
        yield from wheel_complaints(opened.namelist(), version)
    with tarfile.open(sources) as archive:
        yield from source_complaints((member.name for member in archive if member.isfile()), version)


def main() -> int:
    """Returns the exit code."""
    parser = argparse.ArgumentParser()
    parser.add_argument("dist", type=Path)
    parser.add_argument("--says", help="what the installed program says of its version")
    given = parser.parse_args()
    version = declared_version((PROJECT / "updater/__init__.py").read_text())
    found = list(complaints(given.dist, version))
    if given.says is not None and given.says.split()[-1:] != [version]:
        found.append(f"the program says that it is {given.says!r}, and should be {version}")
    sys.stderr.writelines(f"{line}\n" for line in found)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
