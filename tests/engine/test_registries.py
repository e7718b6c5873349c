"""`updater check` and `updater run` against real registries of every kind, with images of every shape."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from rig import ImageSpec
from rig.certificates import CertificateAuthority
from rig.images import DOCKER_TYPES, OCI_TYPES
from rig.token_service import PUBLIC
from tests.engine.contract import checked, codes, ran
from tests.engine.registry_kinds import (
    LOGIN,
    PASSWORD,
    SECRETS,
    USER,
    Kind,
    Site,
    every_shape,
    of_another_implementation,
    open_to_all,
    through_a_cache,
    with_passwords,
    with_tls,
    with_tokens,
    with_tokens_for_anybody,
)
from tests.rig_test.second_registry import second_registry
from updater.state.store import open_store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rig.crane_registry import CraneRegistry
    from rig.host import Host, Result

__all__ = ["second_registry"]

ON = {"updater.enable": "true"}
KINDS: list[Kind] = [open_to_all, with_passwords, with_tokens, with_tokens_for_anybody, with_tls, through_a_cache]
WRONG = {**LOGIN, "password": "no-longer-this"}


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> CertificateAuthority:
    return CertificateAuthority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def neighbour(host: Host) -> Host:
    """A container of another registry, which is checked along and must see nobody's credentials."""
    host.push("neighbour:latest", ImageSpec(marker="neighbour"))
    host.create_container("neighbour", "neighbour:latest", labels=ON)
    host.rig.registry.recording.clear()
    return host


@pytest.fixture(params=KINDS, ids=lambda kind: kind.__name__)
def site(request: pytest.FixtureRequest, neighbour: Host, authority: CertificateAuthority) -> Iterator[Site]:
    with request.param(neighbour, authority) as opened:
        yield opened


@pytest.fixture
def token_site(neighbour: Host, authority: CertificateAuthority) -> Iterator[Site]:
    with with_tokens(neighbour, authority) as opened:
        yield opened


@pytest.fixture
def tls_site(neighbour: Host, authority: CertificateAuthority) -> Iterator[Site]:
    with with_tls(neighbour, authority) as opened:
        yield opened


@pytest.fixture
def password_site(neighbour: Host, authority: CertificateAuthority) -> Iterator[Site]:
    with with_passwords(neighbour, authority) as opened:
        yield opened


def containers(site: Site, result: Result) -> dict[str, dict[str, Any]]:
    """What a check tells of the site's containers, by short name. Whatever it tells, it tells no secret."""
    asked = site.host.rig.registry.recording.requests
    assert asked
    assert not [request for request in asked if "authorization" in request.headers]
    for secret in (*SECRETS, WRONG["password"], "Bearer "):
        assert secret not in result.stdout + result.stderr
    assert "Traceback" not in result.stderr
    found = {name.removeprefix(f"{site.host.prefix}-"): one for name, one in checked(result.json).items()}
    assert found.pop("neighbour")["status"] == "current"
    return found


def check(site: Site, environment: dict[str, str]) -> tuple[int, dict[str, dict[str, Any]]]:
    result = site.host.updater("check", "--include-stopped", "-o", "json", environment=environment)
    return result.exit_code, containers(site, result)


def one(site: Site, environment: dict[str, str]) -> tuple[int, str, list[str], str]:
    """Exit code, status, codes and sentence of the only container."""
    exit_code, found = check(site, environment)
    (container,) = found.values()
    return exit_code, container["status"], codes(container), container["reasons"][0]["message"]


def given(site: Site, short: str, marker: str = "1") -> None:
    """An image in the registry, and a container of it."""
    site.push(short, ImageSpec(marker=marker))
    site.create(short)


def check_every_shape(site: Site) -> None:
    expected = every_shape(site)
    exit_code, found = check(site, site.environment())
    assert {short: (one["status"], one["published"]["digest"]) for short, one in found.items()} == expected, found
    assert exit_code == 0
    assert {one["decision"] for one in found.values() if one["status"] == "outdated"} == {"update"}


def update(site: Site, environment: dict[str, str]) -> None:
    """The tag moves, and `updater run` puts the container onto what is published, pulled by its digest."""
    site.push("web", ImageSpec(marker="1", types=DOCKER_TYPES))
    site.create("web")
    site.host.client.start(site.host.name("web"))
    digest = site.push("web", ImageSpec(marker="2", types=OCI_TYPES))
    result = site.host.updater("run", "--grace-period", "1s", "-o", "json", environment=environment)
    outcome = ran(result.json)[site.host.name("web")]
    assert (result.exit_code, outcome["outcome"]) == (0, "updated"), outcome["reason"]
    assert outcome["to"]["digest"] == digest
    assert site.host.execute("web", "cat /etc/marker") == "2"
    assert not [secret for secret in SECRETS if secret in result.stdout + result.stderr]
    assert not [request for request in site.host.rig.registry.recording.requests if "authorization" in request.headers]


def test_every_shape_is_compared(site: Site) -> None:
    check_every_shape(site)
    with open_store(Path(site.host.environment()["UPDATER_STATE_DIR"]), writable=False) as store:
        open_ones = {urlsplit(origin).netloc for origin in store.open_registries()}
    assert (site.address in open_ones) is (site.login is None and site.tokens is None), open_ones


