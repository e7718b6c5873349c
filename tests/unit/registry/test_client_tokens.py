"""How many requests does a whole cycle cost? Many threads against the fake registry, as a check asks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from rig.fake_registry import Bearer, FakeRegistry, Quota
from tests.unit.registry.conftest import PASSWORD, USER, at, user_of
from tests.unit.registry.cycles import NAMES, cycle, fill
from updater.errors import RegistryDenied, RegistryPaused
from updater.registry.credentials import anonymous

if TYPE_CHECKING:
    from collections.abc import Callable

    from updater.registry.client import RegistryClient


def test_an_open_registry_is_asked_once_for_each_and_nothing_else(
    registry: FakeRegistry, client: RegistryClient
) -> None:
    fill(registry)
    assert set(cycle(client, registry).values()) == {"ok"}
    assert [seen.method for seen in registry.seen] == ["HEAD"] * len(NAMES)


def test_one_token_is_enough(new_client: Callable[..., RegistryClient]) -> None:
    with FakeRegistry(bearer=Bearer(users={"user": PASSWORD}, anonymous=False)) as registry:
        fill(registry)
        client = new_client(user_of(registry))
        for number in (1, 2):
            assert set(cycle(client, registry).values()) == {"ok"}
            # The first question is the one that a ping would have been; the token outlives the cycle.
            assert registry.count("GET", "/token") == 1
            assert len(registry.seen) == number * len(NAMES) + 2


@pytest.mark.parametrize("together", ["first", "last", "nothing", 400, 401, 403, 500])
def test_where_one_token_is_not_enough_there_is_one_for_each(
    new_client: Callable[..., RegistryClient], together: str | int
) -> None:
    with FakeRegistry(bearer=Bearer(together=together)) as registry:
        fill(registry)
        client = new_client(anonymous)
        assert set(cycle(client, registry).values()) == {"ok"}
        assert registry.count("GET", "/token") <= len(NAMES) + 6
        before = len(registry.seen)
        assert set(cycle(client, registry).values()) == {"ok"}
        assert len(registry.seen) - before <= len(NAMES) + 1


@pytest.mark.parametrize(("line", "header"), [(1000, None), (None, 10)])
def test_servers_that_take_only_short_requests(
    new_client: Callable[..., RegistryClient], line: int | None, header: int | None
) -> None:
    with FakeRegistry(bearer=Bearer()) as registry:
        fill(registry)
        registry.longest_line = line
        client = new_client(anonymous)
        assert set(cycle(client, registry).values()) == {"ok"}
        assert registry.count("GET", "/token") < 12


def test_one_private_repository_among_public_ones(new_client: Callable[..., RegistryClient]) -> None:
    with FakeRegistry(bearer=Bearer(private=frozenset({NAMES[7]}))) as registry:
        fill(registry, NAMES[9])
        results = cycle(new_client(anonymous), registry)
        assert results.pop(NAMES[7]) == "RegistryDenied"
        assert results.pop(NAMES[9]) == "ImageNotFound"
        assert set(results.values()) == {"ok"}
        # One for all, one for each that it does not open; and if the first refusal comes before it has opened two, some
        # for those who ask in that moment.
        assert registry.count("GET", "/token") <= 6


@pytest.mark.parametrize(
    "access", [{"bearer": Bearer(users={"user": "other"})}, {"basic": ("user", "other")}], ids=["bearer", "basic"]
)
def test_a_wrong_password_is_shown_once(new_client: Callable[..., RegistryClient], access: dict[str, Any]) -> None:
    with FakeRegistry(**access) as registry:
        fill(registry)
        client = new_client(user_of(registry))
        assert set(cycle(client, registry).values()) == {"RegistryDenied"}
        # A second time, to tell a wrong password from a repository that is not the user's, or several scopes from one.
        assert len(registry.authorizations) == 2
        with pytest.raises(RegistryDenied, match="rejected"):
            client.published(at(registry, "team/image-00:1"))


def test_a_quota_is_never_used_up(new_client: Callable[..., RegistryClient]) -> None:
    with FakeRegistry(quota=Quota(20, counted=("HEAD", "GET"))) as registry:
        fill(registry)
        results = list(cycle(new_client(anonymous), registry).values())
        assert registry.quota is not None
        assert registry.quota.remaining == 2
        assert results.count("ok") == 18
        assert results.count("RegistryPaused") == len(NAMES) - 18


def test_one_429_pauses_its_host_and_no_other(new_client: Callable[..., RegistryClient]) -> None:
    limited = FakeRegistry(quota=Quota(0, counted=("HEAD",), retry_after=120))
    with limited as registry, FakeRegistry("127.0.0.2") as other:
        fill(registry)
        other.push("team/app", "1")
        client = new_client(anonymous)
        assert set(cycle(client, registry).values()) == {"RegistryRateLimited", "RegistryPaused"}
        assert len(registry.seen) <= 16
        client.published(at(other, "team/app:1"))
        with pytest.raises(RegistryPaused) as caught:
            client.published(at(registry, "team/image-00:1"))
        assert caught.value.reason.until is not None


def test_another_hosts_credentials_are_no_credentials(new_client: Callable[..., RegistryClient]) -> None:
    with FakeRegistry(basic=("user", PASSWORD)) as registry:
        fill(registry)
        client = new_client({f"{registry.host}.evil.example": USER, "127.0.0.1": USER, "127.0.0.1:1": USER}.get)
        assert set(cycle(client, registry).values()) == {"RegistryDenied"}
        assert registry.authorizations == []
