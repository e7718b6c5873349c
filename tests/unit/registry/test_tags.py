"""Which tags does a repository have? Against the fake registry, in all the ways in which lists are told."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rig.fake_server import Fault, Reply, Server
from tests.unit.registry.conftest import at, user_of
from updater.errors import ImageNotFound, RegistryAnswerInvalid, RegistryError
from updater.registry.messages import Answer
from updater.registry.tags import next_query, parse_page

if TYPE_CHECKING:
    from collections.abc import Callable

    from rig.fake_registry import FakeRegistry
    from rig.fake_server import Seen
    from updater.registry.client import RegistryClient

MANY = [f"1.{number:03}" for number in range(250)]
PATH = "/v2/team/app/tags/list"


@pytest.mark.parametrize("links", ["path", "url"])
@pytest.mark.parametrize("longest_page", [1, 7, 100, 250, 1000])
def test_pages_are_followed(registry: FakeRegistry, client: RegistryClient, links: str, longest_page: int) -> None:
    registry.links, registry.longest_page = links, longest_page
    tags = MANY if longest_page >= 7 else MANY[:20]
    registry.push("team/app", *tags)
    found = client.tags(at(registry, "team/app:1.000"))
    assert found.names == tuple(tags)
    assert found.is_complete
    assert registry.count("GET", "tags/list") == -(-len(tags) // longest_page)


def test_a_registry_that_gives_all_at_once_is_asked_once(registry: FakeRegistry, client: RegistryClient) -> None:
    registry.push("team/app", "latest", *MANY)
    assert set(client.tags(at(registry, "team/app")).names) == {"latest", *MANY}
    assert registry.count("GET") == 1


@pytest.mark.parametrize("status", [400, 405, 413])
def test_a_registry_that_refuses_long_pages_chooses_their_length(
    registry: FakeRegistry, client: RegistryClient, status: int
) -> None:
    registry.longest_page, registry.refuses_longer_pages = 100, status
    registry.push("team/app", *MANY)
    found = client.tags(at(registry, "team/app"))
    assert found.names == tuple(MANY)
    assert found.is_complete
    assert [seen.path.partition("?")[2] for seen in registry.seen] == [
        "n=1000",
        "",
        "last=1.099&n=100",
        "last=1.199&n=100",
    ]


def test_a_later_page_that_is_refused_is_an_error(registry: FakeRegistry, client: RegistryClient) -> None:
    first = Reply(200, {"Link": f'<{PATH}?page=2>; rel="next"'}, json.dumps({"tags": ["1"]}).encode())
    registry.reply = lambda seen: first if seen.path.endswith("n=1000") else Reply(400)  # type: ignore[method-assign]
    with pytest.raises(RegistryAnswerInvalid, match="400"):
        client.tags(at(registry, "team/app"))
    assert [seen.path.partition("?")[2] for seen in registry.seen] == ["n=1000", "page=2"]


@pytest.mark.parametrize("honours_n", [True, False])
def test_a_full_page_without_a_link(registry: FakeRegistry, client: RegistryClient, honours_n: bool) -> None:
    tags = [f"{number:05}" for number in range(2500 if honours_n else 1000)]
    registry.push("team/app", *tags)
    registry.links = "none"
    if not honours_n:
        registry.faults[PATH] = Fault(body=json.dumps({"tags": tags}).encode())
    assert client.tags(at(registry, "team/app")).names == tuple(tags)
    assert registry.count("GET") == 3


@pytest.mark.parametrize(
    ("after_the_last", "whole", "found"),
    [
        # GCR and others know no pages: `last` is nothing to them.
        ({"tags": ["0", "1"]}, None, (1500, True)),
        # To the public registry of ECR a tag is no place to go on from.
        (405, None, (1500, True)),
        (400, None, (1500, True)),
        (404, None, (1500, True)),
        # What nobody promised is no error where it cannot be had, but then there may be more.
        (405, 400, (1000, False)),
        (405, {"tags": ["x" * (1024 * 1024)]}, (1000, False)),
        ({"tags": None}, {"tags": ["0"]}, (1000, True)),
    ],
)
def test_what_comes_after_a_full_page_without_a_link(
    registry: FakeRegistry,
    client: RegistryClient,
    after_the_last: dict[str, object] | int,
    whole: dict[str, object] | int | None,
    found: tuple[int, bool],
) -> None:
    tags = [str(number) for number in range(1500)]
    answers = {
        "n=1000": {"tags": tags[:1000]},
        "n=1000&last=999": after_the_last,
        "": {"tags": tags} if whole is None else whole,
    }

    def reply(seen: Seen) -> Reply:
        answer = answers[seen.path.partition("?")[2]]
        return Reply(answer) if isinstance(answer, int) else Reply(body=json.dumps(answer).encode())

    registry.reply = reply  # type: ignore[method-assign]
    published = client.tags(at(registry, "team/app"))
    assert (len(published.names), published.is_complete) == found
    assert [seen.path.partition("?")[2] for seen in registry.seen] == list(answers)


def test_a_list_without_an_end_is_cut(registry: FakeRegistry, client: RegistryClient) -> None:
    registry.push("team/app", *MANY)
    registry.longest_page = 3
    found = client.tags(at(registry, "team/app"))
    assert len(found.names) == 150
    assert not found.is_complete
    assert registry.count("GET") == 50


def test_a_circle_ends(registry: FakeRegistry, client: RegistryClient) -> None:
    page = json.dumps({"tags": ["1", "2"]}).encode()
    registry.faults[PATH] = Fault(status=200, headers={"Link": f'<{PATH}?n=2&last=2>; rel="next"'}, body=page)
    assert client.tags(at(registry, "team/app")).names == ("1", "2")
    assert registry.count("GET") == 2


def test_an_empty_page_may_lead_on(registry: FakeRegistry, client: RegistryClient) -> None:
    """So do registries that leave out of a page what was deleted, or what one may not see."""
    pages = {"n=1000": ["1"], "page=2": [], "page=3": ["2"]}
    follows = dict(zip(pages, list(pages)[1:], strict=False))

    def reply(seen: Seen) -> Reply:
        query = seen.path.partition("?")[2]
        link = {"Link": f'<{PATH}?{follows[query]}>; rel="next"'} if query in follows else {}
        return Reply(200, link, json.dumps({"tags": pages[query]}).encode())

    registry.reply = reply  # type: ignore[method-assign]
    assert client.tags(at(registry, "team/app")).names == ("1", "2")


def test_a_page_elsewhere_is_asked_for_here(registry: FakeRegistry, new_client: Callable[..., RegistryClient]) -> None:
    """Registries behind a proxy name inner addresses; nobody but the registry itself is asked."""
    registry.push("team/app", "1", "2")
    with Server("127.0.0.2") as trap:
        link = {"Link": f'<{trap.url}/repository/docker{PATH}?last=1>; rel="next"'}
        registry.faults[PATH] = Fault(status=200, headers=link, body=b'{"tags": ["1"]}', times=1)
        assert new_client(user_of(registry)).tags(at(registry, "team/app")).names == ("1", "2")
        assert trap.seen == []
    assert [seen.path for seen in registry.seen] == [f"{PATH}?n=1000", f"{PATH}?last=1"]


def test_a_link_cannot_lead_to_another_path(registry: FakeRegistry, client: RegistryClient) -> None:
    link = {"Link": '</v2/other/secret/tags/list?last=1>; rel="next"'}
    registry.faults[PATH] = Fault(status=200, headers=link, body=b'{"tags": ["1"]}', times=1)
    registry.push("team/app", "1", "2")
    assert client.tags(at(registry, "team/app")).names == ("1", "2")
    assert {seen.path.partition("?")[0] for seen in registry.seen} == {PATH}


@pytest.mark.parametrize(
    "fault",
    [
        Fault(status=200, body=b"[]"),
        Fault(status=200, body=b'{"tags": "latest"}'),
        Fault(status=200, body=b'{"tags": ["' + b"a" * (1024 * 1024) + b'"]}'),
        Fault(status=200, body=b"[" * 200_000),
        Fault(status=404),
        Fault(status=200, headers={"Content-Encoding": "gzip"}, body=b"x"),
    ],
)
def test_what_is_no_list(registry: FakeRegistry, client: RegistryClient, fault: Fault) -> None:
    registry.faults[PATH] = fault
    with pytest.raises(ImageNotFound if fault.status == 404 else RegistryAnswerInvalid):
        client.tags(at(registry, "team/app"))


@pytest.mark.parametrize(
    ("body", "tags"),
    [
        (b'{"name": "a", "tags": null}', []),
        (b'{"name": "a"}', []),
        (b'{"tags": []}', []),
        (b'{"tags": ["1", "1", "2"]}', ["1", "1", "2"]),
        (b'{"tags": ["ok", "", ".no", "a b", "\\u202eevil", 5, null, ["x"], "1\\n"]}', ["ok"]),
    ],
)
def test_only_tags_are_tags(body: bytes, tags: list[str]) -> None:
    assert parse_page(body) == tags


@pytest.mark.parametrize(
    ("link", "query"),
    [
        ("", None),
        ("nonsense", None),
        ('</v2/a/tags/list?n=2&last=b>; rel="next"', "n=2&last=b"),
        ("</v2/a/tags/list?last=b>;rel=next", "last=b"),
        ('<?last=b>; rel="next"', "last=b"),
        ('<https://r.example/v2/a/tags/list?next_page=gA%3D>; rel="next"', "next_page=gA%3D"),
        ('<http://r.example/v2/a/tags/list?last=b>; rel="next"', "last=b"),
        ('<https://inner.test:8081/repository/docker/v2/a/tags/list?n=5&last=b>; rel="next"', "n=5&last=b"),
        ('<//r.example@evil.test/?last=b>; rel="next"', "last=b"),
        ('</v2/a/tags/list?last=0>; rel="prev", </v2/a/tags/list?last=b>; rel="next"', "last=b"),
        ('</v2/a/tags/list?last=b>; type="x"; rel="next"', "last=b"),
        ('</v2/a/tags/list?last=b>; rel="last"', None),
        ('</v2/a/tags/list>; rel="next"', None),
    ],
)
def test_links(link: str, query: str | None) -> None:
    assert next_query(Answer(200, {"link": link})) == query


def test_a_link_to_no_address() -> None:
    with pytest.raises(RegistryAnswerInvalid, match="no address"):
        next_query(Answer(200, {"link": '<https://[::1/?last=b>; rel="next"'}))


@given(st.text(max_size=80), st.binary(max_size=80))
def test_nothing_else_is_raised(link: str, body: bytes) -> None:
    for text in (link, f'<{link}>; rel="next"'):
        try:
            next_query(Answer(200, {"link": text}))
            parse_page(body)
        except RegistryError:
            continue
