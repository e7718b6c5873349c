"""Who gives out the tokens with which a registry lets somebody read? A small token service, as registries want one.

Protocol: distribution's "Token Authentication Specification" and "Token Authentication Implementation" (JWT, RS256,
the certificate in the header `x5c`).
"""

from __future__ import annotations

import json
import ssl
import subprocess
import time
import uuid
from base64 import b64encode, urlsafe_b64encode
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from rig.fake_registry import basic_header
from rig.fake_server import Reply, Seen, Server
from rig.machine import find_program

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from rig.certificates import CertificateAuthority

ISSUER = "rig"
AUDIENCE = "rig-registry"
PUBLIC = "public/"
LIFE_SECONDS = 300
SKEW_SECONDS = 10

Access = dict[str, object]


class TokenService(Server):
    """Users may read every repository; who gives no name reads those that begin with `public/`.

    Several scopes in one request are granted in one token. Make it inside the rig's network; `seen` is what it was
    asked, in order.
    """

    def __init__(self, authority: CertificateAuthority, users: Mapping[str, str]) -> None:
        super().__init__()
        self.users = dict(users)
        self.realm = f"{self.url}/token"
        self.root: Path = authority.certificate
        """Whose certificates a registry has to trust."""
        self._signer = authority.issue("DNS:tokens.rig")
        self._chain = [_der(self._signer.certificate)]

    @property
    def scopes(self) -> list[list[str]]:
        """The scopes of each request for a token, in order."""
        return [parse_qs(urlsplit(seen.path).query).get("scope", []) for seen in self.seen]

    def permission(self, repository: str, *actions: str) -> str:
        """The value of Authorization with which these actions are allowed, for the rig itself."""
        return f"Bearer {self._token([_access(repository, actions)], 'rig')}"

    def reply(self, seen: Seen) -> Reply:
        """A token for what this user may do of what was asked; none for a wrong password."""
        if seen.method != "GET":
            # Clients that try the newer form first go back to the older one then.
            return Reply(405)
        given = seen.headers.get("authorization")
        user = self._user(given) if given is not None else ""
        if user is None:
            return Reply(401, {"WWW-Authenticate": 'Basic realm="tokens"'}, b'{"details": "incorrect login"}')
        scopes = parse_qs(urlsplit(seen.path).query).get("scope", [])
        granted = [access for scope in scopes for access in _granted(scope, known=bool(user))]
        answer = {"token": self._token(granted, user), "expires_in": LIFE_SECONDS}
        return Reply(200, {"Content-Type": "application/json"}, json.dumps(answer).encode())

    def _user(self, given: str) -> str | None:
        return next((name for name, password in self.users.items() if given == basic_header(name, password)), None)

    def _token(self, access: Iterable[Access], subject: str) -> str:
        now = int(time.time())
        header = {"typ": "JWT", "alg": "RS256", "x5c": self._chain}
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": subject,
            "iat": now,
            "nbf": now - SKEW_SECONDS,
            "exp": now + LIFE_SECONDS,
            "jti": uuid.uuid4().hex,
            "access": list(access),
        }
        signed = b".".join(_url_safe(json.dumps(part).encode()) for part in (header, claims))
        command = [find_program("openssl"), "dgst", "-sha256", "-sign", str(self._signer.key)]
        signature = subprocess.run(command, input=signed, check=True, capture_output=True).stdout
        return (signed + b"." + _url_safe(signature)).decode()


def _granted(scope: str, *, known: bool) -> list[Access]:
    kind, _, rest = scope.partition(":")
    repository, _, actions = rest.rpartition(":")
    wanted = set(actions.split(","))
    if kind != "repository" or "pull" not in wanted or not (known or repository.startswith(PUBLIC)):
        return []
    return [_access(repository, ["pull"])]


def _access(repository: str, actions: Iterable[str]) -> Access:
    return {"type": "repository", "name": repository, "actions": list(actions)}


def _der(certificate: Path) -> str:
    return b64encode(ssl.PEM_cert_to_DER_cert(certificate.read_text())).decode()


def _url_safe(content: bytes) -> bytes:
    return urlsafe_b64encode(content).rstrip(b"=")