def test_every_shape_is_compared_in_another_implementation(
    neighbour: Host, second_registry: type[CraneRegistry]
) -> None:
    with of_another_implementation(neighbour, second_registry) as site:
        check_every_shape(site)


def test_a_run_updates(site: Site) -> None:
    update(site, site.environment())


def test_a_run_updates_from_another_implementation(neighbour: Host, second_registry: type[CraneRegistry]) -> None:
    with of_another_implementation(neighbour, second_registry) as site:
        update(site, site.environment())


@pytest.mark.parametrize("kind", [with_passwords, with_tokens, with_tls])
@pytest.mark.parametrize("how", ["password", "password_file"])
def test_the_login_may_stand_in_the_config_file(
    neighbour: Host, authority: CertificateAuthority, kind: Any, how: str
) -> None:
    file = neighbour.directory / "password"
    file.write_text(f"{PASSWORD}\n")
    password = {"password": PASSWORD} if how == "password" else {"password_file": str(file)}
    with kind(neighbour, authority) as site:
        update(site, site.environment(login=None, username=USER, **password))


@pytest.mark.parametrize("kind", [with_passwords, with_tokens, with_tls])
def test_a_login_that_is_wrong_or_missing(neighbour: Host, authority: CertificateAuthority, kind: Any) -> None:
    with kind(neighbour, authority) as site:
        given(site, "web")
        denied = (1, "unknown", ["registry-denied"])
        *outcome, message = one(site, site.environment(login=WRONG))
        assert (tuple(outcome), "rejected" in message) == (denied, True), message
        *outcome, message = one(site, site.environment(login=None))
        assert (tuple(outcome), "wants credentials" in message) == (denied, True), message


def test_several_private_repositories(token_site: Site) -> None:
    for number in range(6):
        given(token_site, f"web{number}", str(number))
    assert token_site.tokens is not None
    token_site.tokens.seen.clear()
    exit_code, found = check(token_site, token_site.environment())
    assert exit_code == 0
    assert {one["status"] for one in found.values()} == {"current"}
    assert len(found) == 6
    asked_for = {scope for scopes in token_site.tokens.scopes for scope in scopes}
    assert asked_for == {f"repository:{token_site.repository(f'web{number}')}:pull" for number in range(6)}
    assert len(token_site.tokens.seen) <= 6


def test_a_password_is_shown_to_the_token_service_only(token_site: Site) -> None:
    given(token_site, "web")
    token_site.source.recording.clear()
    check(token_site, token_site.environment())
    shown = [request.headers.get("authorization", "") for request in token_site.source.recording.requests]
    assert any(shown)
    assert not [header for header in shown if header and not header.startswith("Bearer ")]


def test_public_and_private_repositories_of_one_registry_without_a_login(token_site: Site) -> None:
    """One that may not be read is no reason not to read the others."""
    given(token_site, "private")
    public = Site(token_site.host, token_site.address, token_site.source, folder=PUBLIC)
    given(public, "open")
    exit_code, found = check(token_site, token_site.environment(login=None))
    assert exit_code == 1
    assert {short: (one["status"], codes(one)) for short, one in found.items()} == {
        "private": ("unknown", ["registry-denied"]),
        "open": ("current", ["up-to-date"]),
    }


def test_a_certificate_nobody_vouches_for(tls_site: Site) -> None:
    given(tls_site, "web")
    bare = Site(tls_site.host, tls_site.address, tls_site.source, LOGIN)
    *outcome, message = one(bare, bare.environment())
    assert (outcome, "certificate" in message) == ([1, "unknown", ["registry-unreachable"]], True), message
    exit_code, status, *_ = one(bare, bare.environment(insecure=True))
    assert (exit_code, status) == (0, "current")


def test_insecure_is_also_good_for_an_update(tls_site: Site) -> None:
    update(tls_site, Site(tls_site.host, tls_site.address, tls_site.source, LOGIN).environment(insecure=True))


def test_another_authority_is_no_better_than_none(tls_site: Site) -> None:
    given(tls_site, "web")
    stranger = CertificateAuthority(tls_site.host.directory / "stranger")
    *outcome, message = one(tls_site, tls_site.environment(ca_file=str(stranger.certificate)))
    assert (outcome, "certificate" in message) == ([1, "unknown", ["registry-unreachable"]], True), message


def test_a_registry_with_a_login_never_sees_anothers(password_site: Site, authority: CertificateAuthority) -> None:
    """The login is stored for one port; a registry at another one asks in vain."""
    with with_tokens(password_site.host, authority) as other:
        given(password_site, "web")
        given(other, "api")
        assert other.tokens is not None
        other.tokens.seen.clear()
        other.source.recording.clear()
        exit_code, found = check(password_site, password_site.environment())
        assert exit_code == 1
        assert (found["web"]["status"], codes(found["api"])) == ("current", ["registry-denied"])
        assert other.tokens.authorizations == []
        shown = [request.headers.get("authorization", "") for request in other.source.recording.requests]
        assert not [header for header in shown if header.startswith("Basic")]
