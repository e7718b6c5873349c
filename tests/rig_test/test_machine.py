"""Does a machine that cannot run the rig learn why, in plain words?"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from rig import Namespaces, RigError
from rig.machine import PACKAGE_OF, find_program, require_programs

PROJECT = Path(__file__).parent.parent.parent
NOBODY = "65534"


def test_a_user_who_is_not_root_is_told_so() -> None:
    script = "from rig import Namespaces, RigError\ntry:\n    Namespaces()\nexcept RigError as error:\n    print(error)"
    command = ["setpriv", "--reuid", NOBODY, "--regid", NOBODY, "--clear-groups", sys.executable, "-c", script]
    ended = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True)
    assert ended.stdout.startswith("needs root for the private engine")


@pytest.mark.parametrize(("program", "package"), PACKAGE_OF.items())
def test_a_missing_program_is_named_with_its_package(program: str, package: str, tmp_path: Path) -> None:
    with pytest.raises(RigError, match=rf"^{program} is missing: install it with `apt-get install {package}`"):
        require_programs([program], str(tmp_path))


@pytest.mark.parametrize("program", PACKAGE_OF)
def test_this_machine_has_all_programs(program: str) -> None:
    assert Path(find_program(program)).is_file()


def test_a_kernel_that_refuses_namespaces_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    # Root without the privilege to make namespaces: what a container without --privileged gives.
    script = "from rig import Namespaces, RigError\ntry:\n    Namespaces()\nexcept RigError as error:\n    print(error)"
    command = ["setpriv", "--bounding-set", "-sys_admin", "--inh-caps", "-sys_admin", sys.executable, "-c", script]
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    ended = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True, env=environment)
    assert "no private namespaces on this machine: no pid namespace: Operation not permitted" in ended.stdout
    assert list(tmp_path.iterdir()) == []


def test_a_failing_first_process_leaves_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = tmp_path / "with space and 'quote"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    with Namespaces() as namespaces:
        assert namespaces.directory.parent == folder
    assert list(folder.iterdir()) == []
