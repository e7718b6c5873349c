"""Which source answers for a host, and how often is it asked?"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from updater.errors import RegistryDenied
from updater.registry.access import RegistryAccess
from updater.registry.credentials import Credentials, anonymous, chain, configured, remembering


def test_our_own_configuration() -> None:
    access = {
        "a.example": RegistryAccess("a.example", "me", "secret"),
        "b.example": RegistryAccess("b.example", "me"),
        "c.example": RegistryAccess("c.example", insecure=True),
    }
    source = configured(access)
    assert source("a.example") == Credentials("me", "secret")
    assert [source(host) for host in ("b.example", "c.example", "d.example")] == [None, None, None]
    assert "secret" not in repr(access)


def test_the_first_source_that_knows_the_host_counts() -> None:
    one, two = Credentials("one", "1"), Credentials("two", "2")
    source = chain(anonymous, {"a": one}.get, {"a": two, "b": two}.get)
    assert [source(host) for host in "abc"] == [one, two, None]
    assert "'1'" not in repr(one)


class Asked:
    """A source that remembers for which hosts it was asked."""

    def __init__(self) -> None:
        self.hosts: list[str] = []

    def __call__(self, host: str) -> Credentials | None:
        self.hosts.append(host)
        if host == "trouble":
            raise RegistryDenied("the helper for trouble hangs")
        return None if host == "none" else Credentials(host, str(len(self.hosts)))


def test_answers_are_remembered_for_a_while() -> None:
    asked, now = Asked(), [0.0]
    source = remembering(asked, 300, lambda: now[0])
    assert source("a") == source("a") == Credentials("a", "1")
    assert source("b") == Credentials("b", "2")
    assert source("none") is source("none") is None
    now[0] = 299.0
    assert source("a") == Credentials("a", "1")
    now[0] = 301.0
    assert source("a") == Credentials("a", "4")
    assert asked.hosts == ["a", "b", "none", "a"]


def test_trouble_is_remembered_and_told_to_each() -> None:
    asked = Asked()
    source = remembering(asked)
    errors = []
    for _ in range(3):
        with pytest.raises(RegistryDenied, match="the helper for trouble hangs") as caught:
            source("trouble")
        errors.append(caught.value)
    assert asked.hosts == ["trouble"]
    assert len({id(error) for error in errors}) == 3
    assert source("a") == Credentials("a", "2")


def test_trouble_that_is_over_is_forgotten() -> None:
    works = False

    def find(host: str) -> Credentials | None:
        if not works:
            raise RegistryDenied("hangs")
        return Credentials("me", "secret")

    now = [0.0]
    source = remembering(find, 300, lambda: now[0])
    with pytest.raises(RegistryDenied):
        source("a")
    works, now[0] = True, 301.0
    assert source("a") == Credentials("me", "secret")


def test_many_who_ask_at_once_wait_for_one_answer_and_no_other_host_waits() -> None:
    entered, answer = threading.Event(), threading.Event()
    asked: list[str] = []

    def find(host: str) -> Credentials | None:
        asked.append(host)
        if host == "slow":
            entered.set()
            assert answer.wait(30)
        return Credentials(host, "secret")

    source = remembering(find)
    with ThreadPoolExecutor(16) as threads:
        slow = [threads.submit(source, "slow") for _ in range(15)]
        assert entered.wait(30)
        assert source("quick") == Credentials("quick", "secret")
        answer.set()
        assert {future.result() for future in slow} == {Credentials("slow", "secret")}
    assert sorted(asked) == ["quick", "slow"]
