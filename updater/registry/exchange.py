"""How does a question to a registry get its answer: at which origin, with which authorization, in how many attempts?"""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from updater.errors import RegistryError, RegistryRateLimited, RegistryTimeout, RegistryUnreachable
from updater.registry.authentication import Acquaintance, authorized
from updater.registry.hosts import origins
from updater.registry.statuses import failure
from updater.registry.transport import Transport

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from updater.model.reference import ImageReference
    from updater.registry.access import RegistryAccess
    from updater.registry.connections import Deadline
    from updater.registry.credentials import CredentialSource
    from updater.registry.messages import Answer, Request

_ATTEMPTS = 3
# A registry that wants a longer pause, in seconds, gets it: it is asked again in the next cycle only.
_LONGEST_PAUSE = 3.0
_backoff = wait_random_exponential(multiplier=0.2, max=2)


class Exchange:
    """Asks registries, and remembers of each where and how it wants to be asked. Shared by threads."""

    def __init__(
        self, credentials: CredentialSource, access: Mapping[str, RegistryAccess], *, timeout_seconds: float
    ) -> None:
        self._credentials = credentials
        self._access = access
        self._timeout = timeout_seconds
        self._transport = Transport(access)
        self._acquaintances: dict[tuple[str, str], Acquaintance] = {}
        self._settled: dict[str, str] = {}
        self._lock = threading.Lock()

    def close(self) -> None:
        """Close all connections."""
        self._transport.close()

    def ask(self, reference: ImageReference, request: Request, deadline: Deadline) -> Answer:
        """The successful answer to a request whose URL is a path at the reference's registry.

        Temporary trouble is tried again a few times within the deadline. Raises RegistryError.
        """
        attempts = Retrying(
            stop=lambda state: stop_after_attempt(_ATTEMPTS)(state) or _pause(state) >= deadline.remaining,
            wait=_pause,
            retry=retry_if_exception(_is_worth_another),
            reraise=True,
        )
        return attempts(self._ask_once, reference, request, deadline)

    def _ask_once(self, reference: ImageReference, request: Request, deadline: Deadline) -> Answer:
        answer = self._at_some_origin(
            reference.registry, lambda origin: self._converse(origin, reference, request, deadline)
        )
        if answer.status != 200:
            raise failure(answer, reference.registry, str(reference))
        return answer

    def _at_some_origin(self, registry: str, ask: Callable[[str], Answer]) -> Answer:
        """Ask where the registry was found before; otherwise try its origins, and remember the one that answers.

        The first failure is the one to report: it is that of the origin where a registry was most to be expected.
        """
        if registry in self._settled:
            return ask(self._settled[registry])
        first_error: RegistryUnreachable | None = None
        refusal: Answer | None = None
        for origin in origins(registry, self._access.get(registry)):
            try:
                answer = ask(origin)
            except RegistryUnreachable as error:
                first_error = first_error or error
                # A server that took the question and is slow to answer is no reason to look elsewhere.
                if isinstance(error, RegistryTimeout) and origin.startswith("http://"):
                    break
                continue
            if answer.status == 400 and origin.startswith("http://"):
                # How a TLS server answers plain http. Only if no other origin answers was it meant.
                refusal = refusal or answer
                continue
            self._settled[registry] = origin
            return answer
        if refusal is not None:
            return refusal
        assert first_error is not None
        raise first_error

    def _converse(self, origin: str, reference: ImageReference, request: Request, deadline: Deadline) -> Answer:
        at_origin = replace(request, url=origin + request.url)
        conversation = authorized(at_origin, reference.repository, self._acquaintance(reference.registry, origin))
        try:
            message = next(conversation)
            while True:
                answer = self._transport.send(message, deadline.within(self._timeout))
                message = conversation.send(answer)
        except StopIteration as end:
            counting: Answer = end.value
            return counting
        finally:
            # Whatever the conversation holds, others may be waiting for it.
            conversation.close()

    def _acquaintance(self, registry: str, origin: str) -> Acquaintance:
        access = self._access.get(registry)
        with self._lock:
            if (registry, origin) not in self._acquaintances:
                self._acquaintances[registry, origin] = Acquaintance(
                    registry,
                    origin,
                    self._credentials,
                    token_host=access.token_host if access else None,
                    patience=self._timeout,
                )
            return self._acquaintances[registry, origin]


def _is_worth_another(error: BaseException) -> bool:
    if not isinstance(error, RegistryError) or not error.temporary:
        return False
    if isinstance(error, RegistryRateLimited) and error.retry_after is None:
        return False
    return error.retry_after is None or error.retry_after <= _LONGEST_PAUSE


def _pause(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    asked_for = error.retry_after if isinstance(error, RegistryError) else None
    return max(_backoff(state), asked_for or 0.0)
