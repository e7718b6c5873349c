"""What is in the layers of a test image, byte for byte the same on every run?"""

from __future__ import annotations

import functools
import gzip
import hashlib
import io
import subprocess
import tarfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from rig.machine import find_program

if TYPE_CHECKING:
    from collections.abc import Mapping

FOLDERS = ("bin", "dev", "etc", "proc", "root", "sys", "tmp", "usr", "usr/bin", "var", "var/run", "www")
PASSWD = b"root:x:0:0:root:/root:/bin/sh\napp:x:1000:1000:app:/tmp:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n"
GROUP = b"root:x:0:\napp:x:1000:\nnogroup:x:65534:\n"


def digest_of(content: bytes) -> str:
    return "sha256:" + hashlib.sha256(content).hexdigest()


@dataclass(frozen=True)
class Layer:
    """A compressed tar; images name it by `digest` in a manifest and by `diff_id` in a config."""

    content: bytes = field(repr=False)
    diff_id: str

    @functools.cached_property
    def digest(self) -> str:
        return digest_of(self.content)


@functools.cache
def base_layer() -> Layer:
    """busybox, statically linked, under all its names. Two megabytes; every test image shares it."""
    program = Path(find_program("busybox"))
    listed = subprocess.run([program, "--list"], check=True, capture_output=True, text=True).stdout.split()
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name in FOLDERS:
            _add(archive, name, kind=tarfile.DIRTYPE, mode=0o1777 if name == "tmp" else 0o755)
        _add(archive, "bin/busybox", program.read_bytes(), mode=0o755)
        for applet in sorted(set(listed) - {"busybox"}):
            _add(archive, f"bin/{applet}", kind=tarfile.SYMTYPE, target="busybox")
        _add(archive, "etc/passwd", PASSWD)
        _add(archive, "etc/group", GROUP)
    return _compressed(buffer.getvalue())


def file_layer(files: Mapping[str, bytes]) -> Layer:
    """These files, by absolute path; a file below a `bin` folder can be run."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for path, content in sorted(files.items()):
            mode = 0o755 if Path(path).parent.name == "bin" else 0o644
            _add(archive, path.lstrip("/"), content, mode=mode)
    return _compressed(buffer.getvalue())


def _add(
    archive: tarfile.TarFile,
    name: str,
    content: bytes = b"",
    *,
    kind: bytes = tarfile.REGTYPE,
    mode: int = 0o644,
    target: str = "",
) -> None:
    entry = tarfile.TarInfo(name)
    entry.type, entry.mode, entry.linkname, entry.size = kind, mode, target, len(content)
    archive.addfile(entry, io.BytesIO(content))


def _compressed(archive: bytes) -> Layer:
    # No file name and no time in the gzip header: the digest depends on the content alone.
    return Layer(gzip.compress(archive, compresslevel=1, mtime=0), digest_of(archive))
