"""For which platform was an image made, when, and what does it give? Its configuration (OCI image spec, config.md)."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from updater.errors import RegistryAnswerInvalid
from updater.model.platform import Platform
from updater.model.published_content import ImageConfiguration
from updater.registry.strict_json import JsonObject, object_of, parse_object, text_of

if TYPE_CHECKING:
    from collections.abc import Mapping

# RFC 3339, section 5.6; Python's own reader takes more than that, and no more than six digits of a second.
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.(\d+))?([Zz]|[+-]\d\d:\d\d)")


# What is read of `config` before an engine has, which would refuse anything else there.
_KINDS: Mapping[str, type] = {"Env": list, "Labels": dict}


def parse_configuration(body: bytes) -> ImageConfiguration:
    """Read an image configuration; raises RegistryAnswerInvalid."""
    document = parse_object(body, "the image's configuration")
    config = object_of(document, "config")
    for field, kind in _KINDS.items():
        if not isinstance(config.get(field), kind | None):
            raise RegistryAnswerInvalid(
                f"the image's configuration is malformed ({field}), so no engine can run it; ask its publisher"
            )
    return ImageConfiguration(platform_of(document), parse_moment(text_of(document, "created")), config)


def platform_of(value: JsonObject) -> Platform | None:
    """The platform whose parts this object holds; None without an os or an architecture."""
    platform = Platform(text_of(value, "os"), text_of(value, "architecture"), text_of(value, "variant"))
    return platform if platform.os and platform.architecture else None


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
