"""How is a base image with Python in it made on the spot, where no image registry can be reached?

From the machine's own Python: the interpreter, its standard library, pip and the shared libraries they need, each at
the path where the machine has it. It stands in for python:3.13-slim: as there, `python3` and pip are on the PATH,
busybox gives a shell, and no bytecode is in it. Two seconds, and nothing is fetched.
"""

from __future__ import annotations

import io
import re
import subprocess
import sys
import sysconfig
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pip

from rig.machine import find_program

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SEARCH_PATH = "/usr/local/bin:/usr/bin:/bin"
_LEFT_OUT = {"__pycache__", "EXTERNALLY-MANAGED", "dist-packages", "site-packages", "test", "tests", "tkinter"}
# Wheels for "manylinux" may count on these.
_FOR_WHEELS = ("libgcc_s.so.1", "libstdc++.so.6", "libpthread.so.0", "libdl.so.2", "librt.so.1", "libm.so.6")
_LIBRARY = re.compile(r"^\s*(?:\S+ => )?(/\S+) \(0x", re.MULTILINE)
_FILES = {
    "etc/passwd": b"root:x:0:0:root:/root:/bin/sh\n",
    "etc/group": b"root:x:0:\n",
    "etc/nsswitch.conf": b"hosts: files dns\n",
}
_FOLDERS = ("dev", "etc", "opt", "proc", "root", "sys", "var", "var/lib", "var/tmp")
_APPLETS = ("cat", "chmod", "chown", "echo", "id", "ls", "mkdir", "rm", "sh", "touch")


def import_python_base(client: Any, repository: str, tag: str) -> str:
    """Give an engine the image; returns its id."""
    reference = f"{repository}:{tag}"
    # One argument of the SDK's own would be a path on disk, and the archive is in memory only.
    client.import_image_from_data(_archive(), repository=repository, tag=tag, changes=[f"ENV PATH={SEARCH_PATH}"])
    return str(client.inspect_image(reference)["Id"])


def _archive() -> bytes:
    interpreter = Path(sys.executable).resolve()
    library = Path(sysconfig.get_path("stdlib"))
    files = dict(_tree(library, library))
    files |= dict(_tree(Path(pip.__file__).parent, _packages_folder(interpreter) / "pip"))
    files |= dict(_tree(_pip_metadata(), _packages_folder(interpreter) / _pip_metadata().name))
    files[interpreter] = interpreter
    extensions = [path for path in files.values() if path.suffix == ".so"]
    files |= {path: path for path in _libraries([interpreter, *extensions])}
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for folder in _FOLDERS:
            _add_folder(archive, folder)
        _add_folder(archive, "tmp", 0o1777)
        for name, content in _FILES.items():
            _add_file(archive, name, content)
        _add_file(archive, "bin/busybox", Path(find_program("busybox")).read_bytes(), 0o755)
        for applet in _APPLETS:
            _add_link(archive, f"bin/{applet}", "busybox")
        for path, source in sorted(files.items()):
            _add_file(
                archive, str(path).lstrip("/"), source.read_bytes(), 0o755 if source.stat().st_mode & 1 else 0o644
            )
        for name in ("python", "python3"):
            if Path(f"/usr/bin/{name}") not in files:
                _add_link(archive, f"usr/local/bin/{name}", str(interpreter))
    return buffer.getvalue()


def _tree(folder: Path, place: Path) -> Iterator[tuple[Path, Path]]:
    """Every file below a folder: where it is to be, and where it is."""
    for source in folder.rglob("*"):
        inner = source.relative_to(folder)
        if source.is_file() and source.suffix != ".a" and not _LEFT_OUT.intersection(inner.parts):
            yield place / inner, source


def _packages_folder(interpreter: Path) -> Path:
    """Where this interpreter, outside of any virtual environment, looks for packages first."""
    code = "import site; print(site.getsitepackages()[0])"
    return Path(
        subprocess.run([interpreter, "-I", "-c", code], check=True, capture_output=True, text=True).stdout.strip()
    )


def _pip_metadata() -> Path:
    return next(Path(pip.__file__).parents[1].glob("pip-*.dist-info"))


def _libraries(programs: Iterable[Path]) -> set[Path]:
    """The shared libraries of these programs, and the loader; by the paths at which they are looked for."""
    listed = subprocess.run(["ldd", *programs], check=True, capture_output=True, text=True).stdout
    known = subprocess.run([find_program("ldconfig"), "-p"], check=True, capture_output=True, text=True).stdout
    machine = next(Path(path).parent for path in _LIBRARY.findall(listed) if "/libc.so" in path)
    wanted = {Path(path) for path in _LIBRARY.findall(listed)}
    for name in _FOR_WHEELS:
        found = [Path(line.split(" => ")[1]) for line in known.splitlines() if line.strip().startswith(f"{name} ")]
        wanted |= {path for path in found if path.parent.name == machine.name}
    return wanted


def _add_folder(archive: tarfile.TarFile, name: str, mode: int = 0o755) -> None:
    entry = tarfile.TarInfo(name)
    entry.type, entry.mode = tarfile.DIRTYPE, mode
    archive.addfile(entry)


def _add_file(archive: tarfile.TarFile, name: str, content: bytes, mode: int = 0o644) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(content), mode
    archive.addfile(entry, io.BytesIO(content))


def _add_link(archive: tarfile.TarFile, name: str, target: str) -> None:
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname = tarfile.SYMTYPE, target
    archive.addfile(entry)
