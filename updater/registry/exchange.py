"""How does a question to a registry get its answer: at which place, with which authorization, in how many attempts?"""

from __future__ import annotations

import logging
import threading
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from updater.errors import (
    RegistryDenied,
    RegistryError,
    RegistryFailed,
    RegistryTimeout,
    RegistryUnreachable,
)
from updater.registry.acquaintance import Acquaintance
from updater.registry.attempts import tried_again
from updater.registry.authentication import authorized
from updater.registry.challenges import challenge_in
from updater.registry.hosts import origin_of, shown_host
from updater.registry.messages import root_request
from updater.registry.pacing import Pace, Weight
from updater.registry.places import places
from updater.registry.statuses import failure
from updater.registry.transport import Transport

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from updater.model.reference import ImageReference
    from updater.registry.access import RegistryAccess
    from updater.registry.connections import Deadline
    from updater.registry.credentials import CredentialSource
    from updater.registry.greeting import Greeting
    from updater.registry.messages import Answer, Request
    from updater.registry.places import Place

LOGGER = logging.getLogger("updater")


class Exchange:
    """Asks registries, and remembers of each where and how it wants to be asked. Shared by threads.

    `at_once` is how many requests any host has under way at most, `open_before` the origins that wanted nothing of
    anybody when they were last asked.
    """

    def __init__(
        self,
        credentials: CredentialSource,
        access: Mapping[str, RegistryAccess],
        *,
        timeout_seconds: float,
        at_once: int,
        open_before: frozenset[str] = frozenset(),
    ) -> None:
        self._credentials = credentials
        self._access = access
        self._timeout = timeout_seconds
        self._at_once = at_once
        self._open_before = open_before
        self._transport = Transport(access, connections=at_once)
        self._acquaintances: dict[tuple[str, str], Acquaintance] = {}
        self._paces: dict[str, Pace] = {}
        self._places: dict[str, tuple[Place, ...]] = {}
        self._settled: dict[str, str] = {}
        self._expected: dict[str, list[str]] = {}
        self._told: set[str] = set()
        self._lock = threading.Lock()

    def close(self) -> None:
        """Close all connections."""
        self._transport.close()

    def begin_cycle(self, references: Iterable[ImageReference]) -> None:
        """These are going to be asked for: one token may do for several, and earlier troubles may be over."""
        with self._lock:
            self._expected.clear()
            self._told.clear()
            for reference in references:
                for place in self._places_of(reference.registry):
                    repositories = self._expected.setdefault(place.registry, [])
                    repositories.append(place.repository(reference.repository))
            # Where there is a choice it is made anew: by now a registry may speak TLS, or speak it no longer.
            self._settled.clear()
            for pace in self._paces.values():
                pace.begin_cycle()
            for (registry, _), known in self._acquaintances.items():
                known.begin_cycle(self._expected.get(registry, ()))

    def openness(self) -> Mapping[str, bool]:
        """Of the origins that have said so: may anybody ask?"""
        with self._lock:
            told = {origin: known.is_open for (_, origin), known in self._acquaintances.items()}
        return {origin: is_open for origin, is_open in told.items() if is_open is not None}

    def greet(self, registry: str, deadline: Deadline) -> Greeting:
        """Ask the root of the registry's own API, with credentials where there are some; raises RegistryError."""
        from updater.registry.greeting import Greeting  # only `doctor` has a use for it

        *_, place = self._places_of(registry)
        # Plainly first: without credentials nothing more can be asked for than how to be asked.
        answer = self._at_some_origin(place, lambda origin: self._send(root_request(origin), deadline))
        if answer.status not in (200, 401, 403, 404):  # some hide the root and serve what is below it
            raise failure(answer, registry, "the root of its API")
        origin = self._settled[registry]
        known = self._acquaintance(place, origin)
        credentials = known.credentials()
        if credentials is not None and answer.status == 401:
            try:
                self._converse(place, origin, "", replace(root_request(origin), url=""), deadline)
            except RegistryDenied as error:
                # It need not show its root to whoever may read a repository; some answer so to wrong credentials, too.
                if known.has_rejected_credentials:
                    raise
                known.trouble = RegistryDenied(f"it did not say whether it takes the credentials ({error})")
        wanted = challenge_in(answer, origin)
        return Greeting(
            origin,
            wanted.scheme if wanted is not None else None,
            credentials is not None,
            credentials.username if credentials else "",
            str(known.trouble or ""),
            self._pace(urlsplit(origin).netloc.lower()).quota,
        )

    def ask(
        self,
        reference: ImageReference,
        request: Request,
        deadline: Deadline,
        read: Callable[[Answer], object] = lambda _answer: None,
    ) -> Answer:
        """The successful answer to a request whose URL is a path at the reference's registry.

        A mirror is asked first, and has half of the time; what `read` cannot make sense of is of no use. Temporary
        trouble is tried again a few times within the deadline. Raises RegistryError.
        """
        *mirrors, own = self._places_of(reference.registry)
        for mirror in mirrors:
            try:
                answer = self._persist(mirror, reference, request, deadline.within(deadline.remaining / 2))
                read(answer)
                return answer
            except RegistryError as error:
                self._tell_once(
                    f"the mirror {mirror.registry} was of no use ({error}); asked {reference.registry} itself"
                )
        return self._persist(own, reference, request, deadline)

    def _persist(self, place: Place, reference: ImageReference, request: Request, deadline: Deadline) -> Answer:
        try:
            return self._ask_once(place, reference, request, deadline)
        except RegistryError as error:
            first = error
        try:
            return tried_again(first, lambda: self._ask_once(place, reference, request, deadline), deadline)
        except RegistryUnreachable as error:
            # By the origin where the registry was most to be expected; its others have a pace of their own.
            self._pace(urlsplit(self._settled.get(place.registry, place.origins[0])).netloc.lower()).gives_up(error)
            raise

    def _ask_once(self, place: Place, reference: ImageReference, request: Request, deadline: Deadline) -> Answer:
        answer = self._at_some_origin(
            place, lambda origin: self._converse(place, origin, reference.repository, request, deadline)
        )
        if answer.status != 200:
            raise failure(answer, place.registry, str(reference))
        return answer

    def _at_some_origin(self, place: Place, ask: Callable[[str], Answer]) -> Answer:
        """Ask where the registry was found before; otherwise try its origins, and remember the one that answers.

        The first failure is the one to report: it is that of the origin where a registry was most to be expected.
        """
        if place.registry in self._settled:
            return ask(self._settled[place.registry])
        first_error: RegistryUnreachable | None = None
        refusal: Answer | None = None
        for origin in place.origins:
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
            self._settled[place.registry] = origin
            return answer
        if refusal is not None:
            return refusal
        assert first_error is not None
        raise first_error

    def _converse(self, place: Place, origin: str, repository: str, request: Request, deadline: Deadline) -> Answer:
        there = place.repository(repository)
        # An empty repository stands for the root of the API.
        at_origin = replace(request, url=f"{origin}/v2/{there}{request.url}")
        conversation = authorized(at_origin, there, self._acquaintance(place, origin))
        try:
            message = next(conversation)
            while True:
                try:
                    answer = self._send(message, deadline)
                except RegistryError as error:
                    message = conversation.throw(error)
                    continue
                if answer.status != 200 and origin_of(answer.url) != origin_of(message.url):
                    # What is said where contents are kept says nothing of whether the registry knows us.
                    raise _kept_elsewhere(answer, f"{place.registry}/{there}")
                message = conversation.send(answer)
        except StopIteration as end:
            counting: Answer = end.value
            return counting
        finally:
            # Whatever the conversation holds, others may be waiting for it.
            conversation.close()

    def _send(self, message: Request, deadline: Deadline) -> Answer:
        pace = self._pace(urlsplit(message.url).netloc.lower())
        return pace.send(
            lambda: self._transport.send(message, deadline.within(self._timeout)), deadline, _weight(message)
        )

    def _places_of(self, registry: str) -> tuple[Place, ...]:
        if registry not in self._places:
            self._places[registry] = places(registry, self._access)
        return self._places[registry]

    def _pace(self, host: str) -> Pace:
        with self._lock:
            if host not in self._paces:
                self._paces[host] = Pace(host, self._at_once)
            return self._paces[host]

    def _acquaintance(self, place: Place, origin: str) -> Acquaintance:
        with self._lock:
            if (place.registry, origin) not in self._acquaintances:
                known = Acquaintance(
                    place.registry,
                    origin,
                    self._credentials,
                    token_host=place.token_host,
                    patience=self._timeout,
                    was_open=origin in self._open_before,
                )
                known.begin_cycle(self._expected.get(place.registry, ()))
                self._acquaintances[place.registry, origin] = known
            return self._acquaintances[place.registry, origin]

    def _tell_once(self, text: str) -> None:
        with self._lock:
            if text in self._told:
                return
            self._told.add(text)
        LOGGER.info("%s", text)


def _kept_elsewhere(answer: Answer, what: str) -> RegistryError:
    registry = what.partition("/")[0]
    if answer.status not in (401, 403):
        return failure(answer, registry, what)
    # The next address that it gives may be good: they are signed for a moment only.
    return RegistryFailed(
        f"{registry} sent us for contents of {what} to {shown_host(answer.url)}, which answered {answer.status}; it is"
        " tried again in the next cycle"
    )


def _weight(message: Request) -> Weight:
    path = urlsplit(message.url).path
    if "/manifests/" not in path and "/blobs/" not in path:
        return Weight.NONE
    return Weight.DIGEST if message.method == "HEAD" else Weight.CONTENT
