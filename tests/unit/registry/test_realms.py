"""Who may see credentials, and where may a registry send us at all?"""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as some

from updater.registry.realms import Trust, may_lead, over_tls, trust

YES, ANONYMOUS, NO = Trust.CREDENTIALS, Trust.ANONYMOUS, Trust.REFUSED

REALMS = [
    # registry, realm, trust
    ("https://registry-1.docker.io", "https://auth.docker.io/token", YES),
    ("https://lscr.io", "https://ghcr.io/token", YES),
    ("https://ghcr.io", "https://ghcr.io/token", YES),
    ("https://registry.gitlab.com", "https://gitlab.com/jwt/auth", YES),
    ("https://registry.example", "https://registry.example:8443/token", YES),
    ("https://registry.example:5000", "https://registry.example/token", YES),
    ("https://example.com", "https://auth.example.com/token", YES),
    ("https://REGISTRY.example", "https://registry.EXAMPLE/token", YES),
    # One registrable domain is one owner.
    ("https://registry.example.com", "https://auth.example.com/token", YES),
    ("https://registry.example.com", "https://gitlab.example.com/jwt/auth", YES),
    ("https://registry.example.com:5000", "https://auth.example.com:8443/token", YES),
    ("https://REGISTRY.Example.COM", "https://Auth.eXample.com/token", YES),
    ("https://a.b.registry.example.com", "https://x.y.z.example.com/token", YES),
    ("https://registry.mine.co.uk", "https://auth.mine.co.uk/token", YES),
    ("https://registry.mine.duckdns.org", "https://git.mine.duckdns.org/token", YES),
    ("https://mine.duckdns.org", "https://git.mine.duckdns.org/token", YES),
    ("https://registry.digitalocean.com", "https://api.digitalocean.com/v2/registry/auth", YES),
    ("https://rg.fr-par.scw.cloud", "https://api.scaleway.com/registry-internal/v1/regions/fr-par/tokens", YES),
    ("https://registry.cn-hangzhou.aliyuncs.com", "https://dockerauth.cn-hangzhou.aliyuncs.com/auth", YES),
    ("https://docker-local.art.example.com", "https://art.example.com:443/artifactory/api/docker/x/v2/token", YES),
    ("https://docker.elastic.co", "https://docker-auth.elastic.co/auth", YES),
    ("https://registry.home.lan", "https://git.home.lan/token", YES),
    ("http://registry.home.lan:5000", "http://git.home.lan/token", YES),
    ("https://registry.team.internal", "https://auth.team.internal/token", YES),
    ("https://registry.xn--bcher-kva.example.com", "https://auth.xn--bcher-kva.example.com/token", YES),
    ("https://registry.xn--bcher-kva.ch", "https://auth.xn--bcher-kva.ch/token", YES),
    ("https://my_registry.example.com", "https://auth.example.com/token", YES),
    # Where names are anybody's, sisters are strangers.
    ("https://mine.co.uk", "https://yours.co.uk/token", ANONYMOUS),
    ("https://registry.mine.co.uk", "https://registry.yours.co.uk/token", ANONYMOUS),
    ("https://mine.com", "https://yours.com/token", ANONYMOUS),
    ("https://mine.duckdns.org", "https://yours.duckdns.org/token", ANONYMOUS),
    ("https://mine.duckdns.org", "https://duckdns.org/token", ANONYMOUS),
    ("https://duckdns.org", "https://mine.duckdns.org/token", ANONYMOUS),
    ("https://mine.github.io", "https://yours.github.io/token", ANONYMOUS),
    ("https://mine.github.io", "https://github.io/token", ANONYMOUS),
    ("https://mine.synology.me", "https://yours.synology.me/token", ANONYMOUS),
    ("https://mine.s3.amazonaws.com", "https://yours.s3.amazonaws.com/token", ANONYMOUS),
    ("https://mine.ck", "https://yours.ck/token", ANONYMOUS),
    ("https://a.mine.ck", "https://a.yours.ck/token", ANONYMOUS),
    ("https://www.ck", "https://auth.www.ck/token", YES),
    ("https://a.city.kobe.jp", "https://b.city.kobe.jp/token", YES),
    ("https://a.mine.kobe.jp", "https://a.yours.kobe.jp/token", ANONYMOUS),
    ("https://mine.xn--55qx5d.cn", "https://yours.xn--55qx5d.cn/token", ANONYMOUS),
    ("https://a.mine.xn--55qx5d.cn", "https://b.mine.xn--55qx5d.cn/token", YES),
    ("https://registry.lan", "https://auth.lan/token", ANONYMOUS),
    ("https://registry.internal", "https://auth.internal/token", ANONYMOUS),
    ("https://registry.xn--bcher-kva", "https://auth.xn--bcher-kva/token", ANONYMOUS),
    ("https://registry.xn--bcher-kva.ch", "https://auth.xn--bcher-kvb.ch/token", ANONYMOUS),
    # Single labels have no domain.
    ("https://registry", "https://registry/token", YES),
    ("https://registry", "https://auth/token", ANONYMOUS),
    ("https://registry", "https://auth.registry/token", ANONYMOUS),
    ("https://com", "https://example.com/token", ANONYMOUS),
    ("https://registry.example", "https://example/token", ANONYMOUS),
    # A dot at the end, or an empty label, is another spelling: nothing is known of it.
    ("https://registry.example.com", "https://auth.example.com./token", ANONYMOUS),
    ("https://registry.example.com", "https://registry.example.com./token", ANONYMOUS),
    ("https://registry.example.com", "https://auth..example.com/token", ANONYMOUS),
    ("https://registry.example.com", "https://.example.com/token", ANONYMOUS),
    ("https://registry.example.com", "https://auth.%65xample.com/token", ANONYMOUS),
    # Look-alikes
    ("https://registry.example", "https://registry.example.evil.test/token", ANONYMOUS),
    ("https://registry.example", "https://evilregistry.example/token", ANONYMOUS),
    ("https://registry.example.com", "https://registry.example.com.evil.test/token", ANONYMOUS),
    ("https://registry.example.com", "https://registry.evilexample.com/token", ANONYMOUS),
    ("https://registry.example.com", "https://example.com.evil.com/token", ANONYMOUS),
    ("https://registry.example.com", "https://registry.example.co/token", ANONYMOUS),
    ("https://registry.example.com", "https://registry-example.com/token", ANONYMOUS),
    ("https://registry.gitlab.com", "https://gitlab.com.evil.test/jwt/auth", ANONYMOUS),
    ("https://evil.test", "https://auth.docker.io/token", ANONYMOUS),
    ("https://evil.scw.cloud", "https://api.scaleway.com/token", ANONYMOUS),
    ("https://rg.fr-par.scw.cloud", "https://s3.fr-par.scw.cloud/token", ANONYMOUS),
    ("https://registry-1.docker.io", "https://auth.docker.io.evil.test/token", ANONYMOUS),
    ("https://registry-1.docker.io", "https://auth-docker.io/token", ANONYMOUS),
    ("https://ghcr.io", "https://lscr.io/token", ANONYMOUS),
    # Address literals are equal or foreign.
    ("https://192.168.1.5", "https://192.168.1.5/token", YES),
    ("https://192.168.1.5", "https://192.168.1.6/token", ANONYMOUS),
    ("https://1.2.3.4", "https://5.1.2.3.4/token", NO),
    ("https://8.8.8.8", "https://8.8.4.4/token", ANONYMOUS),
    ("https://[2606:4700::1]", "https://[2606:4700::1]:8443/token", YES),
    ("https://[2606:4700::1]", "https://[2606:4700::2]/token", ANONYMOUS),
    ("https://registry.example", "https://8.8.8.8/token", ANONYMOUS),
    # Plain http
    ("https://registry.example", "http://registry.example/token", NO),
    ("https://registry.example.com", "http://auth.example.com/token", NO),
    ("https://registry-1.docker.io", "http://auth.docker.io/token", NO),
    ("http://registry.lan", "http://registry.lan/token", YES),
    ("http://registry.lan", "https://registry.lan/token", YES),
    ("http://registry.lan", "http://evil.test/token", ANONYMOUS),
    ("http://127.0.0.1:5000", "http://127.0.0.1:5001/token", YES),
    ("http://127.0.0.1:5000", "http://127.0.0.2:5001/token", ANONYMOUS),
    ("http://127.0.0.1:5000", "http://localhost:5001/token", ANONYMOUS),
    # Inner places
    ("https://registry.example", "https://169.254.169.254/token", NO),
    ("http://192.168.1.5", "http://169.254.169.254/token", NO),
    ("http://127.0.0.1:5000", "http://169.254.169.254/token", NO),
    ("https://registry.example", "https://127.0.0.1/token", NO),
    ("https://registry.example", "https://localhost/token", NO),
    ("https://registry.example", "https://localhost./token", NO),
    ("https://registry.example", "https://a.localhost/token", NO),
    ("https://registry.example", "https://127.0.0.1./token", NO),
    ("https://registry.example", "https://2130706433/token", NO),
    ("https://registry.example", "https://0x7f.1/token", NO),
    ("https://registry.example", "https://[::1]/token", NO),
    ("https://registry.example", "https://[::ffff:127.0.0.1]/token", NO),
    ("https://registry.example", "https://[fe80::1]/token", NO),
    ("https://registry.example", "https://0.0.0.0/token", NO),
    ("https://registry.example", "https://10.0.0.1/token", NO),
    # No address, or one that can be read in two ways
    ("https://registry.example", "", NO),
    ("https://registry.example", "/token", NO),
    ("https://registry.example", "ftp://registry.example/token", NO),
    ("https://registry.example", "file:///etc/passwd", NO),
    ("https://registry.example", "https://", NO),
    ("https://registry.example", "https://user:secret@registry.example/token", NO),
    ("https://registry.example", "https://@registry.example/token", NO),
    ("https://registry.example", "https://registry.example\\@evil.test/token", NO),
    ("https://registry.example", "https://registry.example /token", NO),
    ("https://registry.example", "https://registry.example/\r\nHost: evil.test", NO),
    ("https://registry.example", "https://rëgistry.example/token", NO),
    ("https://registry.example", "https://registry.example:port/token", NO),
    ("https://registry.example", "https://[registry.example/token", NO),
]


