"""Which of the published images is for this platform?

Names and variants are compared as containerd does when it chooses what to pull: other names of an architecture count,
arm without a variant is v7, arm64 is v8, amd64 is v1, and a machine of one variant also runs what was made for a lower
one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from updater.errors import PlatformMissing
from updater.model.wording import printable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from updater.model.platform import Platform
    from updater.registry.manifests import Entry

_DEFAULT_VARIANTS = {"arm": "v7", "arm64": "v8", "amd64": "v1"}
_VARIANT = re.compile(r"v?(\d{1,3})")
_OTHER_NAMES = {"x86_64": "amd64", "x86-64": "amd64", "aarch64": "arm64", "i386": "386"}


def candidates(entries: Iterable[Entry], wanted: Platform) -> list[Entry]:
    """The entries that may hold the image: the best match of those that name a platform, then those that name none.

    Attestations carry the platform `unknown/unknown`, so that they match nothing.
    """
    entries = list(entries)
    named = [(fit, entry) for entry in entries if entry.platform and (fit := _fit(entry.platform, wanted))]
    best = [max(named, key=lambda pair: pair[0])[1]] if named else []
    return best + [entry for entry in entries if entry.platform is None]


def matches(offered: Platform, wanted: Platform) -> bool:
    """True where an image for `offered` is what a container on `wanted` runs."""
    return _fit(offered, wanted) > 0


def missing(what: str, wanted: Platform, offered: Iterable[Platform]) -> PlatformMissing:
    """The error that names what is published instead."""
    names = sorted({str(platform) for platform in offered if platform.os != "unknown"})
    return PlatformMissing(
        f"{what} is not published for {wanted}, only for {printable(', '.join(names)) or 'nothing else'}; choose a "
        "tag that is, or ask its publisher"
    )


def _fit(offered: Platform, wanted: Platform) -> int:
    """How well it fits: 0 not at all, otherwise the higher the better."""
    architecture = _architecture(wanted)
    if offered.os != wanted.os or _architecture(offered) != architecture:
        return 0
    default = _DEFAULT_VARIANTS.get(architecture, "")
    have, want = offered.variant or default, wanted.variant or default
    have_number, want_number = _VARIANT.fullmatch(have), _VARIANT.fullmatch(want)
    if have_number is None or want_number is None:
        return 1000 if have == want else 0
    if have_number[1] == want_number[1]:
        return 1000
    return int(have_number[1]) + 1 if int(have_number[1]) < int(want_number[1]) else 0


def _architecture(platform: Platform) -> str:
    return _OTHER_NAMES.get(platform.architecture, platform.architecture)
