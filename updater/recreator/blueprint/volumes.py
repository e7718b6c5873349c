"""Which data does the old container hold, and how does the new one get all of it, by name?

A volume without a name of its own (`-v /data`, `VOLUME /data` in the image) would come back empty: a fresh one is
made for each container. So it is mounted explicitly, read-only as it was, and without copying files of the new
image into it. The price: `docker rm -v` no longer deletes it.
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, Any

from updater.recreator.blueprint.inputs import Inputs, only
from updater.recreator.blueprint.value import ExpectedMount, Json

if TYPE_CHECKING:
    from collections.abc import Mapping

# Where the engine keeps the files of a volume of its own.
_LOCAL_VOLUME = re.compile(r"/volumes/([^/]+)/_data$")
# Options that belong to each type of mount; newer engines refuse those of another type, older ones kept them.
_OPTIONS = {
    "bind": "BindOptions",
    "volume": "VolumeOptions",
    "tmpfs": "TmpfsOptions",
    "image": "ImageOptions",
    "cluster": "ClusterOptions",
}


def mounts(inputs: Inputs) -> dict[str, Any]:
    """Binds and Mounts as they were, anonymous volumes by name, and what came from a source that is gone."""
    binds = inputs.host.get("Binds")
    named_binds = binds and [bind for bind in binds if ":" in bind]
    attached = {_path(mount["Destination"]): mount for mount in inputs.mounts}
    asked = [_with_source(mount, attached) for mount in inputs.host.get("Mounts") or ()]
    explained = {_path(bind.split(":")[1]) for bind in named_binds or ()}
    explained |= {_path(mount["Target"]) for mount in asked}
    explained |= lent_places(inputs)
    types = ("volume", "bind") if _lost_sources(inputs) else ("volume",)
    again = [_attach(mount) for path, mount in attached.items() if path not in explained and mount.get("Type") in types]
    return only(Binds=named_binds, Mounts=[*asked, *again] or inputs.host.get("Mounts"))


def volume_sources(inputs: Inputs) -> dict[str, Any]:
    """The containers whose volumes are used, without those that are gone; a replaced one by its successor."""
    entries = inputs.host.get("VolumesFrom")
    lost = _lost_sources(inputs)
    return only(VolumesFrom=entries and [succeed(entry, inputs.successors) for entry in entries if entry not in lost])


def expected_mounts(inputs: Inputs) -> tuple[ExpectedMount, ...]:
    """All that is mounted in the old container."""
    return tuple(as_expected(mount) for mount in inputs.mounts)


def as_expected(mount: Json) -> ExpectedMount:
    """What makes two mounts the same, whichever container they are in."""
    kind = mount.get("Type") or ""
    source = {"volume": volume_name(mount), "bind": mount.get("Source")}.get(kind)
    return ExpectedMount(kind, source or "", _path(mount["Destination"]), bool(mount.get("RW")))


def volume_name(mount: Json) -> str:
    """The name of a mounted volume; engine 28 leaves it out for one that Binds asked for by its place alone."""
    folder = mount.get("Source") or ""
    match = _LOCAL_VOLUME.search(folder)
    return str(mount.get("Name") or (match[1] if match else folder))


def is_mounted_at(path: str, container: Json) -> bool:
    """Whether the container has something mounted at exactly this place."""
    return _path(path) in {_path(mount["Destination"]) for mount in container.get("Mounts") or ()}


def _path(path: str) -> str:
    return posixpath.normpath(path)


def _with_source(mount: Json, attached: Mapping[str, Json]) -> dict[str, Any]:
    """The mount that was asked for; if it named no volume, the one that the engine made for it."""
    kind = mount.get("Type")
    foreign = {options for other, options in _OPTIONS.items() if other != kind}
    kept = {name: value for name, value in mount.items() if name not in foreign}
    there = attached.get(_path(mount["Target"]))
    if kind != "volume" or mount.get("Source") or there is None:
        return kept
    return {
        **kept,
        "Source": volume_name(there),
        "VolumeOptions": {**(kept.get("VolumeOptions") or {}), "NoCopy": True},
    }


def _attach(mount: Json) -> dict[str, Any]:
    entry = {"Type": mount["Type"], "Target": mount["Destination"], "ReadOnly": not mount.get("RW")}
    if mount["Type"] == "bind":
        propagation = mount.get("Propagation")
        options = {"BindOptions": {"Propagation": propagation}} if propagation else {}
        return {**entry, "Source": mount["Source"], **options}
    volume_options: dict[str, Any] = {"NoCopy": True}
    if mount.get("Driver") not in (None, "", "local"):
        volume_options["DriverConfig"] = {"Name": mount["Driver"]}
    return {**entry, "Source": volume_name(mount), "VolumeOptions": volume_options}


def lent_places(inputs: Inputs) -> frozenset[str]:
    """Where the containers in VolumesFrom that are still there mount something."""
    sources = inputs.volume_sources or {}
    names = {entry.partition(":")[0] for entry in inputs.host.get("VolumesFrom") or ()}
    return frozenset(
        _path(mount["Destination"]) for name in names if name in sources for mount in sources[name].get("Mounts") or ()
    )


def _lost_sources(inputs: Inputs) -> set[str]:
    """Entries whose container is gone; none is known to be where nobody looked."""
    if inputs.volume_sources is None:
        return set()
    entries = inputs.host.get("VolumesFrom") or ()
    return {entry for entry in entries if entry.partition(":")[0] not in inputs.volume_sources}


def succeed(entry: str, successors: Mapping[str, str]) -> str:
    """An entry of VolumesFrom (`ID:ro`), with the container that replaced the one it names."""
    source, colon, mode = entry.partition(":")
    return successors.get(source, source) + colon + mode