@pytest.mark.parametrize(("registry", "realm", "expected"), REALMS)
def test_realms(registry: str, realm: str, expected: Trust) -> None:
    assert trust(realm, registry) is expected


@pytest.mark.parametrize(
    ("realm", "registry", "meant"),
    [
        # It names itself by http: by the name alone, with the proxy's port, or with that of either scheme.
        ("http://r.example/v2/token?a=b", "https://r.example", "https://r.example/v2/token?a=b"),
        ("http://r.example/v2/token", "https://r.example:5000", "https://r.example:5000/v2/token"),
        ("http://R.example:5000/token", "https://r.example:5000", "https://r.example:5000/token"),
        ("http://r.example:443/token", "https://r.example", "https://r.example/token"),
        ("http://r.example:80/token", "https://r.example:443", "https://r.example:443/token"),
        ("http://[2606:4700::1]/token", "https://[2606:4700::1]:5000", "https://[2606:4700::1]:5000/token"),
        # Anything else is as it is said.
        ("http://r.example:8081/token", "https://r.example", None),
        ("http://auth.r.example/token", "https://r.example", None),
        ("http://user@r.example/token", "https://r.example", None),
        ("http://r.example:port/token", "https://r.example", None),
        ("http://[r.example/token", "https://r.example", None),
        ("https://r.example:8443/token", "https://r.example", None),
        ("http://r.lan/token", "http://r.lan:5000", None),
        ("ftp://r.example/token", "https://r.example", None),
        ("/token", "https://r.example", None),
    ],
)
def test_a_registry_that_does_not_know_of_its_tls(realm: str, registry: str, meant: str | None) -> None:
    assert over_tls(realm, registry) == (meant or realm)


