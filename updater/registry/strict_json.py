"""Is this answer one JSON object, read in only one possible way?

Parsers differ over repeated keys and over NaN, and a difference between what we read and what the engine reads
is what an attacker looks for. So both are refused, as are depth and numbers beyond reason.
"""

from __future__ import annotations

import json
from typing import NoReturn

from updater.errors import RegistryAnswerInvalid

JsonObject = dict[str, object]


def parse_object(body: bytes, what: str) -> JsonObject:
    """Read a JSON object (RFC 8259); raises RegistryAnswerInvalid, saying of `what` it was expected."""
    try:
        value = json.loads(body.decode("utf-8"), object_pairs_hook=_without_repetition, parse_constant=_refuse)
    except (ValueError, RecursionError):
        # RecursionError is no ValueError, and is how the parser says "too deep".
        raise RegistryAnswerInvalid(
            f"{what} is not valid JSON; ask the registry's operator, or look whether a proxy answers in its place"
        ) from None
    if not isinstance(value, dict):
        raise RegistryAnswerInvalid(f"{what} is JSON, but not an object; ask the registry's operator")
    return value


def text_of(value: JsonObject, key: str) -> str:
    """The text under this key; empty where there is none or something else."""
    found = value.get(key)
    return found if isinstance(found, str) else ""


def object_of(value: JsonObject, key: str) -> JsonObject:
    """The object under this key; empty where there is none or something else."""
    found = value.get(key)
    return found if isinstance(found, dict) else {}


def objects_of(value: JsonObject, key: str) -> list[JsonObject]:
    """The objects in the list under this key; empty where there is no list."""
    found = value.get(key)
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def _without_repetition(pairs: list[tuple[str, object]]) -> JsonObject:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is repeated")
    return found


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")
