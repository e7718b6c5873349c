"""How is a token asked for, and what is in the answer?

Token protocol: distribution's "Token Authentication Specification" (GET) and "Oauth2 Token Authentication" (POST).
"""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from updater.errors import RegistryAnswerInvalid
from updater.registry.messages import LARGEST_TOKEN, Request
from updater.registry.strict_json import parse_object

if TYPE_CHECKING:
    from updater.registry.challenges import Challenge
    from updater.registry.credentials import Credentials

# The specification's default where an answer says nothing, in seconds.
_DEFAULT_LIFE = 60.0
_LONGEST_LIFE = 24 * 3600.0
# A token is given up this long before its end, in seconds, but never for more than half of its life.
_SKEW = 10.0
_VISIBLE = re.compile(r"[\x21-\x7e]+")
_CLIENT_ID = "container-updater"


@dataclass(frozen=True, slots=True)
class Token:
    """Permission to read, until `usable_until` on the monotonic clock, in seconds."""

    value: str = field(repr=False)
    usable_until: float


def basic(credentials: Credentials) -> str:
    """The value of Authorization for a name and a password (RFC 7617)."""
    return "Basic " + b64encode(f"{credentials.username}:{credentials.password}".encode()).decode()


def token_request(challenge: Challenge, scope: str, credentials: Credentials | None) -> Request:
    """The request for a token of this scope at the challenge's realm, anonymous without credentials.

    An identity token stands for the user only in the Oauth2 form; a password is sent in the older form, which
    every token service knows.
    """
    realm = challenge.parameters["realm"]
    query = {"scope": scope} if scope else {}
    if service := challenge.parameters.get("service"):
        query["service"] = service
    if credentials is not None and credentials.identity_token:
        form = {**query, "grant_type": "refresh_token", "client_id": _CLIENT_ID}
        body = urlencode({**form, "refresh_token": credentials.identity_token}).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return Request("POST", realm, headers, body, largest=LARGEST_TOKEN)
    url = realm + ("&" if "?" in realm else "?") + urlencode(query)
    request = Request("GET", url, largest=LARGEST_TOKEN)
    return request.authorized(basic(credentials)) if credentials else request


def parse_token(body: bytes, asked_at: float) -> Token:
    """Read the answer of a token service; `asked_at` is when it was asked, on the monotonic clock.

    Raises RegistryAnswerInvalid.
    """
    answer = parse_object(body, "the token service's answer")
    value = answer.get("token") or answer.get("access_token")
    if not isinstance(value, str) or not _VISIBLE.fullmatch(value):
        raise RegistryAnswerInvalid("the token service's answer holds no token; ask the registry's operator")
    life = answer.get("expires_in")
    if isinstance(life, bool) or not isinstance(life, int | float) or not life > 0:
        life = _DEFAULT_LIFE
    life = min(life, _LONGEST_LIFE)
    return Token(value, asked_at + life - min(_SKEW, life / 2))
