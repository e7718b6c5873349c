"""In which container does this program run, if in one? Asked of the kernel, never guessed from an image's name.

Where the kernel does not tell, all that could be it are left alone.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from updater.errors import EngineError
from updater.model.container import STATES_UP

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from typing import Any

    from updater.model.container import ContainerSnapshot

    Find = Callable[[str], Mapping[str, Any] | None]

_LONG_ID = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
_SHORT_ID = re.compile(r"[0-9a-f]{12}")
# The engine mounts these from the container's own folder. Other mounts may name other containers: whoever has the
# host's root mounted sees all of theirs.
_OWN_FILES = frozenset({"/etc/hostname", "/etc/hosts", "/etc/resolv.conf"})
_ROOT_FIELD, _PLACE_FIELD, _AFTER_DASH = 3, 4, " - "  # of /proc/self/mountinfo, see proc(5)
_FORGETFUL = frozenset({"tmpfs", "ramfs"})


def own_container(containers: Iterable[ContainerSnapshot], root: Path = Path("/")) -> str | None:
    """The id of the container this process runs in, confirmed by the engine's own list; None outside of any."""
    return next(iter(candidates_here(tuple(containers), root)), None)


def candidates_here(known: tuple[ContainerSnapshot, ...], root: Path = Path("/")) -> tuple[str, ...]:
    """The ids of the containers that this process may run in, the likeliest first.

    There are others only where a network is shared, whose files are the same for all.
    """
    if not _is_in_one(root):
        return ()
    # Where the path tells (cgroup v1, or the host's namespace), it tells for sure.
    by_group = _found_in(_LONG_ID.findall(_read(root / "proc/self/cgroup")), known)
    if by_group:
        return tuple(by_group[:1])
    by_mounts = _found_in(_ids_in_mounts(root), known)
    short = {name for name in _hostnames(root) if _SHORT_ID.fullmatch(name)}
    by_name = [container.id for container in known if container.id[:12] in short]
    found = next((container for container in known if container.id in (by_mounts or by_name)), None)
    if found is None:
        return ()
    return (found.id, *_in_the_network_of(found, known))


def lookalikes(
    containers: Iterable[ContainerSnapshot], find: Find, root: Path = Path("/")
) -> tuple[ContainerSnapshot, ...]:
    """Where this program runs in a container and the kernel does not tell in which: all of this engine's it may be.

    Its own one bears its host name, whoever gave that. None where it is known, or is another engine's.
    """
    known = tuple(containers)
    if not _is_in_one(root) or candidates_here(known, root) or _LONG_ID.search(_read(root / "proc/self/cgroup")):
        return ()
    # Files of a container that is not there: another engine's, or whose network was shared until it was removed.
    of_another = next(_ids_in_mounts(root), None) is not None
    asked = [one for one in known if one.state in STATES_UP and (one.network_of is not None or not of_another)]
    hostnames = _hostnames(root)
    return tuple(one for one in asked if _is_called(hostnames, _shown(one, find)))


def _shown(container: ContainerSnapshot, find: Find) -> Mapping[str, Any]:
    """Nothing of one that cannot be looked at: that one cannot be updated either."""
    try:
        return find(container.id) or {}
    except EngineError as error:
        if error.temporary:
            raise
        return {}


def _is_called(hostnames: frozenset[str], container: Mapping[str, Any]) -> bool:
    """Whether it sees one of these as its host name."""
    config, host_config = container.get("Config") or {}, container.get("HostConfig") or {}
    name, domain = config.get("Hostname"), config.get("Domainname")
    return not hostnames.isdisjoint({name, f"{name}.{domain}"}) or host_config.get("UTSMode") == "host"


def _hostnames(root: Path) -> frozenset[str]:
    """The kernel's is the host's own where the namespace is; a user's file may be mounted over that of the engine."""
    found = (_read(root / place).strip() for place in ("proc/sys/kernel/hostname", "etc/hostname"))
    return frozenset(name for name in found if name)


def _is_in_one(root: Path) -> bool:
    return (root / ".dockerenv").exists() or (root / "run/.containerenv").exists()


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


def _ids_in_mounts(root: Path) -> Iterator[str]:
    """What the container's own files were mounted from."""
    for line in _read(root / "proc/self/mountinfo").splitlines():
        fields = line.split()
        if len(fields) > _PLACE_FIELD and fields[_PLACE_FIELD] in _OWN_FILES:
            yield from _LONG_ID.findall(fields[_ROOT_FIELD])


def outlives_the_container(folder: Path, root: Path = Path("/")) -> bool:
    """Whether it is in a volume, or a folder of the host's."""
    kind, deepest = "", Path("/")
    for line in _read(root / "proc/self/mountinfo").splitlines():
        mount, _, filesystem = line.partition(_AFTER_DASH)
        fields = mount.split()
        place = Path(fields[_PLACE_FIELD]) if len(fields) > _PLACE_FIELD else Path("/")
        if folder.is_relative_to(place) and len(place.parts) >= len(deepest.parts):
            kind, deepest = filesystem.split(" ")[0], place
    return deepest != Path("/") and kind not in _FORGETFUL


def _read(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""
