"""Which token opens which repository, and for how many repositories may one token be asked?

The token protocol lets a request name several scopes ("Token Authentication Specification", `scope`), but a service
may grant only one of them, refuse the request, or give a token that is too long for the registry. So it is tried with
all repositories of the cycle, and taken back as far as the answers demand; whatever one token does not open is asked
for alone, so that no repository pays for its neighbours.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from updater.registry.tokens import Token

# Characters of scopes in one request. Servers bound the length of a request line and of a header, and a token that
# names its scopes is longer than they are; this is room for some four hundred repositories.
_LONGEST_SCOPES = 16 * 1024
# Statuses by which servers say that a line or a header is too long (494 is nginx's own).
_TOO_LONG = frozenset({413, 414, 431, 494})
# The request itself was not understood; or there is a token, but it was cut off on the way.
_NOT_UNDERSTOOD = 400
# How a service may answer that it does not do several scopes, or not these together.
_NOT_TOGETHER = frozenset({401, 403, 404, 405, 422, 500, 501})


class Wallet:
    """The tokens of one registry, shared by threads. `patience`: seconds to wait for what another is fetching."""

    def __init__(self, patience: float) -> None:
        self.tokens: dict[str, Token] = {}
        self._patience = patience
        self._expected: tuple[str, ...] = ()
        self._together: int | None = None
        self._works_together = False
        self._went_unanswered = False
        self._is_doubtful = False
        self._has_fetched = False
        self._opened: set[tuple[str, str]] = set()
        self._locks: dict[str, threading.Lock] = {}

    def expect(self, scopes: Iterable[str]) -> None:
        """A cycle begins, in which these are going to be asked for."""
        self._expected = tuple(dict.fromkeys(scopes))
        self._has_fetched = self._went_unanswered = False
        self._opened.clear()

    def leave_alone(self, scope: str) -> None:
        """This scope is another service's, and comes along with no other."""
        self._expected = tuple(other for other in self._expected if other != scope)

    def usable(self, scope: str, *, other_than: Token | None = None) -> Token | None:
        """A token for this scope that has not come to its end."""
        token = self.tokens.get(scope)
        return token if token is not None and token is not other_than and token.is_usable else None

    @contextmanager
    def fetching(self, scope: str) -> Iterator[None]:
        """Held by the one who fetches the token of this scope: of all scopes, where one token may serve them.

        So it is with the first token of a cycle, too: what comes of it tells the others what to do.
        """
        is_shared = self._together != 1 and not self._went_unanswered
        lock = self._locks.setdefault("" if is_shared or not self._has_fetched else scope, threading.Lock())
        with held(lock, self._patience):
            yield

    def scopes_with(self, scope: str) -> tuple[str, ...]:
        """This scope, and those of the cycle that could come along in its token."""
        if scope not in self._expected or self._is_doubtful or self._went_unanswered:
            return (scope,)
        waiting = (other for other in self._expected if other != scope and self.usable(other) is None)
        scopes, length = [scope], len(scope)
        for other in waiting:
            length += len(other)
            if length > _LONGEST_SCOPES or len(scopes) == self._together:
                break
            scopes.append(other)
        return tuple(scopes)

    def put(self, token: Token) -> None:
        """Keep a token for all that it was asked for."""
        self.tokens.update(dict.fromkeys(token.scopes, token))
        self._has_fetched = True

    def gives_up(self, scopes: tuple[str, ...], status: int) -> bool:
        """Whether a token service's refusal may be meant for the number of scopes; fewer are asked for from then on."""
        if len(scopes) == 1:
            return False
        if status in _TOO_LONG or status == _NOT_UNDERSTOOD:
            self._lessen(len(scopes))
            return True
        if status in _NOT_TOGETHER:
            self._together = 1
            return True
        return False

    def goes_unanswered(self, scopes: tuple[str, ...]) -> bool:
        """Whether the number of scopes may be why the connection broke (some fronts do not answer what is too long).

        It may also be a passing trouble, so that it counts for this cycle only.
        """
        self._went_unanswered = self._went_unanswered or len(scopes) > 1
        return len(scopes) > 1

    def refuses(self, token: Token, scope: str, status: int) -> bool:
        """Whether the registry's answer may be due to the token, so that another one could get a better answer."""
        if status == 401:
            self._doubt(token)
            return True
        if not token.is_shared:
            return False
        if status == 200:
            # A token that opened two repositories was granted for several; what it does not open is not ours to see.
            self._opened.add((token.value, scope))
            if sum(value == token.value for value, _ in self._opened) > 1:
                self._works_together, self._is_doubtful = True, False
            return False
        if status in _TOO_LONG or status == _NOT_UNDERSTOOD:
            self._lessen(len(token.scopes))
            return True
        return status in (403, 404) and not self._works_together

    def opened_alone(self, before: int, after: int) -> None:
        """A token for this repository alone got `after`, where one for several had got `before`."""
        self._is_doubtful = False
        if before in (401, 403, 404) and after not in (before, 401, 403) and not self._works_together:
            self._together = 1

    def _doubt(self, token: Token) -> None:
        """Perhaps it opens the first repository only: until that is known nobody else tries it in vain."""
        if not token.is_shared or self._works_together:
            return
        self._is_doubtful = True
        opened = {scope for value, scope in self._opened if value == token.value}
        for scope in token.scopes:
            if scope not in opened and self.tokens.get(scope) is token:
                del self.tokens[scope]

    def _lessen(self, number: int) -> None:
        self._together = max(1, min(self._together or number, number // 2))


@contextmanager
def held(lock: threading.Lock, patience: float) -> Iterator[None]:
    """Hold the lock, or go on without it: that costs a request more, waiting for ever would cost the whole check."""
    is_held = lock.acquire(timeout=patience)
    try:
        yield
    finally:
        if is_held:
            lock.release()