def test_a_configured_token_host_is_trusted() -> None:
    realm = "https://auth.example.net/token"
    assert trust(realm, "https://registry.example.com", "auth.example.net") is YES
    assert trust(realm, "https://registry.example.com", "AUTH.example.net") is YES
    assert trust(realm, "https://registry.example.com", "other.example.net") is ANONYMOUS
    assert trust("http://auth.example.net/token", "https://registry.example.com", "auth.example.net") is NO


def test_the_list_is_not_read_where_the_names_are_enough() -> None:
    program = """
import sys
from updater.registry.realms import trust
trust("https://ghcr.io/token", "https://ghcr.io")
trust("https://auth.docker.io/token", "https://registry-1.docker.io")
trust("https://evil.test/token", "https://registry.example")
assert "publicsuffixlist" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", program], check=True)


_labels = some.text("abcdefghijklmnopqrstuvwxyz0123456789-_", min_size=1, max_size=5)
_hosts = some.lists(_labels | some.sampled_from(["com", "co", "uk", "lan", "github", "io"]), min_size=1, max_size=4)


@given(_hosts, _hosts)
def test_strangers_share_the_end_of_their_names_at_least(registry: list[str], service: list[str]) -> None:
    trusted = trust(f"https://{'.'.join(service)}/token", f"https://{'.'.join(registry)}")
    if trusted is YES:
        assert registry == service or (len(service) > 1 and registry[-2:] == service[-2:])


@given(
    some.text() | some.text("htps:/.@[]#?%\\0123456789ax-"), some.sampled_from(["https://a.example", "http://a.lan"])
)
def test_no_text_is_too_odd(realm: str, registry: str) -> None:
    assert trust(realm, registry) in Trust
    assert trust("https://" + realm, registry) in Trust


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        ("https://registry.example/v2/a/blobs/b", "https://store.example/c?signature=x", True),
        ("https://registry.example/v2/a/blobs/b", "http://store.example/c", False),
        ("http://registry.lan/v2/a/blobs/b", "http://192.168.1.7:9000/c", True),
        ("https://192.168.1.5/v2/a/blobs/b", "https://192.168.1.7:9000/c", True),
        ("https://registry.example/v2/a/blobs/b", "https://192.168.1.1/", False),
    ],
)
def test_redirects(source: str, target: str, expected: bool) -> None:
    assert may_lead(source, target) is expected
