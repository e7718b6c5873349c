"""Is a registry asked where it lives, and in plain http only where that is allowed?"""

from __future__ import annotations

import pytest

from updater.registry.access import RegistryAccess
from updater.registry.hosts import host_name, is_loopback, origin_of, origins, spelled_hosts


@pytest.mark.parametrize(
    ("registry", "insecure", "expected"),
    [
        ("docker.io", False, ["https://registry-1.docker.io"]),
        ("ghcr.io", False, ["https://ghcr.io"]),
        ("registry.lan:5000", False, ["https://registry.lan:5000"]),
        ("192.168.1.5:5000", False, ["https://192.168.1.5:5000"]),
        ("registry.lan:5000", True, ["https://registry.lan:5000", "http://registry.lan:5000"]),
        ("localhost:5000", False, ["http://localhost:5000", "https://localhost:5000"]),
        ("127.0.0.1:5000", False, ["http://127.0.0.1:5000", "https://127.0.0.1:5000"]),
        ("127.9.9.9", True, ["http://127.9.9.9", "https://127.9.9.9"]),
        ("[::1]:5000", False, ["http://[::1]:5000", "https://[::1]:5000"]),
        ("localhost.evil.test", False, ["https://localhost.evil.test"]),
        ("127.0.0.1.evil.test", False, ["https://127.0.0.1.evil.test"]),
        ("128.0.0.1", False, ["https://128.0.0.1"]),
    ],
)
def test_origins(registry: str, insecure: bool, expected: list[str]) -> None:
    access = RegistryAccess(registry, insecure=True) if insecure else None
    assert list(origins(registry, access)) == expected


@pytest.mark.parametrize(
    ("host", "expected"),
    [("localhost", True), ("127.0.0.1", True), ("::1", True), ("::ffff:127.0.0.1", True), ("::2", False), ("", False)],
)
def test_loopback(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://a.example/x", "https://A.example:443/y"),
        ("http://a.example", "http://a.example:80/"),
        ("https://[::1]/x", "https://[::1]:443"),
    ],
)
def test_equal_origins(one: str, other: str) -> None:
    assert origin_of(one) == origin_of(other)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://A.example/x", ("a.example", "a.example:443")),
        ("https://a.example:443/token", ("a.example", "a.example:443")),
        ("http://a.example:80/", ("a.example", "a.example:80")),
        ("https://a.example:5000/", ("a.example:5000",)),
        ("https://a.example:80/", ("a.example:80",)),
        ("https://[::1]:443/", ("[::1]", "[::1]:443")),
        ("https://[::1]:5000/", ("[::1]:5000",)),
    ],
)
def test_where_a_host_may_be_configured(url: str, expected: tuple[str, ...]) -> None:
    """A realm may spell the port out (Harbor repeats its external address): the same CA vouches for it."""
    assert spelled_hosts(url) == expected


@pytest.mark.parametrize("url", ["", "/path", "//host/path", "https://", "https://a:port/", "https://[::1"])
def test_what_has_no_origin(url: str) -> None:
    with pytest.raises(ValueError):
        origin_of(url)


def test_a_broken_url_has_no_host() -> None:
    assert host_name("https://[::1") == ""
