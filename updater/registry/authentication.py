"""What has to be said to a registry so that it answers? The conversation, without a socket.

A conversation is a generator: it yields requests, is sent their answers (where there is none, the RegistryError is
thrown into it), and returns the answer that counts.
Whoever drives it does the sending. Protocol: distribution's "Token Authentication Specification"; RFC 7617.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING

from updater.errors import RegistryAnswerInvalid, RegistryDenied
from updater.model.wording import printable
from updater.registry import denials
from updater.registry.acquaintance import scope_of
from updater.registry.challenges import (
    Challenge,
    another_service,
    challenge_in,
    challenges_of,
    scope_for_more,
)
from updater.registry.messages import Answer, Request, basic, root_request

if TYPE_CHECKING:
    from updater.registry.acquaintance import Acquaintance
    from updater.registry.credentials import Credentials

Conversation = Generator[Request, Answer, Answer]

# How a server may answer those who do not say who they are, instead of asking them.
_HIDDEN = frozenset({403, 404})


def authorized(request: Request, repository: str, known: Acquaintance) -> Conversation:
    """Ask with whatever authorization the registry wants for reading this repository.

    1. A registry never asked before is asked by one conversation alone; the others wait to learn from it.
    2. Where nothing is known to be wanted the request goes out plainly, and any answer but 401 counts; where there are
       credentials, one that may hide something (403, 404) does only after a look at the root of the API.
    3. A 401 says what is wanted, which is remembered for the registry.
    4. Basic: name and password go with every request from then on; without them it is asked plainly.
    5. Bearer: a token goes with the request, one for all repositories of the cycle where the registry takes that
       (wallet.py). It is remembered; one that is refused before its end is replaced, once.
    6. Credentials that were rejected are not shown again in this cycle: some servers lock an account for that.

    Raises RegistryDenied, RegistryAnswerInvalid, and what `failure` makes of a token service's answer.
    """
    try:
        return (yield from _conversation(request, repository, known))
    except RegistryDenied:
        known.has_turned_away = True
        raise


def _conversation(request: Request, repository: str, known: Acquaintance) -> Conversation:
    if known.has_rejected_credentials:
        raise denials.rejected(known.registry)
    refusal: Answer | None = None
    if known.challenge is None:
        answer = yield from _asked_plainly(request, known)
        if answer is not None and answer.status != 401:
            if repository and answer.status in _HIDDEN and known.credentials() is not None:
                yield from _root_asked(known)
            if known.challenge is None:
                known.has_served = known.has_served or answer.status == 200
                return answer
        elif answer is not None:
            refusal, known.challenge = answer, (yield from _wanted(answer, known))
    challenge = known.challenges_of_repositories.get(repository) or known.challenge
    assert challenge is not None
    if challenge.scheme == "basic":
        return (yield from _with_password(request, repository, known, refusal))
    return (yield from _with_token(request, repository, known, challenge))


def _asked_plainly(request: Request, known: Acquaintance) -> Generator[Request, Answer, Answer | None]:
    if not known.is_met:
        with known.meeting():
            if known.challenge is None and not known.is_met:
                answer = yield request
                if answer.status == 401:
                    known.challenge = yield from _wanted(answer, known)
                return answer
    # Another conversation met the registry in the meantime.
    return (yield request) if known.challenge is None else None


def _root_asked(known: Acquaintance) -> Generator[Request, Answer, None]:
    """A registry that does not say what it wants, or hides what is private, may say so at the root of its API.

    That is where docker asks first, so that a pull gets what we would not even see. Once per cycle.
    """
    with known.asking_root():
        if known.challenge is None and not known.has_asked_root:
            try:
                answer = yield root_request(known.origin)
            except RegistryAnswerInvalid:
                answer = Answer(0)  # a front that leads people elsewhere: what was answered before counts
            known.has_asked_root = True
            known.challenge = challenge_in(answer, known.origin)


def _wanted(answer: Answer, known: Acquaintance) -> Generator[Request, Answer, Challenge]:
    challenge = challenge_in(answer, known.origin)
    if challenge is None:
        yield from _root_asked(known)
        challenge = known.challenge
    if challenge is not None:
        return challenge
    offered = printable(", ".join(one.scheme for one in challenges_of(answer))) or "none"
    raise RegistryAnswerInvalid(
        f"{known.registry} wants authentication but offers no way known here (offered: {offered}; known: Basic, "
        "Bearer); ask its operator"
    )


def _with_password(request: Request, repository: str, known: Acquaintance, refusal: Answer | None) -> Conversation:
    from updater.registry.token_service import needed

    credentials = known.credentials()
    if credentials is None or not credentials.password:
        # Some repositories of such a registry may be open to everybody.
        answer = refusal or (yield request)
        if answer.status == 401:
            raise needed(known, repository)
        return answer
    if not known.has_accepted_password:
        with known.first_password():
            if known.has_rejected_credentials:
                raise denials.rejected(known.registry)
            if not known.has_accepted_password:
                return (yield from _with_first_password(request, repository, known, credentials))
    return _allowed((yield request.authorized(basic(credentials))), repository, known)


def _with_first_password(
    request: Request, repository: str, known: Acquaintance, credentials: Credentials
) -> Conversation:
    answer = yield request.authorized(basic(credentials))
    if answer.status == 401:
        # Some registries answer 401 for what this user may not read, too; the root of the API tells the two apart.
        root = root_request(known.origin)
        if (yield root.authorized(basic(credentials))).status in (401, 403):
            known.has_rejected_credentials = True
            raise denials.rejected(known.registry)
    # Forbidden or not: whoever it is, is known there.
    known.has_accepted_password = True
    return _allowed(answer, repository, known)


def _allowed(answer: Answer, repository: str, known: Acquaintance) -> Answer:
    if answer.status in (401, 403):
        raise denials.forbidden(known.registry, repository)
    return answer


def _with_token(request: Request, repository: str, known: Acquaintance, challenge: Challenge) -> Conversation:
    """With the token at hand, or else a fetched one; and where that may be to blame, with one for this alone."""
    from updater.registry.token_service import fetched, readable, shown_to  # not every registry wants tokens

    shown = shown_to(known, challenge)
    scope = _scope(challenge, repository)
    token, is_fresh = known.wallet.usable(scope), False
    if token is None:
        token, is_fresh = (yield from fetched(challenge, scope, repository, known, shown)), True
    answer = yield request.authorized(f"Bearer {token.value}")
    named = challenge_in(answer, known.origin)
    elsewhere = another_service(named, challenge)
    more = scope_for_more(named, repository) if elsewhere is None else None
    if more is not None:
        other = yield from fetched(challenge, more, repository, known, shown)
        return readable((yield request.authorized(f"Bearer {other.value}")), repository, known, shown)
    # An expired token is a 400 to some (the public registry of ECR).
    is_refused = elsewhere is not None or (answer.status == 400 and not is_fresh)
    is_refused = is_refused or known.wallet.refuses(token, scope, answer.status)
    if (is_fresh and not token.is_shared and elsewhere is None) or not is_refused:
        return readable(answer, repository, known, shown)
    if elsewhere is not None:
        challenge = elsewhere
        known.is_another_services(repository, challenge)
        shown, scope = shown_to(known, challenge), _scope(challenge, repository)
    other = yield from fetched(challenge, scope, repository, known, shown, instead_of=token)
    second = yield request.authorized(f"Bearer {other.value}")
    if token.is_shared and elsewhere is None:
        known.wallet.opened_alone(answer.status, second.status)
    return readable(second, repository, known, shown)


def _scope(challenge: Challenge, repository: str) -> str:
    # The specification's form names the repository that was asked for; a few registries (Gitea) use one of their
    # own that is good for all repositories.
    asked = challenge.parameters.get("scope", "")
    return asked if asked and not asked.startswith("repository:") else scope_of(repository)
