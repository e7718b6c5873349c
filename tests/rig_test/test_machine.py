"""Does a machine that cannot run the rig learn why, in plain words?"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from rig import Namespaces, PrivateEngine, RigError
from rig.machine import PACKAGE_OF, SEARCH_PATH, find_program, require_programs

PROJECT = Path(__file__).parent.parent.parent


def test_a_user_who_is_not_root_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    with pytest.raises(RigError, match=r"^needs root for the private engine \(this process runs as user 1000\)$"):
        Namespaces()


@pytest.mark.parametrize(("program", "package"), PACKAGE_OF.items())
def test_a_missing_program_is_named_with_its_package(program: str, package: str, tmp_path: Path) -> None:
    with pytest.raises(RigError, match=rf"^{program} is missing: install it with `apt-get install {package}`"):
        require_programs([program], str(tmp_path))


@pytest.mark.parametrize("program", PACKAGE_OF)
def test_this_machine_has_all_programs(program: str) -> None:
    assert Path(find_program(program)).is_file()


def test_a_kernel_that_refuses_namespaces_is_named(tmp_path: Path) -> None:
    # Root without the privilege to make namespaces: what a container without --privileged gives.
    script = "from rig import Namespaces, RigError\ntry:\n    Namespaces()\nexcept RigError as error:\n    print(error)"
    command = ["setpriv", "--bounding-set", "-sys_admin", "--inh-caps", "-sys_admin", sys.executable, "-c", script]
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    ended = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True, env=environment)
    assert "no private namespaces on this machine: no pid namespace: Operation not permitted" in ended.stdout
    assert list(tmp_path.iterdir()) == []


def test_a_first_process_that_fails_is_quoted_and_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    programs, folder = tmp_path / "programs", tmp_path / "folder"
    programs.mkdir()
    folder.mkdir()
    (programs / "ip").write_text("#!/bin/sh\necho no such device >&2\nexit 1\n")
    (programs / "ip").chmod(0o755)
    monkeypatch.setattr("rig.namespaces.SEARCH_PATH", f"{programs}:{SEARCH_PATH}")
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    with pytest.raises(RigError, match="no private namespaces on this machine: no such device"):
        Namespaces()
    assert list(folder.iterdir()) == []


def test_the_data_folder_may_be_anywhere_a_socket_fits(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    odd = tmp_path / "with space and 'quote"
    odd.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(odd))
    with Namespaces() as namespaces:
        assert namespaces.directory.parent == odd
    deep = tmp_path / ("d" * 100)
    deep.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(deep))
    with Namespaces() as namespaces, pytest.raises(RigError, match="too long, set a shorter TMPDIR"):
        PrivateEngine(namespaces)
    assert list(odd.iterdir()) + list(deep.iterdir()) == []
