"""What is published under a reference? The questions the program asks of a registry.

Endpoints: OCI distribution spec, "Pulling manifests" (end-3), "Pulling blobs" (end-2), "Listing Tags" (end-8).
"""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

from updater.errors import ImageNotFound, RegistryAnswerInvalid, RegistryError
from updater.model.digest import digest_of, parse_digest
from updater.model.published import Published
from updater.model.silence import unheard
from updater.registry.connections import Deadline
from updater.registry.exchange import Exchange
from updater.registry.media_types import refuse_schema_1
from updater.registry.messages import manifest_request

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from types import TracebackType

    from updater.model.digest import Digest
    from updater.model.platform import Platform
    from updater.model.published_content import ImageConfiguration, PublishedImage, PublishedTags
    from updater.model.reference import ImageReference
    from updater.model.silence import Silence
    from updater.registry.access import RegistryAccess
    from updater.registry.credentials import CredentialSource
    from updater.registry.greeting import Greeting
    from updater.registry.manifests import Index, Manifest
    from updater.registry.messages import Answer
    from updater.registry.reading import Reading

# How servers answer HEAD that know GET only: old Nexus, file servers.
_NOT_BY_HEAD = frozenset({400, 404, 405, 501})
LOGGER = logging.getLogger("updater")


class RegistryClient:
    """Holds connections and tokens for as long as it is open; may be used by many threads at once.

    `timeout_seconds` bounds each request by the clock on the wall: name, connection, headers and body; one whole
    question (attempts, tokens, redirects) ends within twice that.
    `access` is keyed by registry as references spell it; `at_once` is how many requests a host has under way at most;
    `open_before` is what `openness` told another time: such a registry is asked by many at once from the beginning, not
    first by one. `silence` hears of each question for how long it may be silent.
    """

    def __init__(
        self,
        credentials: CredentialSource,
        access: Mapping[str, RegistryAccess] | None = None,
        *,
        timeout_seconds: float = 15.0,
        at_once: int = 16,
        open_before: frozenset[str] = frozenset(),
        silence: Silence = unheard,
    ) -> None:
        self._exchange = Exchange(
            credentials, access or {}, timeout_seconds=timeout_seconds, at_once=at_once, open_before=open_before
        )
        self._question_seconds = 2 * timeout_seconds
        self._silence = silence

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._exchange.close()

    def begin_cycle(self, references: Iterable[ImageReference]) -> None:
        """Say which references are going to be asked for, so that one token serves many of them.

        Hosts that were given up, and credentials that were rejected, are tried again.
        """
        self._exchange.begin_cycle(references)

    def openness(self) -> Mapping[str, bool]:
        """Of the origins (`https://registry.example.org`) that were asked and have said so: may anybody ask?"""
        return self._exchange.openness()

    def published(self, reference: ImageReference) -> Published:
        """The digest that the reference's tag points at now; one HEAD where the registry wants no token.

        The digest is what the registry claims: whoever pulls by it gets that content or nothing. Raises RegistryError.
        """
        with self._silence(self._question_seconds), _understood(reference.registry):
            return self._published(reference, Deadline(self._question_seconds))

    def _published(self, reference: ImageReference, deadline: Deadline) -> Published:
        wanted = reference.tag or reference.digest or ""
        try:
            answer = self._exchange.ask(reference, manifest_request("HEAD", wanted), deadline)
        except (ImageNotFound, RegistryAnswerInvalid) as error:
            if error.status not in _NOT_BY_HEAD:
                raise
            return self._published_by_content(reference, wanted, deadline)
        refuse_schema_1(answer.headers.get("content-type", ""))
        try:
            return Published(reference, parse_digest(answer.headers.get("docker-content-digest", "")))
        except ValueError:
            # Some proxies drop the header, which the specification only recommends: the content tells.
            return self._published_by_content(reference, wanted, deadline)

    def _published_by_content(self, reference: ImageReference, wanted: str, deadline: Deadline) -> Published:
        answer = self._exchange.ask(reference, manifest_request("GET", wanted), deadline, _read_manifest)
        _read_manifest(answer)
        return Published(reference, digest_of(answer.body))

    def image(self, reference: ImageReference, digest: Digest, platform: Platform) -> PublishedImage:
        """The image for this platform under the digest, every byte checked against the digest it was asked by.

        Raises PlatformMissing, DigestMismatch and any other RegistryError.
        """
        with self._silence(self._question_seconds), _understood(reference.registry):
            return self._reading(reference).image(digest, platform)

    def configuration(self, reference: ImageReference, digest: Digest) -> ImageConfiguration:
        """The configuration under this digest, read from the reference's repository; raises RegistryError."""
        with self._silence(self._question_seconds), _understood(reference.registry):
            return self._reading(reference).configuration(digest)

    def _reading(self, reference: ImageReference) -> Reading:
        from updater.registry.reading import Reading  # a check of what has not changed has no use for it, nor for tags

        return Reading(self._exchange, reference, Deadline(self._question_seconds))

    def tags(self, reference: ImageReference) -> PublishedTags:
        """The tags of the reference's repository. Raises RegistryError."""
        with self._silence(self._question_seconds), _understood(reference.registry):
            from updater.registry.tags import list_tags

            return list_tags(self._exchange, reference, Deadline(self._question_seconds))

    def greet(self, registry: str) -> Greeting:
        """Whether the registry answers, and takes our credentials where there are some. Raises RegistryError."""
        with _understood(registry):
            return self._exchange.greet(registry, Deadline(self._question_seconds))


def _read_manifest(answer: Answer) -> Index | Manifest:
    from updater.registry.manifests import parse_manifest

    return parse_manifest(answer.body, answer.headers.get("content-type", ""))


@contextmanager
def _understood(registry: str) -> Iterator[None]:
    """What a registry says is text from outside: should any of it be too much for this program, that is one image's
    trouble, and no reason to leave all the others unchecked."""
    try:
        yield
    except RegistryError:
        raise
    except Exception as error:
        LOGGER.debug("while asking %s", registry, exc_info=True)
        raise RegistryAnswerInvalid(
            f"{registry} was not understood ({type(error).__name__}), which is a defect of this program; please report"
            " it, with what log_level debug shows"
        ) from error
