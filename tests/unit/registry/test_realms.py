"""Who may see credentials, and where may a registry send us at all?"""

from __future__ import annotations

import pytest

from updater.registry.realms import Trust, may_lead, trust

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
    # Sisters, suffixes and look-alikes
    ("https://registry.example.com", "https://auth.example.com/token", ANONYMOUS),
    ("https://mine.co.uk", "https://yours.co.uk/token", ANONYMOUS),
    ("https://mine.duckdns.org", "https://yours.duckdns.org/token", ANONYMOUS),
    ("https://registry.example", "https://example/token", ANONYMOUS),
    ("https://registry.example", "https://registry.example.evil.test/token", ANONYMOUS),
    ("https://registry.example", "https://evilregistry.example/token", ANONYMOUS),
    ("https://evil.test", "https://auth.docker.io/token", ANONYMOUS),
    ("https://ghcr.io", "https://lscr.io/token", ANONYMOUS),
    # Address literals are equal or foreign.
    ("https://192.168.1.5", "https://192.168.1.5/token", YES),
    ("https://192.168.1.5", "https://192.168.1.6/token", ANONYMOUS),
    ("https://1.2.3.4", "https://5.1.2.3.4/token", NO),
    ("https://registry.example", "https://8.8.8.8/token", ANONYMOUS),
    # Plain http
    ("https://registry.example", "http://registry.example/token", NO),
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


def test_a_configured_token_host_is_trusted() -> None:
    realm = "https://auth.example.com/token"
    assert trust(realm, "https://registry.example.com", "auth.example.com") is YES
    assert trust(realm, "https://registry.example.com", "other.example.com") is ANONYMOUS
    assert trust("http://auth.example.com/token", "https://registry.example.com", "auth.example.com") is NO


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
