"""Do the workflows call what there is, with no more rights than they need?"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

PROJECT = Path(__file__).parents[2]
WORKFLOWS = sorted((PROJECT / ".github/workflows").glob("*.yml"))
TARGETS = set(re.findall(r"^([a-z]+):", (PROJECT / "Makefile").read_text(), re.MULTILINE))
CALL = re.compile(r"(?:sudo )?make ([a-z]+)((?: [A-Z]+=\S.*)?)")
# What a job may write, and which one.
WRITES = {"dist": {"id-token", "attestations"}}


def jobs(workflow: Path) -> dict[str, dict[str, Any]]:
    read = yaml.safe_load(workflow.read_text())
    found = read["jobs"]
    assert isinstance(found, dict)
    return found


def steps(workflow: Path) -> list[dict[str, Any]]:
    return [step for job in jobs(workflow).values() for step in job["steps"]]


def test_there_are_two() -> None:
    assert [workflow.name for workflow in WORKFLOWS] == ["ci.yml", "release.yml"]


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_they_run_nothing_but_what_everybody_can(workflow: Path) -> None:
    runs = [step["run"] for step in steps(workflow) if "run" in step]
    assert runs
    for run in runs:
        call = CALL.fullmatch(run.strip())
        assert call is not None, run
        assert call[1] in TARGETS, run


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_actions_are_named_by_a_version(workflow: Path) -> None:
    for step in steps(workflow):
        assert "run" in step or re.fullmatch(r"[\w-]+/[\w-]+@(v\d+|[0-9a-f]{40})", step["uses"]), step


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_each_job_has_the_least_rights(workflow: Path) -> None:
    assert yaml.safe_load(workflow.read_text())["permissions"] == {}
    for name, job in jobs(workflow).items():
        written = {right for right, level in job["permissions"].items() if level != "read"}
        assert written <= WRITES.get(name, set()), name
        assert job["timeout-minutes"] <= 60
        checkouts = [step for step in job["steps"] if step.get("uses", "").startswith("actions/checkout@")]
        assert all(step["with"]["persist-credentials"] is False for step in checkouts)


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_no_text_from_outside_becomes_a_command(workflow: Path) -> None:
    for step in steps(workflow):
        assert "${{" not in step.get("run", "")


def test_an_image_says_how_and_of_what_it_was_made() -> None:
    release = next(workflow for workflow in WORKFLOWS if workflow.stem == "release")
    build = next(step["with"] for step in steps(release) if step.get("uses", "").startswith("docker/build-push-action"))
    assert build["provenance"] == "mode=max"
    assert build["sbom"] is True
    assert {"linux/amd64", "linux/arm64"} <= set(build["platforms"].split(","))
    assert jobs(release)["image"]["needs"] == ["test", "dist"]


def test_the_image_that_runs_as_root_is_never_the_latest() -> None:
    """What is pulled without a tag is the hardened one, whichever of the two is pushed last."""
    (release,) = [workflow for workflow in WORKFLOWS if workflow.stem == "release"]
    (names,) = [step["with"] for step in steps(release) if step.get("id") == "drop-in-names"]
    assert names["flavor"].split() == ["latest=false", "suffix=-drop-in"]
