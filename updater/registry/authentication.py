"""What has to be said to a registry so that it answers? The conversation, without a socket.

A conversation is a generator: it yields requests, is sent their answers, and returns the answer that counts.
Whoever drives it does the sending. Protocol: distribution's "Token Authentication Specification"; RFC 7617.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from updater.errors import RegistryAnswerInvalid
from updater.model.wording import printable
from updater.registry import denials
from updater.registry.challenges import Challenge, parse_challenges
from updater.registry.hosts import host_name
from updater.registry.messages import Answer, Request
from updater.registry.realms import Trust, trust
from updater.registry.statuses import failure
from updater.registry.tokens import Token, basic, parse_token, token_request

if TYPE_CHECKING:
    from collections.abc import Iterator

    from updater.registry.credentials import Credentials, CredentialSource

Conversation = Generator[Request, Answer, Answer]


class Acquaintance:
    """What is remembered of one registry at one origin: what it asks for, and the tokens it gave.

    Shared by threads. `patience` is how long, in seconds, one waits for what another is about to learn.
    """

    def __init__(
        self,
        registry: str,
        origin: str,
        find_credentials: CredentialSource,
        *,
        token_host: str | None = None,
        patience: float = 15.0,
    ) -> None:
        self.registry = registry
        self.origin = origin
        self.find_credentials = find_credentials
        self.token_host = token_host
        self.challenge: Challenge | None = None
        self.is_met = False
        self.tokens: dict[str, Token] = {}
        self._patience = patience
        self._meeting = threading.Lock()
        self._token_locks: dict[str, threading.Lock] = {}

    @contextmanager
    def meeting(self) -> Iterator[None]:
        """Held by the one who asks first; ends with the first answer, or with none."""
        with self._held(self._meeting):
            try:
                yield
            finally:
                self.is_met = True

    @contextmanager
    def fetching_token(self, scope: str) -> Iterator[None]:
        """Held by the one who fetches the token of this scope."""
        with self._held(self._token_locks.setdefault(scope, threading.Lock())):
            yield

    @contextmanager
    def _held(self, lock: threading.Lock) -> Iterator[None]:
        # Going on without the lock costs a request more; waiting for ever would cost the whole check.
        is_held = lock.acquire(timeout=self._patience)
        try:
            yield
        finally:
            if is_held:
                lock.release()


def authorized(request: Request, repository: str, known: Acquaintance) -> Conversation:
    """Ask with whatever authorization the registry wants for reading this repository.

    1. A registry never asked before is asked by one conversation alone; the others wait to learn from it.
    2. Where nothing is known to be wanted the request goes out plainly, and any answer but 401 counts.
    3. A 401 says what is wanted, which is remembered for the registry.
    4. Basic: name and password go with every request from then on.
    5. Bearer: a token for the repository goes with the request. It is remembered; one that is refused before its
       end is replaced, once.

    Raises RegistryDenied, RegistryAnswerInvalid, and what `failure` makes of a token service's answer.
    """
    if known.challenge is None:
        answer = yield from _asked_plainly(request, known)
        if answer is not None and answer.status != 401:
            return answer
        if answer is not None:
            known.challenge = _wanted(answer, known)
    challenge = known.challenge
    assert challenge is not None
    if challenge.scheme == "basic":
        return (yield from _with_password(request, repository, known))
    return (yield from _with_token(request, repository, known, challenge))


def _asked_plainly(request: Request, known: Acquaintance) -> Generator[Request, Answer, Answer | None]:
    if not known.is_met:
        with known.meeting():
            if known.challenge is None and not known.is_met:
                answer = yield request
                if answer.status == 401:
                    known.challenge = _wanted(answer, known)
                return answer
    # Another conversation met the registry in the meantime.
    return (yield request) if known.challenge is None else None


def _wanted(answer: Answer, known: Acquaintance) -> Challenge:
    challenges = parse_challenges(answer.headers.get("www-authenticate", ""))
    # A token is the better choice where both are offered: the password then goes to the token service only.
    for challenge in challenges:
        if challenge.scheme == "bearer" and challenge.parameters.get("realm"):
            return challenge
    for challenge in challenges:
        if challenge.scheme == "basic":
            return challenge
    offered = printable(", ".join(challenge.scheme for challenge in challenges)) or "none"
    raise RegistryAnswerInvalid(
        f"{known.registry} wants authentication but offers no way known here (offered: {offered}; known: Basic, "
        "Bearer); ask its operator"
    )


def _with_password(request: Request, repository: str, known: Acquaintance) -> Conversation:
    credentials = known.find_credentials(known.registry)
    if credentials is None or not credentials.password:
        raise denials.needed(known.registry, repository)
    answer = yield request.authorized(basic(credentials))
    if answer.status == 401:
        raise denials.rejected(known.registry)
    if answer.status == 403:
        raise denials.forbidden(known.registry, repository)
    return answer


def _with_token(request: Request, repository: str, known: Acquaintance, challenge: Challenge) -> Conversation:
    shown = _shown_to_realm(known, challenge)
    scope = _scope(challenge, repository)
    old = known.tokens.get(scope)
    if old is not None and old.usable_until > time.monotonic():
        answer = yield request.authorized(f"Bearer {old.value}")
        if answer.status != 401:
            return _readable(answer, repository, known, shown)
    with known.fetching_token(scope):
        token = known.tokens.get(scope)
        if token is None or token is old or token.usable_until <= time.monotonic():
            asked_at = time.monotonic()
            answer = yield token_request(challenge, scope, shown.credentials)
            _check_token_answer(answer, repository, known, shown)
            token = known.tokens[scope] = parse_token(answer.body, asked_at)
    answer = yield request.authorized(f"Bearer {token.value}")
    return _readable(answer, repository, known, shown)


@dataclass(frozen=True, slots=True)
class _Shown:
    """What the token service may see. `withheld_from` is its host, where there is more that it may not see."""

    credentials: Credentials | None
    withheld_from: str = ""


def _shown_to_realm(known: Acquaintance, challenge: Challenge) -> _Shown:
    realm = challenge.parameters["realm"]
    trusted = trust(realm, known.origin, known.token_host)
    host = printable(host_name(realm))
    if trusted is Trust.REFUSED:
        raise RegistryAnswerInvalid(
            f"{known.registry} sends us for a token to a place that is refused ({host or 'no address'}: plain http, "
            "an inner address, or none at all); ask its operator"
        )
    credentials = known.find_credentials(known.registry)
    if credentials is not None and trusted is not Trust.CREDENTIALS:
        return _Shown(None, withheld_from=host)
    return _Shown(credentials)


def _scope(challenge: Challenge, repository: str) -> str:
    # The specification's form names the repository that was asked for; a few registries (Gitea) use one of their
    # own that is good for all repositories.
    asked = challenge.parameters.get("scope", "")
    return asked if asked and not asked.startswith("repository:") else f"repository:{repository}:pull"


def _check_token_answer(answer: Answer, repository: str, known: Acquaintance, shown: _Shown) -> None:
    if answer.status == 200:
        return
    # 400 is how Oauth2 says that an identity token is no longer good (RFC 6749, 5.2).
    is_spent = answer.status == 400 and shown.credentials is not None and bool(shown.credentials.identity_token)
    if is_spent or (answer.status in (401, 403) and shown.credentials is not None):
        raise denials.rejected(known.registry)
    if answer.status == 404:
        raise RegistryAnswerInvalid(f"the token service that {known.registry} names is not there; ask its operator")
    _readable(answer, repository, known, shown)
    raise failure(answer, known.registry, "a token")


def _readable(answer: Answer, repository: str, known: Acquaintance, shown: _Shown) -> Answer:
    if answer.status not in (401, 403):
        return answer
    if shown.withheld_from:
        raise denials.withheld(known.registry, shown.withheld_from)
    if shown.credentials is None:
        raise denials.needed(known.registry, repository)
    raise denials.forbidden(known.registry, repository)
