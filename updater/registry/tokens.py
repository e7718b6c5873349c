"""How is a token asked for, and what is in the answer?

Token protocol: distribution's "Token Authentication Specification" (GET) and "Oauth2 Token Authentication" (POST).
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from updater.errors import RegistryAnswerInvalid
from updater.registry.messages import LARGEST_TOKEN, Request, basic
from updater.registry.strict_json import parse_object

if TYPE_CHECKING:
    from collections.abc import Sequence

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
    """Permission to read what its scopes name, until `usable_until` on the monotonic clock, in seconds."""

    value: str = field(repr=False)
    usable_until: float
    scopes: tuple[str, ...] = ()

    @property
    def is_usable(self) -> bool:
        """Whether it has not come to its end."""
        return self.usable_until > time.monotonic()

    @property
    def is_shared(self) -> bool:
        """Whether it was asked for several scopes, of which not all need have been granted."""
        return len(self.scopes) > 1


def token_request(challenge: Challenge, scopes: Sequence[str], credentials: Credentials | None) -> Request:
    """The request for one token of these scopes at the challenge's realm, anonymous without credentials.

    An identity token stands for the user only in the Oauth2 form; a password is sent in the older form, which
    every token service knows.
    """
    realm = challenge.parameters["realm"]
    service = challenge.parameters.get("service")
    named = {"service": service} if service else {}
    if credentials is not None and credentials.identity_token:
        # In a form the scopes are one value (RFC 6749, 3.3), in a query each is a parameter of its own.
        form = {"scope": " ".join(scopes), **named, "grant_type": "refresh_token", "client_id": _CLIENT_ID}
        body = urlencode({**form, "refresh_token": credentials.identity_token}).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return Request("POST", realm, headers, body, largest=LARGEST_TOKEN)
    query = urlencode([*(("scope", scope) for scope in scopes if scope), *named.items()], safe=":/,*")
    url = realm + ("&" if "?" in realm else "?") + query
    request = Request("GET", url, largest=LARGEST_TOKEN)
    return request.authorized(basic(credentials)) if credentials else request


def parse_token(body: bytes, asked_at: float, scopes: tuple[str, ...]) -> Token:
    """Read the answer of a token service that was asked for these scopes at `asked_at` on the monotonic clock.

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
    return Token(value, asked_at + life - min(_SKEW, life / 2), scopes)
