"""Which tags does a repository have? (OCI distribution spec, "Listing Tags", end-8a and end-8b)"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote, urljoin, urlsplit

from updater.errors import RegistryAnswerInvalid
from updater.model.published import PublishedTags
from updater.model.reference import is_tag
from updater.registry.hosts import host_name
from updater.registry.messages import LARGEST_TAGS_PAGE, Answer, Redirects, Request
from updater.registry.strict_json import parse_object

if TYPE_CHECKING:
    from updater.model.reference import ImageReference
    from updater.registry.connections import Deadline
    from updater.registry.exchange import Exchange

_MOST_PAGES = 50
_PAGE_SIZE = 1000
# How a page is refused that is longer than the operator allows (distribution 3.1, `tags.maxtags`).
_TOO_MANY = frozenset({400, 413})
# RFC 8288; of no other form is any registry known. The relation may stand among other parameters.
_NEXT = re.compile(r'<([^<>]{1,4096})>[^,<>]*;\s*rel="?next"?(?:[\s;,]|$)', re.IGNORECASE)


def list_tags(exchange: Exchange, reference: ImageReference, deadline: Deadline) -> PublishedTags:
    """All tags of the reference's repository, each once, in the registry's order; raises RegistryError.

    1. A registry that serves smaller pages only, and refuses ours instead of shortening it, chooses the size itself.
    2. The next page is where `Link` says, on the same host and path: only its query is taken over.
    3. Some registries end a full page without a Link; then it is asked for what comes after the last tag.
    4. A page may be empty and yet lead on. Where the registry goes in a circle it ends, and so it does after 50 pages;
       then the list is not complete.
    """

    def page_at(query: str) -> Answer:
        return exchange.ask(reference, _page_request(query), deadline, lambda answer: parse_page(answer.body))

    found: dict[str, None] = {}
    query, asked = f"n={_PAGE_SIZE}", set[str]()
    for _ in range(_MOST_PAGES):
        try:
            answer = page_at(query)
        except RegistryAnswerInvalid as error:
            if asked or error.status not in _TOO_MANY:
                raise
            answer = page_at("")
        asked.add(query)
        page = parse_page(answer.body)
        before = len(found)
        found.update(dict.fromkeys(page))
        follows = next_query(answer)
        if follows is None and len(page) == _PAGE_SIZE and len(found) > before:
            follows = f"n={_PAGE_SIZE}&last={quote(page[-1], safe='')}"
        if follows is None or follows in asked:
            return PublishedTags(tuple(found), is_complete=True)
        query = follows
    return PublishedTags(tuple(found), is_complete=False)


def parse_page(body: bytes) -> list[str]:
    """The tags of one page, without whatever is none; raises RegistryAnswerInvalid."""
    tags = parse_object(body, "the list of tags").get("tags")
    if tags is None:  # how distribution says that there are none
        return []
    if not isinstance(tags, list):
        raise RegistryAnswerInvalid("the list of tags holds no list; ask the registry's operator")
    return [tag for tag in tags if isinstance(tag, str) and is_tag(tag)]


def next_query(answer: Answer) -> str | None:
    """The query of the next page; None where there is none. Raises RegistryAnswerInvalid for one elsewhere."""
    match = _NEXT.search(answer.headers.get("link", "")[:16384])
    if match is None:
        return None
    try:
        target = urljoin(answer.url, match[1])
        query = urlsplit(target).query
    except ValueError:
        target = query = ""
    # Behind a proxy a registry may take https for http; nothing is asked there but what it was asked before.
    if not target or host_name(target) != host_name(answer.url):
        raise RegistryAnswerInvalid("the next page of the list of tags is said to be on another host; not followed")
    return query or None


def _page_request(query: str) -> Request:
    path = f"/tags/list?{query}" if query else "/tags/list"
    return Request("GET", path, largest=LARGEST_TAGS_PAGE, redirects=Redirects.SAME_ORIGIN)
