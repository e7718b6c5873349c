"""Who served everybody the last time, need that be found out again by one question before all others?"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from rig.fake_registry import Bearer, FakeRegistry
from tests.unit.registry.conftest import PASSWORD, at, user_of
from tests.unit.registry.cycles import NAMES, cycle, fill
from updater.errors import ImageNotFound
from updater.registry.client import RegistryClient
from updater.registry.credentials import anonymous

if TYPE_CHECKING:
    from collections.abc import Callable

    from rig.fake_server import Reply, Seen

THREADS = 16


class Patient(FakeRegistry):
    """Answers nobody before as many have come as may come at once, or nobody else comes."""

    def __init__(self) -> None:
        super().__init__()
        self.beside_the_first = 0
        self._all_there = threading.Event()

    def reply(self, seen: Seen) -> Reply:
        if len(self.seen) >= THREADS:
            self._all_there.set()
        self._all_there.wait(0.5)
        self.beside_the_first = self.beside_the_first or len(self.seen)
        self._all_there.set()
        return super().reply(seen)


@pytest.mark.parametrize(("is_remembered", "beside"), [(True, THREADS), (False, 1)])
def test_all_ask_at_once_where_it_was_open(*, is_remembered: bool, beside: int) -> None:
    with Patient() as registry:
        fill(registry)
        known = frozenset({registry.url}) if is_remembered else frozenset[str]()
        with RegistryClient(anonymous, open_before=known) as client:
            assert set(cycle(client, registry).values()) == {"ok"}
        assert registry.beside_the_first == beside
        assert [seen.method for seen in registry.seen] == ["HEAD"] * len(NAMES)


@pytest.mark.parametrize(
    ("access", "is_open"),
    [
        ({}, True),
        ({"bearer": Bearer()}, False),
        ({"bearer": Bearer(users={"user": "other"}, anonymous=False)}, False),
        ({"basic": ("user", PASSWORD)}, False),
        ({"basic": ("user", "other")}, False),
    ],
    ids=["open", "tokens for anybody", "tokens for others", "password", "another password"],
)
def test_what_is_learnt(new_client: Callable[..., RegistryClient], access: dict[str, Any], *, is_open: bool) -> None:
    with FakeRegistry(**access) as registry:
        fill(registry)
        client = new_client(user_of(registry) if "users" in str(access) or "basic" in access else anonymous)
        assert client.openness() == {}
        cycle(client, registry)
        assert client.openness() == {registry.url: is_open}


def test_who_has_nothing_has_said_nothing(registry: FakeRegistry, client: RegistryClient) -> None:
    with pytest.raises(ImageNotFound):
        client.published(at(registry, "team/image:1"))
    assert client.openness() == {}


@pytest.mark.parametrize(
    "access",
    [{"bearer": Bearer(users={"user": PASSWORD}, anonymous=False)}, {"basic": ("user", PASSWORD)}],
    ids=["bearer", "basic"],
)
def test_one_that_has_become_private_is_asked_as_it_wants_to_be(access: dict[str, Any]) -> None:
    with FakeRegistry(**access) as registry:
        fill(registry)
        with RegistryClient(user_of(registry), open_before=frozenset({registry.url})) as client:
            assert set(cycle(client, registry).values()) == {"ok"}
            assert client.openness() == {registry.url: False}
            # Those that were under way when the first was refused, and one question for a token.
            assert len(registry.seen) <= len(NAMES) + THREADS + 1
            registry.seen.clear()
            assert set(cycle(client, registry).values()) == {"ok"}
            assert len(registry.seen) == len(NAMES)
