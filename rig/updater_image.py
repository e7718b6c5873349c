"""How is the image that the project ships built on a private engine, with the shipped Dockerfile and no network?"""

from __future__ import annotations

import hashlib
import io
import shutil
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rig.errors import RigError
from rig.python_base import import_python_base

if TYPE_CHECKING:
    from collections.abc import Mapping

PROJECT = Path(__file__).parent.parent
LOCKS = ("requirements.lock", "requirements-build.lock")
SHIPPED = ("Dockerfile", "LICENSE", "README.md", "pyproject.toml", *LOCKS)
BASE = ("updater-base", "rig")
NAME = "container-updater"
BUILD_SECONDS = 300


@dataclass(frozen=True)
class UpdaterImage:
    """The image as an engine has it."""

    reference: str
    image_id: str
    base_id: str


def fetch_wheels(folder: Path = PROJECT / ".engines") -> Path:
    """All locked packages as wheels for this machine's Python, in a folder that is kept for the next time.

    The one step that needs a package index: whichever pip is configured for.
    """
    locked = b"".join((PROJECT / lock).read_bytes() for lock in LOCKS) + sys.version.encode()
    wheels = folder / f"wheels-{hashlib.sha256(locked).hexdigest()[:16]}"
    if wheels.is_dir():
        return wheels
    folder.mkdir(exist_ok=True)
    draft = Path(tempfile.mkdtemp(dir=folder, suffix=".part"))
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", "download", "--no-deps"]
    command += ["--require-hashes", "--only-binary", ":all:", "--dest", str(draft)]
    for lock in LOCKS:
        command += ["--requirement", str(PROJECT / lock)]
    ended = subprocess.run(command, capture_output=True, text=True)
    if ended.returncode:
        raise RigError(f"cannot fetch the locked wheels:\n{ended.stderr}")
    try:
        draft.rename(wheels)
    except OSError:  # another run of tests was sooner, with the same
        shutil.rmtree(draft)
    return wheels


def build_updater_image(
    client: Any,
    wheels: Path,
    tag: str = "rig",
    arguments: Mapping[str, str] | None = None,
    *,
    target: str | None = None,
) -> UpdaterImage:
    """Make a base from this machine's Python, then the image on it (or another stage); the build has no network."""
    base_id = import_python_base(client, *BASE)
    reference = f"{NAME}:{tag}"
    base = {"PYTHON_IMAGE": ":".join(BASE), "OFFLINE": "yes"}
    _build(client, io.BytesIO(_context(wheels)), reference, {**base, **(arguments or {})}, target)
    return UpdaterImage(reference, str(client.inspect_image(reference)["Id"]), base_id)


def build_stand_in_proxy(client: Any, name: str, base: UpdaterImage) -> None:
    """Make `socket_proxy.py` an image of the name that the compose file asks for, on the updater's own."""
    dockerfile = f"""FROM {base.reference}
COPY rig /opt/rig/rig/
ENV PYTHONPATH=/opt/rig
HEALTHCHECK NONE
ENTRYPOINT ["python3", "-m", "rig.socket_proxy"]
"""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        entry = tarfile.TarInfo("Dockerfile")
        entry.size = len(dockerfile)
        archive.addfile(entry, io.BytesIO(dockerfile.encode()))
        archive.add(PROJECT / "rig", "rig", filter=_without_caches)
    buffer.seek(0)
    _build(client, buffer, name, {})


def _build(
    client: Any, context: io.BytesIO, name: str, arguments: Mapping[str, str], target: str | None = None
) -> None:
    lines = client.build(
        fileobj=context,
        custom_context=True,
        tag=name,
        network_mode="none",
        buildargs=dict(arguments),
        target=target or "",
        decode=True,
        rm=True,
        forcerm=True,
        timeout=BUILD_SECONDS,
    )
    said = [line for line in lines if "stream" in line or "error" in line]
    if any("error" in line for line in said):
        text = "".join(line.get("stream") or line.get("error", "") for line in said)
        raise RigError(f"{name} was not built:\n{text[-4000:]}")


def _context(wheels: Path) -> bytes:
    """What `docker build .` would send, as .dockerignore has it, and the wheels."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name in SHIPPED:
            archive.add(PROJECT / name, name)
        archive.add(PROJECT / "updater", "updater", filter=_without_caches)
        archive.add(wheels, "wheels")
    return buffer.getvalue()


def _without_caches(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
    return None if "__pycache__" in entry.name else entry
