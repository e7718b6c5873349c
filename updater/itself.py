"""In which container does this program run, if in one? Asked of the kernel, never guessed from an image's name."""

from __future__ import annotations

import logging
import re
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from updater.model.values import parse_boolean
from updater.policy.watchtower_labels import ITSELF

if TYPE_CHECKING:
    from collections.abc import Iterable

    from updater.model.container import ContainerSnapshot
    from updater.policy.terms import Request

LOGGER = logging.getLogger("updater")

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


def in_own_container(request: Request, containers: Iterable[ContainerSnapshot], root: Path = Path("/")) -> Request:
    """The request of a program that runs in this container.

    Whoever put our image in Watchtower's place and kept the label by which Watchtower knows itself gets its default:
    all containers are considered, unless a setting says otherwise.
    """
    known = tuple(containers)
    own_id = own_container(known, root)
    own = next((container for container in known if container.id == own_id), None)
    if own is not None and request.nobody_said_all and _is_true(own.user_labels.get(ITSELF, "")):
        _tell_once()
        return replace(request, own_id=own_id, all=True)
    return replace(request, own_id=own_id)


@cache
def _tell_once() -> None:
    LOGGER.warning(
        "The updater's own container is labelled %s=true, so all containers are considered that do not say"
        " enable=false, as Watchtower does; UPDATER_ALL=false leaves those out that are not opted in.",
        ITSELF,
    )


def _is_true(text: str) -> bool:
    try:
        return parse_boolean(text)
    except ValueError:
        return False


def _read(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""
