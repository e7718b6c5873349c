"""Which tags does a repository have? (OCI distribution spec, "Listing Tags", end-8a and end-8b)"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from updater.errors import ImageNotFound, RegistryAnswerInvalid
from updater.model.published_content import PublishedTags
from updater.model.reference import is_tag
from updater.registry.messages import LARGEST_TAGS_PAGE, Answer, Redirects, Request
from updater.registry.strict_json import parse_object

if TYPE_CHECKING:
    from collections.abc import Callable

    from updater.model.reference import ImageReference
    from updater.registry.connections import Deadline
    from updater.registry.exchange import Exchange

_MOST_PAGES = 50
_PAGE_SIZE = 1000
# How a page is refused that is longer than the operator allows: distribution 3.1 with `tags.maxtags`, ECR, Quay.
_TOO_MANY = frozenset({400, 405, 413})
# RFC 8288; of no other form is any registry known. The relation may stand among other parameters.
_NEXT = re.compile(r'<([^<>]{1,4096})>[^,<>]*;\s*rel="?next"?(?:[\s;,]|$)', re.IGNORECASE)


def list_tags(exchange: Exchange, reference: ImageReference, deadline: Deadline) -> PublishedTags:
    """All tags of the reference's repository, each once, in the registry's order; raises RegistryError.

    1. A registry that serves smaller pages only, and refuses ours instead of shortening it, chooses the size itself.
    2. The next page is what `Link` says: only its query is taken over, and asked for where the first page was.
    3. Some registries end a full page without a Link; then it is asked for what comes after the last tag, and where
       that is refused or brings nothing new (they know no pages), for the whole list.
    4. A page may be empty and yet lead on. Where the registry goes in a circle it ends, and so it does after 50 pages;
       then the list is not complete.
    """

    def page_at(query: str) -> Answer:
        return exchange.ask(reference, _page_request(query), deadline, lambda answer: parse_page(answer.body))

    listing = _Listing(page_at)
    try:
        listing.read(f"n={_PAGE_SIZE}")
    except RegistryAnswerInvalid as error:
        if listing.found or error.status not in _TOO_MANY:
            raise
        listing.read("")
    while listing.ends_full and listing.goes_on():
        pass
    return PublishedTags(tuple(listing.found), is_complete=listing.is_complete)


class _Listing:
    """The tags found so far, and whether there could be more."""

    def __init__(self, page_at: Callable[[str], Answer]) -> None:
        self._page_at = page_at
        self._asked: set[str] = set()
        self._last_page: list[str] = []
        self.found: dict[str, None] = {}
        self.is_complete = True

    @property
    def ends_full(self) -> bool:
        """The last page was as long as it may be, so that more could follow."""
        return len(self._last_page) == _PAGE_SIZE and self.is_complete

    def read(self, query: str) -> None:
        """Read this page, and those that the links lead to."""
        follows: str | None = query
        while follows is not None and follows not in self._asked:
            if len(self._asked) == _MOST_PAGES:
                self.is_complete = False
                return
            answer = self._page_at(follows)
            self._asked.add(follows)
            self._last_page = parse_page(answer.body)
            self.found.update(dict.fromkeys(self._last_page))
            follows = next_query(answer)

    def goes_on(self) -> bool:
        """Read what no link leads to; whether that brought anything new. Nothing promises that it can be had."""
        known = len(self.found)
        for query in (f"n={_PAGE_SIZE}&last={quote(self._last_page[-1], safe='')}", ""):
            try:
                self.read(query)
            except (RegistryAnswerInvalid, ImageNotFound):
                self.is_complete = bool(query)
            if len(self.found) > known:
                return True
        return False


def parse_page(body: bytes) -> list[str]:
    """The tags of one page, without whatever is none; raises RegistryAnswerInvalid."""
    tags = parse_object(body, "the list of tags").get("tags")
    if tags is None:  # how distribution says that there are none
        return []
    if not isinstance(tags, list):
        raise RegistryAnswerInvalid("the list of tags holds no list; ask the registry's operator")
    return [tag for tag in tags if isinstance(tag, str) and is_tag(tag)]


def next_query(answer: Answer) -> str | None:
    """The query of the next page; None where there is none. Raises RegistryAnswerInvalid for what is no address."""
    match = _NEXT.search(answer.headers.get("link", "")[:16384])
    if match is None:
        return None
    try:
        # Behind a proxy a registry may take an inner address for its own, or put a path of its own before `/v2/`.
        return urlsplit(match[1]).query or None
    except ValueError:
        raise RegistryAnswerInvalid("the next page of the list of tags is at no address; ask its operator") from None


def _page_request(query: str) -> Request:
    path = f"/tags/list?{query}" if query else "/tags/list"
    return Request("GET", path, largest=LARGEST_TAGS_PAGE, redirects=Redirects.SAME_ORIGIN)
