"""What does a server ask for when it answers 401? The header WWW-Authenticate (RFC 9110, section 11)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from updater.registry.realms import over_tls

if TYPE_CHECKING:
    from collections.abc import Mapping

    from updater.registry.messages import Answer

_TOKEN = r"[A-Za-z0-9!#$%&'*+.^_`|~-]+"  # noqa: S105  # RFC 9110's word for a name in a header
_QUOTED = r'"(?:[^"\\]|\\.)*"'
# A scheme is a name that is followed by a parameter, by another scheme, or by nothing; a parameter has `=`.
_PARAMETER = re.compile(rf"({_TOKEN})[ \t]*=[ \t]*({_QUOTED}|[^\s,\"]*)")
_SCHEME = re.compile(rf"({_TOKEN})(?=[ \t]|,|$)")
# `token68` credentials after a scheme (Negotiate, NTLM): of no use to us, but not an error.
_TOKEN68 = re.compile(r"[A-Za-z0-9._~+/-]+=*(?=[ \t]*(?:,|$))")
_ESCAPE = re.compile(r"\\(.)")
# Actions that only read (the last part of a scope in the token specification).
_READING = re.compile(r"(?:(?:^|,)(?:pull|[a-z_]+_read))+")
# No honest header is longer; the limit bounds the work that a hostile one makes.
_LONGEST_HEADER = 8192


@dataclass(frozen=True, slots=True)
class Challenge:
    """One way to authenticate that the server accepts. Scheme and parameter names are in lower case."""

    scheme: str
    parameters: Mapping[str, str] = field(default_factory=dict)


def challenge_in(answer: Answer, origin: str) -> Challenge | None:
    """The best of those in a 401 of the registry at this origin; None for any other answer, and for unknown ways.

    A token is the better choice where both are offered: the password then goes to the token service only.
    """
    if answer.status != 401:
        return None
    challenges = challenges_of(answer)
    for one in challenges:
        if one.scheme == "bearer" and (realm := one.parameters.get("realm")):
            return replace(one, parameters={**one.parameters, "realm": over_tls(realm, origin)})
    return next((one for one in challenges if one.scheme == "basic"), None)


def another_service(named: Challenge | None, asked: Challenge) -> Challenge | None:
    """The token service that a 401 names, if it is not the one whose token was refused."""
    if named is None or named.scheme != "bearer":
        return None
    differs = any(named.parameters.get(name) != asked.parameters.get(name) for name in ("realm", "service"))
    return named if differs else None


def scope_for_more(named: Challenge | None, repository: str) -> str | None:
    """The scope that a 401 names where permission to pull is not enough: Azure lists tags for `metadata_read` only.

    It is followed for this very repository, and to read.
    """
    scope = named.parameters.get("scope", "") if named is not None else ""
    start, _, actions = scope.rpartition(":")
    is_ours = start == f"repository:{repository}" and _READING.fullmatch(actions) is not None
    return scope if is_ours and actions != "pull" else None


def challenges_of(answer: Answer) -> tuple[Challenge, ...]:
    """All that the answer offers."""
    return parse_challenges(answer.headers.get("www-authenticate", ""))


def parse_challenges(header: str) -> tuple[Challenge, ...]:
    """All challenges of the header, in order. Text that is none is skipped: this never raises.

    Several headers joined with a comma are one header; of a repeated parameter the first counts.
    """
    found: list[tuple[str, dict[str, str]]] = []
    position, header = 0, header[:_LONGEST_HEADER]
    while position < len(header):
        if header[position] in " \t,":
            position += 1
        elif found and (match := _PARAMETER.match(header, position)):
            found[-1][1].setdefault(match[1].lower(), _unquoted(match[2]))
            position = match.end()
        elif match := _SCHEME.match(header, position):
            found.append((match[1].lower(), {}))
            position = _after_token68(header, match.end())
        else:
            position = _after_next_comma(header, position)
    return tuple(Challenge(scheme, parameters) for scheme, parameters in found)


def _unquoted(value: str) -> str:
    return _ESCAPE.sub(r"\1", value[1:-1]) if value.startswith('"') else value


def _after_token68(header: str, position: int) -> int:
    while position < len(header) and header[position] in " \t":
        position += 1
    match = _TOKEN68.match(header, position)
    return match.end() if match else position


def _after_next_comma(header: str, position: int) -> int:
    comma = header.find(",", position)
    return len(header) if comma < 0 else comma + 1
