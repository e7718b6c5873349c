"""What the container image is made of: the locked files fit pyproject.toml, and the Dockerfile takes nothing else."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

PROJECT = Path(__file__).parents[2]
PYPROJECT = tomllib.loads((PROJECT / "pyproject.toml").read_text())
RUNS = ("requirements.lock", PYPROJECT["project"]["dependencies"])
BUILDS = ("requirements-build.lock", PYPROJECT["build-system"]["requires"])
BOTH = pytest.mark.parametrize(("lock", "wanted"), [RUNS, BUILDS], ids=["runs", "builds"])
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


def entries(lock: str) -> list[tuple[Requirement, list[str]]]:
    """Each requirement of a locked file, and its hashes."""
    text = (PROJECT / lock).read_text()
    lines = re.sub(r"\\\n", " ", re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE)).splitlines()
    return [(Requirement(line.partition(" --hash")[0].strip()), HASH.findall(line)) for line in lines if line.strip()]


def locked(lock: str) -> dict[str, Version]:
    return {canonicalize_name(one.name): Version(next(iter(one.specifier)).version) for one, _ in entries(lock)}


@BOTH
def test_every_package_has_one_version_and_its_hashes(lock: str, wanted: list[str]) -> None:
    for requirement, hashes in entries(lock):
        assert [one.operator for one in requirement.specifier] == ["=="], requirement
        assert hashes, requirement
        assert requirement.url is None
        assert requirement.marker in (None, Marker("sys_platform == 'linux'"))


@BOTH
def test_it_fits_the_project(lock: str, wanted: list[str]) -> None:
    """`make lock` was run; that nothing is missing further down is for `pip check`, when the image is built."""
    versions = locked(lock)
    for requirement in map(Requirement, wanted):
        version = versions[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(version, prereleases=True), f"run `make lock`: {requirement}"


@BOTH
def test_every_package_is_there_for_a_reason(lock: str, wanted: list[str]) -> None:
    """Nothing is left of a dependency that is gone: each says who needs it, and that one is there."""
    known = {*locked(lock), canonicalize_name(PYPROJECT["project"]["name"]), "pyproject-toml"}
    reasons = re.findall(r"# via (.+)", (PROJECT / lock).read_text())
    assert len(reasons) == len(entries(lock))
    for reason in reasons:
        names = {canonicalize_name(name.partition(" ")[0]) for name in reason.split(", ")}
        assert names <= {name.replace(".", "-") for name in known}, reason


@BOTH
def test_no_address_of_an_index_is_in_it(lock: str, wanted: list[str]) -> None:
    text = (PROJECT / lock).read_text()
    assert "://" not in text
    assert "index-url" not in text


def test_the_dockerfile_takes_what_is_locked_and_needs_no_buildkit() -> None:
    text = (PROJECT / "Dockerfile").read_text()
    code = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    for install in re.findall(r"pip [^&]*\binstall\b[^&]*", code):
        assert "--no-deps" in install
        assert "--require-hashes" in install or "--no-index" in install
    for syntax in ("--mount", "--chmod", "--link", "<<", "syntax="):
        assert syntax not in text
    assert "://" not in code
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", code, re.MULTILINE)
    kept = {line[1:] for line in (PROJECT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert {name.replace("[s]", "s") for line in copied for name in line.split()} == kept
