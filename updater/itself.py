"""In which container does this program run, if in one? Asked of the kernel, never guessed from an image's name."""

from __future__ import annotations

import logging
import re
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from updater import heartbeat
from updater.model.values import parse_boolean
from updater.policy.watchtower_labels import ITSELF

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from updater.model.container import ContainerSnapshot
    from updater.policy.terms import Request

LOGGER = logging.getLogger("updater")

_LONG_ID = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
_SHORT_ID = re.compile(r"[0-9a-f]{12}")
# The engine mounts these from the container's own folder. Other mounts may name other containers: whoever has the
# host's root mounted sees all of theirs.
_OWN_FILES = frozenset({"/etc/hostname", "/etc/hosts", "/etc/resolv.conf"})
_ROOT_FIELD, _PLACE_FIELD, _AFTER_DASH = 3, 4, " - "  # of /proc/self/mountinfo, see proc(5)
_FORGETFUL = frozenset({"tmpfs", "ramfs"})
_UNSURE = "or shares its network with it: nobody can tell which; update it yourself"
_ONE_CYCLE = "and nothing runs `updater watch` in it; pull its image before you start it again"


def own_container(containers: Iterable[ContainerSnapshot], root: Path = Path("/")) -> str | None:
    """The id of the container this process runs in, confirmed by the engine's own list; None outside of any."""
    return next(iter(_candidates(tuple(containers), root)), None)


def _candidates(known: tuple[ContainerSnapshot, ...], root: Path) -> tuple[str, ...]:
    """The likeliest first. There are others only where a network is shared, whose files are the same for all."""
    if not (root / ".dockerenv").exists() and not (root / "run/.containerenv").exists():
        return ()
    # Where the path tells (cgroup v1, or the host's namespace), it tells for sure.
    by_group = _found_in(_LONG_ID.findall(_read(root / "proc/self/cgroup")), known)
    if by_group:
        return tuple(by_group[:1])
    by_mounts = _found_in([found for line in _own_mounts(root) for found in _LONG_ID.findall(line)], known)
    hostname = _read(root / "etc/hostname").strip()
    by_name = [
        container.id for container in known if _SHORT_ID.fullmatch(hostname) and container.id.startswith(hostname)
    ]
    found = next((container for container in known if container.id in (by_mounts or by_name)), None)
    if found is None:
        return ()
    return (found.id, *_in_the_network_of(found, known))


def _in_the_network_of(one: ContainerSnapshot, known: tuple[ContainerSnapshot, ...]) -> tuple[str, ...]:
    """Those that show its files as theirs, also by way of another one; whoever merely has a link to it does not."""
    names = {one.id, one.name}
    found: list[str] = []
    while more := [each for each in known if each.network_of in names and each.id not in {one.id, *found}]:
        found += [each.id for each in more]
        names |= {name for each in more for name in (each.id, each.name)}
    return tuple(found)


def _found_in(ids: Iterable[str], containers: Iterable[ContainerSnapshot]) -> list[str]:
    named = set(ids)
    return [container.id for container in containers if container.id in named]


def _own_mounts(root: Path) -> Iterator[str]:
    """What the container's own files were mounted from."""
    for line in _read(root / "proc/self/mountinfo").splitlines():
        fields = line.split()
        if len(fields) > _PLACE_FIELD and fields[_PLACE_FIELD] in _OWN_FILES:
            yield fields[_ROOT_FIELD]


def in_own_container(request: Request, containers: Iterable[ContainerSnapshot], root: Path = Path("/")) -> Request:
    """The request of a program that runs in this container.

    Whoever put our image in Watchtower's place and kept the label by which Watchtower knows itself gets its default:
    all containers are considered, unless a setting says otherwise.
    """
    known = tuple(containers)
    candidates = _candidates(known, root)
    own = next((container for container in known if container.id in candidates[:1]), None)
    if own is None:
        return replace(request, own_id=None)
    obstacle = _UNSURE if len(candidates) > 1 else _obstacle(request, root)
    request = replace(
        request, own_id=own.id, own_obstacle=obstacle, own_image=own.image_id, maybe_own=frozenset(candidates)
    )
    if request.nobody_said_all and _is_true(own.user_labels.get(ITSELF, "")):
        _tell_once()
        return replace(request, all=True)
    return request


def _obstacle(request: Request, root: Path) -> str | None:
    """What keeps it from being updated, if anything does."""
    if request.fired is None and not _daemon_runs():
        return _ONE_CYCLE
    folder = request.state_folder
    if folder is not None and _outlives_the_container(folder.absolute(), root):
        return None
    where = f"and its state folder {folder} is in no volume" if folder is not None else "and it has no state folder"
    return f"{where}, so an image that was turned down would be forgotten with the container; mount a volume there"


def _daemon_runs() -> bool:
    """Whether `updater watch` runs in this container: then it is what is started again."""
    beat = heartbeat.read()
    return beat is not None and heartbeat.lives(beat, heartbeat.process_of(beat.pid))


def _outlives_the_container(folder: Path, root: Path) -> bool:
    """Whether it is in a volume, or a folder of the host's."""
    kind, deepest = "", Path("/")
    for line in _read(root / "proc/self/mountinfo").splitlines():
        mount, _, filesystem = line.partition(_AFTER_DASH)
        fields = mount.split()
        place = Path(fields[_PLACE_FIELD]) if len(fields) > _PLACE_FIELD else Path("/")
        if folder.is_relative_to(place) and len(place.parts) >= len(deepest.parts):
            kind, deepest = filesystem.split(" ")[0], place
    return deepest != Path("/") and kind not in _FORGETFUL


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
