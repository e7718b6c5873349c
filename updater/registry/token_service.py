"""What has to be said to a token service, and what may it see?

Parts of a conversation (see authentication.py): they yield requests, and are sent their answers.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from updater.errors import RegistryAnswerInvalid, RegistryDenied, RegistryUnreachable
from updater.registry import denials
from updater.registry.hosts import shown_host
from updater.registry.realms import Trust, trust
from updater.registry.statuses import failure
from updater.registry.tokens import Token, parse_token, token_request

if TYPE_CHECKING:
    from collections.abc import Generator

    from updater.registry.acquaintance import Acquaintance
    from updater.registry.challenges import Challenge
    from updater.registry.credentials import Credentials
    from updater.registry.messages import Answer, Request


@dataclass(frozen=True, slots=True)
class Shown:
    """What the token service may see. `withheld_from` is its host, where there is more that it may not see."""

    credentials: Credentials | None
    withheld_from: str = ""


def shown_to(known: Acquaintance, challenge: Challenge) -> Shown:
    """What the service that the challenge names may see; raises RegistryAnswerInvalid where it is not even asked."""
    realm = challenge.parameters["realm"]
    trusted = trust(realm, known.origin, known.token_host)
    host = shown_host(realm)
    if trusted is Trust.REFUSED:
        raise RegistryAnswerInvalid(
            f"{known.registry} sends us for a token to a place that is refused ({host or 'no address'}: plain http, "
            "an inner address, or none at all); ask its operator"
        )
    credentials = known.credentials()
    if credentials is not None and trusted is not Trust.CREDENTIALS:
        return Shown(None, withheld_from=host)
    return Shown(credentials)


def fetched(
    challenge: Challenge,
    scope: str,
    repository: str,
    known: Acquaintance,
    shown: Shown,
    instead_of: Token | None = None,
) -> Generator[Request, Answer, Token]:
    """A token for the scope: one that others have fetched, or a new one, that may serve them too (wallet.py).

    Raises RegistryDenied, RegistryAnswerInvalid, and what `failure` makes of any other answer.
    """
    wallet = known.wallet
    with wallet.fetching(scope):
        if known.has_rejected_credentials:
            raise denials.rejected(known.registry)
        found = wallet.usable(scope, other_than=instead_of)
        if found is not None:
            return found  # another conversation fetched it in the meantime
        is_introduced = not scope
        while True:
            scopes = wallet.scopes_with(scope) if instead_of is None else (scope,)
            asked_at = time.monotonic()
            try:
                answer = yield token_request(challenge, scopes, shown.credentials)
            except RegistryUnreachable as error:
                if not error.temporary or not wallet.goes_unanswered(scopes):
                    raise
                continue
            if answer.status == 401 and not is_introduced:
                yield from _introduced(challenge, known, shown)
                is_introduced = True
            if answer.status == 200 or not wallet.gives_up(scopes, answer.status):
                break
        _check_token_answer(answer, repository, known, shown)
        token = parse_token(answer.body, asked_at, scopes)
        wallet.put(token)
        known.has_accepted_password = known.has_accepted_password or shown.credentials is not None
        return token


def _introduced(challenge: Challenge, known: Acquaintance, shown: Shown) -> Generator[Request, Answer, None]:
    """Are the credentials wrong, or not good for these repositories? Some services (Portus) answer 401 to both.

    Without a scope a token service only says whether it knows the user; `docker login` asks so.
    """
    if shown.credentials is None or known.has_accepted_password:
        return
    answer = yield token_request(challenge, (), shown.credentials)
    known.has_accepted_password = answer.status == 200
    if answer.status == 401:
        known.has_rejected_credentials = True
        raise denials.rejected(known.registry)


def _check_token_answer(answer: Answer, repository: str, known: Acquaintance, shown: Shown) -> None:
    if answer.status == 200:
        return
    # 400 is how Oauth2 says that an identity token is no longer good (RFC 6749, 5.2).
    is_spent = answer.status == 400 and shown.credentials is not None and bool(shown.credentials.identity_token)
    if is_spent or (answer.status == 401 and shown.credentials is not None and not known.has_accepted_password):
        known.has_rejected_credentials = True
        raise denials.rejected(known.registry)
    if answer.status == 404:
        # Some (Scaleway's) answer so where they know no such repository.
        unknown = f"knows nothing of {repository}, or " if repository else ""
        raise RegistryAnswerInvalid(
            f"the token service that {known.registry} names {unknown}is not there; check the name, or ask its operator"
        )
    readable(answer, repository, known, shown)
    raise failure(answer, known.registry, "a token")


def readable(answer: Answer, repository: str, known: Acquaintance, shown: Shown) -> Answer:
    """The answer, if it is no refusal; raises RegistryDenied, which says what would help."""
    if answer.status not in (401, 403):
        return answer
    if shown.withheld_from:
        raise denials.withheld(known.registry, shown.withheld_from)
    if shown.credentials is None:
        raise needed(known, repository)
    raise denials.forbidden(known.registry, repository)


def needed(known: Acquaintance, repository: str) -> RegistryDenied:
    """That credentials are needed; or, where there should have been some, why they could not be had."""
    return denials.needed(known.registry, repository) if known.trouble is None else RegistryDenied(str(known.trouble))
