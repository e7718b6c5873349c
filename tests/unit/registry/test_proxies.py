"""Who is asked through the proxy of the environment, and who past it?"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from updater.registry.proxies import proxy_for

PROXY = "http://proxy.test:3128"


@pytest.mark.parametrize(
    ("exceptions", "past", "through"),
    [
        ("", [], ["https://r.example", "https://10.1.2.3", "https://[fd00::5]"]),
        ("*", ["https://r.example", "https://[fd00::5]"], []),
        # A name, and all below it, in whatever spelling.
        (
            "r.example",
            ["https://r.example", "https://a.r.example:5000", "https://R.Example"],
            ["https://notr.example", "https://example"],
        ),
        (".R.example", ["https://a.r.example", "https://r.example"], ["https://notr.example"]),
        ("*.r.example", ["https://a.r.example"], ["https://notr.example"]),
        # One port only; that of the scheme need not be spelled.
        ("r.example:5000", ["https://r.example:5000"], ["https://r.example", "https://r.example:5001"]),
        ("r.example:443", ["https://r.example", "https://a.r.example"], ["http://r.example"]),
        # Addresses and nets, of both kinds.
        ("10.0.0.0/8", ["https://10.1.2.3"], ["https://11.1.2.3", "https://[fd00::5]", "https://10.example"]),
        ("10.1.2.3", ["https://10.1.2.3:5000"], ["https://110.1.2.3", "https://10.1.2.30"]),
        ("10.1.2.3:5000", ["https://10.1.2.3:5000"], ["https://10.1.2.3"]),
        ("fd00::/8", ["https://[fd00::5]:5000", "https://[FD12::1]"], ["https://[fe00::5]", "https://10.1.2.3"]),
        ("fd00::5", ["https://[fd00::5]:5000", "https://[fd00:0::5]"], ["https://[fd00::15]"]),
        ("[fd00::5]", ["https://[fd00::5]:5000"], ["https://[fd00::6]"]),
        ("[fd00::5]:5000", ["https://[fd00::5]:5000"], ["https://[fd00::5]"]),
        # Several, with blanks, and with what means nobody.
        (" a.test , b.test,, c.test", ["https://a.test", "https://b.test", "https://c.test"], ["https://d.test"]),
        (".,*.,:,[],/,x/y,:5000", [], ["https://r.example:5000", "https://[fd00::5]"]),
    ],
)
def test_who_is_asked_past_the_proxy(exceptions: str, past: list[str], through: list[str]) -> None:
    environment = {"https": PROXY, "http": PROXY, "no": exceptions}
    assert [url for url in past + through if proxy_for(url, environment) is None] == past
    assert {proxy_for(url, environment) for url in through} <= {PROXY}


@pytest.mark.parametrize("url", ["http://127.0.0.1:5000", "https://localhost", "http://[::1]:5000"])
def test_this_machine_is_never_asked_through_a_proxy(url: str) -> None:
    assert proxy_for(url, {"https": PROXY, "http": PROXY, "all": PROXY}) is None


@pytest.mark.parametrize(
    ("environment", "proxy"),
    [
        ({}, None),
        ({"http": PROXY}, None),
        ({"https": ""}, None),
        ({"https": PROXY, "all": "http://other.test"}, PROXY),
        ({"all": PROXY}, PROXY),
        ({"https": "proxy.test:3128"}, PROXY),
    ],
)
def test_which_proxy(environment: dict[str, str], proxy: str | None) -> None:
    assert proxy_for("https://r.example", environment) == proxy


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("no_proxy", "NO_PROXY", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTPS_PROXY", PROXY)
    monkeypatch.setenv("NO_PROXY", "fd00::/8")
    assert proxy_for("https://[fe00::5]") == PROXY
    assert proxy_for("https://[fd00::5]") is None


@given(some.text() | some.text(":/[].*,0123456789abcdef"))
def test_no_text_is_too_odd(exceptions: str) -> None:
    for url in ("https://r.example:5000", "https://[fd00::5]", "https://10.1.2.3"):
        assert proxy_for(url, {"https": PROXY, "no": exceptions}) in (None, PROXY)
