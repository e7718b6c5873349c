"""Would the update bring another major version of something whose data does not survive that by itself?

Told by the version tags, where those are followed; for a tag such as `latest` by what images say of themselves: the
variables that such images set (`PG_MAJOR`; `MARIADB_VERSION` of an image named so), or the label of the OCI image spec
(annotations.md).
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from updater.model.candidate import Candidate, Status

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from updater.policy.selection import Images
    from updater.watcher.survey import Engine

_VERSION_LABEL = "org.opencontainers.image.version"
_MAJOR = re.compile(r"[a-z]*-?v?(\d{1,9})(?![\d])")


def with_majors(candidates: Sequence[Candidate], warn_majors: Images, engine: Engine) -> tuple[Candidate, ...]:
    """The outdated candidates of these images, with both major versions where they differ."""
    return tuple(
        _with_majors(candidate, engine)
        if candidate.status is Status.OUTDATED
        and candidate.target is not None
        and warn_majors.matches(candidate.target)
        else candidate
        for candidate in candidates
    )


def _with_majors(candidate: Candidate, engine: Engine) -> Candidate:
    own, target, image = candidate.container.reference, candidate.target, candidate.published_image
    assert own is not None  # what is outdated was compared
    assert target is not None
    if own.tag != target.tag:
        return _differing(candidate, {"tag": own.tag or ""}, {"tag": target.tag or ""})
    from updater.watcher.running import running_config  # needed for what changed, and may be a database

    running = running_config(candidate, engine)
    if running is None or image is None:
        return candidate
    variable = re.sub(r"[^A-Z0-9]", "_", target.repository.rpartition("/")[2].upper()) + "_VERSION"
    return _differing(candidate, dict(_said(running, variable)), dict(_said(image.config, variable)))


def _differing(candidate: Candidate, old: Mapping[str, str], new: Mapping[str, str]) -> Candidate:
    for key in old.keys() & new.keys():
        before, after = _MAJOR.match(old[key]), _MAJOR.match(new[key])
        if before and after and int(before[1]) != int(after[1]):
            return replace(candidate, majors=(old[key][:40], new[key][:40]))
    return candidate


def _said(config: Mapping[str, Any], variable: str) -> Iterator[tuple[str, str]]:
    """What an image says of its version, by where it says so; other programs in it have versions, too."""
    for entry in config.get("Env") or ():
        name, _, value = str(entry).partition("=")
        if name == variable or name.endswith("_MAJOR"):
            yield name, value
    label = (config.get("Labels") or {}).get(_VERSION_LABEL)
    if isinstance(label, str):
        yield _VERSION_LABEL, label
