"""`updater check` where a registry is not reached straight: by a proxy's tunnel, or a mirror with its own CA."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from rig import ImageSpec
from rig.certificates import CertificateAuthority
from rig.tunnel import Tunnel
from tests.engine.contract import checked, codes
from tests.engine.registry_kinds import LOGIN, SECRETS, open_to_all, with_tls

if TYPE_CHECKING:
    from rig.host import Host

PROXY_USER, PROXY_PASSWORD = "office", "canary-of-the-proxy"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> CertificateAuthority:
    return CertificateAuthority(tmp_path_factory.mktemp("authority"))


def test_through_a_tunnel(host: Host, authority: CertificateAuthority) -> None:
    """The certificate is checked through the tunnel, and the proxy learns the registry's address and nothing else."""
    with with_tls(host, authority) as site, Tunnel(PROXY_USER, PROXY_PASSWORD) as tunnel:
        site.push("web", ImageSpec(marker="1"))
        site.create("web")
        digest = site.push("web", ImageSpec(marker="2"))
        through = {"HTTPS_PROXY": tunnel.url, "NO_PROXY": ""}
        result = host.updater("check", "--include-stopped", "-o", "json", environment=site.environment() | through)
        found = checked(result.json)[host.name("web")]
        assert (result.exit_code, found["status"], found["published"]["digest"]) == (0, "outdated", digest), found
        assert tunnel.targets
        assert set(tunnel.targets) == {site.address}
        seen = "".join(tunnel.heads)
        assert "\r\nauthorization:" not in seen.lower()
        assert not [secret for secret in SECRETS if secret in seen]
        assert PROXY_PASSWORD not in result.stdout + result.stderr

        known_to_nobody = site.environment() | through
        (host.directory / "updater.yml").write_text("{}")
        result = host.updater("check", "--include-stopped", "-o", "json", environment=known_to_nobody)
        found = checked(result.json)[host.name("web")]
        assert (found["status"], codes(found)) == ("unknown", ["registry-unreachable"])
        assert "certificate" in found["reasons"][0]["message"]


def test_a_tunnel_that_is_refused(host: Host, authority: CertificateAuthority) -> None:
    with with_tls(host, authority) as site, Tunnel(PROXY_USER, PROXY_PASSWORD) as tunnel:
        site.push("web", ImageSpec(marker="1"))
        site.create("web")
        stranger = tunnel.url.replace(PROXY_PASSWORD, "not-this-one")
        environment = site.environment() | {"HTTPS_PROXY": stranger, "NO_PROXY": ""}
        result = host.updater("check", "--include-stopped", "-o", "json", environment=environment)
        found = checked(result.json)[host.name("web")]
        assert (result.exit_code, found["status"], codes(found)) == (1, "unknown", ["registry-unreachable"])
        assert "proxy" in found["reasons"][0]["message"]
        assert "not-this-one" not in result.stdout + result.stderr
        assert tunnel.targets == []


def test_a_mirror_with_an_authority_and_a_login_of_its_own(host: Host, authority: CertificateAuthority) -> None:
    """The mirror answers in the registry's place, by its own certificate and login; the registry is not asked."""
    with open_to_all(host, authority) as site, with_tls(host, authority) as mirror:
        site.push("web", ImageSpec(marker="1"))
        site.create("web")
        mirror.push("web", ImageSpec(marker="1"))
        digest = mirror.push("web", ImageSpec(marker="2"))
        environment = mirror.environment()  # the login, and the mirror's ca_file
        file = host.directory / "updater.yml"
        registries = json.loads(file.read_text())["registries"] | {site.address: {"mirror": mirror.address}}
        file.write_text(json.dumps({"registries": registries}))
        site.source.recording.clear()
        result = host.updater("check", "--include-stopped", "-o", "json", environment=environment)
        found = checked(result.json)[host.name("web")]
        assert (result.exit_code, found["status"], found["published"]["digest"]) == (0, "outdated", digest), found
        assert site.source.recording.requests == []

        file.write_text(json.dumps({"registries": {site.address: {"mirror": mirror.address}}}))
        result = host.updater("check", "--include-stopped", "-o", "json", environment=environment)
        found = checked(result.json)[host.name("web")]
        # Nobody vouches for the mirror now: what it says does not count, and the registry itself is asked.
        assert (result.exit_code, found["status"]) == (0, "current"), found
        assert site.source.recording.requests
        assert not [one for one in site.source.recording.requests if "authorization" in one.headers]
    assert LOGIN["password"] not in result.stdout + result.stderr
