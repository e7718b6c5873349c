"""In which container does this program run, if in one? Asked of the kernel, never guessed from an image's name."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from updater.model.container import ContainerSnapshot

_LONG_ID = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
_SHORT_ID = re.compile(r"[0-9a-f]{12}")
# The engine mounts /etc/hostname and its like from the container's own folder; with cgroup v1 the path tells, too.
_TELLING = ("/proc/self/mountinfo", "/proc/self/cgroup")


def own_container(containers: Iterable[ContainerSnapshot], root: Path = Path("/")) -> str | None:
    """The id of the container this process runs in, confirmed by the engine's own list; None outside of any."""
    if not (root / ".dockerenv").exists() and not (root / "run/.containerenv").exists():
        return None
    named = {found for path in _TELLING for found in _LONG_ID.findall(_read(root / path.lstrip("/")))}
    hostname = _read(root / "etc/hostname").strip()
    return next(
        (
            container.id
            for container in containers
            if container.id in named or (_SHORT_ID.fullmatch(hostname) and container.id.startswith(hostname))
        ),
        None,
    )


def _read(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""
