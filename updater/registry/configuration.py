"""For which platform was an image made, and when? Its configuration (OCI image spec, config.md)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from updater.errors import RegistryAnswerInvalid
from updater.model.platform import Platform
from updater.registry.strict_json import parse_object, text_of

# RFC 3339, section 5.6; Python's own reader takes more than that, and no more than six digits of a second.
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.(\d+))?([Zz]|[+-]\d\d:\d\d)")


@dataclass(frozen=True, slots=True)
class ImageConfiguration:
    """What is needed of an image's configuration. `created` is a claim of whoever built the image."""

    platform: Platform
    created: datetime | None


def parse_configuration(body: bytes) -> ImageConfiguration:
    """Read an image configuration; raises RegistryAnswerInvalid for what is none (a chart, another artifact)."""
    config = parse_object(body, "the image's configuration")
    platform = Platform(text_of(config, "os"), text_of(config, "architecture"), text_of(config, "variant"))
    if not platform.os or not platform.architecture:
        raise RegistryAnswerInvalid("what is published there is no container image; check the name and the tag")
    return ImageConfiguration(platform, parse_moment(text_of(config, "created")))


def parse_moment(text: str) -> datetime | None:
    """Read an RFC 3339 moment; None for anything else, and for the year 1, which builders write for "not known"."""
    match = _MOMENT.fullmatch(text)
    if match is None:
        return None
    day, clock, fraction, zone = match.groups()
    zone = "+00:00" if zone in "Zz" else zone
    try:
        moment = datetime.fromisoformat(f"{day}T{clock}.{(fraction or '0')[:6]:0<6}{zone}").astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment if moment.year > 1 else None
