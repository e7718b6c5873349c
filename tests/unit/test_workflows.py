"""Do the workflows call what there is, with no more rights than they need?"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

PROJECT = Path(__file__).parents[2]
WORKFLOWS = sorted((PROJECT / ".github/workflows").glob("*.yml"))
RELEASE = PROJECT / ".github/workflows/release.yml"
TARGETS = set(re.findall(r"^([a-z]+):", (PROJECT / "Makefile").read_text(), re.MULTILINE))
CALL = re.compile(r"(?:sudo )?make ([a-z]+)((?: [A-Z]+=\S.*)?)")
ACTION = re.compile(r"uses: [\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
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
def test_actions_are_named_by_their_commit(workflow: Path) -> None:
    """A tag can be moved to other code. The version behind it is for people, and for the bot that renews them."""
    lines = [line.strip(" -") for line in workflow.read_text().splitlines() if "uses:" in line]
    assert len(lines) == len([step for step in steps(workflow) if "uses" in step])
    assert [line for line in lines if not ACTION.fullmatch(line)] == []


def test_an_action_has_one_commit_everywhere() -> None:
    used = {step["uses"] for workflow in WORKFLOWS for step in steps(workflow) if "uses" in step}
    names = [action.partition("@")[0] for action in used]
    assert len(names) == len(set(names))


def test_a_bot_asks_for_newer_actions() -> None:
    (asked,) = yaml.safe_load((PROJECT / ".github/dependabot.yml").read_text())["updates"]
    assert asked["package-ecosystem"] == "github-actions"


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


def builds() -> list[dict[str, Any]]:
    """What a release gives to each build of an image."""
    image = jobs(RELEASE)["image"]
    return [step["with"] for step in image["steps"] if step.get("uses", "").startswith("docker/build-push-action@")]


def test_an_image_says_how_and_of_what_it_was_made() -> None:
    assert [build.get("target") for build in builds()] == [None, "drop-in"]
    for build in builds():
        assert build["provenance"] == "mode=max"
        assert build["sbom"] is True
        assert set(build["platforms"].split(",")) == {"linux/amd64", "linux/arm64"}
    assert jobs(RELEASE)["image"]["needs"] == ["test", "dist"]


def test_an_image_is_built_on_the_base_that_was_asked_for_and_on_no_other() -> None:
    first = jobs(RELEASE)["test"]
    (asks,) = [step for step in first["steps"] if step.get("run", "").startswith("make release ")]
    assert asks["run"].endswith(' BASE="$PYTHON_DIGEST"')
    assert asks["env"]["PYTHON_DIGEST"] == first["outputs"]["base"] == "${{ vars.PYTHON_DIGEST }}"
    assert {build["build-args"] for build in builds()} == {"PYTHON_DIGEST=${{ needs.test.outputs.base }}"}


def test_the_image_that_runs_as_root_is_never_the_latest() -> None:
    """What is pulled without a tag is the hardened one, whichever of the two is pushed last."""
    (names,) = [step["with"] for step in steps(RELEASE) if step.get("id") == "drop-in-names"]
    assert names["flavor"].split() == ["latest=false", "suffix=-drop-in"]
