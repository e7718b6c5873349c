"""Which image lies under this digest for this platform? From the index down to the configuration, bytes verified."""

from __future__ import annotations

from typing import TYPE_CHECKING

from updater.errors import ImageNotFound, RegistryAnswerInvalid
from updater.model.published_content import PublishedImage
from updater.registry.configuration import parse_configuration
from updater.registry.manifests import Manifest, parse_manifest, verify
from updater.registry.messages import LARGEST_CONFIG, Redirects, Request, manifest_request
from updater.registry.platforms import candidates, matches, missing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from updater.model.digest import Digest
    from updater.model.platform import Platform
    from updater.model.published_content import ImageConfiguration
    from updater.model.reference import ImageReference
    from updater.registry.connections import Deadline
    from updater.registry.exchange import Exchange
    from updater.registry.manifests import Index

# An honest image needs two (index, manifest), nested indexes a few more; a hostile one gets no further than this.
_MOST_DOCUMENTS = 8


class Reading:
    """One image being read, within the deadline and a number of documents."""

    def __init__(self, exchange: Exchange, reference: ImageReference, deadline: Deadline) -> None:
        self._exchange = exchange
        self._reference = reference
        self._deadline = deadline
        self._documents = 0
        self._offered: set[Platform] = set()

    def image(self, digest: Digest, platform: Platform) -> PublishedImage:
        """The image for the platform; raises PlatformMissing, DigestMismatch and any other RegistryError.

        1. Fetch the document. An index: go on with its entries for the platform, then with those that name none.
        2. A manifest that an index names for the platform is the one, since the engine goes by the index.
        3. Of any other manifest the configuration tells for which platform it is.
        """
        for found, named_for, manifest in self._manifests(digest, None, platform):
            try:
                configuration = self.configuration(manifest.config)
            except RegistryAnswerInvalid:
                if named_for is not None or found == digest:
                    raise
                continue  # something else beside the images: an attestation, a chart
            if configuration.platform is None:
                if found == digest:
                    raise RegistryAnswerInvalid(f"{self._reference} is no container image; check the name and the tag")
            elif named_for is not None or matches(configuration.platform, platform):
                return PublishedImage(digest, found, manifest.config, configuration.created, configuration.config)
            else:
                self._offered.add(configuration.platform)
        raise missing(str(self._reference), platform, self._offered)

    def configuration(self, digest: Digest) -> ImageConfiguration:
        """The configuration under this digest; raises DigestMismatch and any other RegistryError."""
        # Registries keep blobs in stores of other names and redirect there.
        request = Request("GET", f"/blobs/{digest}", largest=LARGEST_CONFIG, redirects=Redirects.OTHER_HOSTS)
        answer = self._exchange.ask(self._reference, request, self._deadline)
        return parse_configuration(verify(answer.body, digest, f"the configuration of {self._reference}"))

    def _manifests(
        self, digest: Digest, named_for: Platform | None, platform: Platform
    ) -> Iterator[tuple[Digest, Platform | None, Manifest]]:
        document = self._document(digest)
        if isinstance(document, Manifest):
            yield digest, named_for, document
            return
        self._offered |= {entry.platform for entry in document.entries if entry.platform}
        for entry in candidates(document.entries, platform):
            try:
                if entry.digest is None:
                    raise RegistryAnswerInvalid(
                        f"{self._reference} points for {platform} to something without a digest and a size that are "
                        "understood here; ask its publisher"
                    )
                yield from self._manifests(entry.digest, entry.platform, platform)
            except (ImageNotFound, RegistryAnswerInvalid):
                if entry.platform is not None or self._documents > _MOST_DOCUMENTS:
                    raise
                # Something else beside the images, of a kind that is not asked for.

    def _document(self, digest: Digest) -> Index | Manifest:
        self._documents += 1
        if self._documents > _MOST_DOCUMENTS:
            raise RegistryAnswerInvalid(f"{self._reference} is an index of too many indexes; ask its publisher")
        answer = self._exchange.ask(self._reference, manifest_request("GET", digest), self._deadline)
        verify(answer.body, digest, f"the manifest of {self._reference}")
        return parse_manifest(answer.body, answer.headers.get("content-type", ""))
