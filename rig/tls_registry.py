"""How does a registry speak TLS with a certificate of a private authority, to an engine that trusts it?

Engines take 127.0.0.0/8 without a valid certificate, so this one has an address of its own in the rig's network.
"""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from rig.errors import RigError
from rig.registry import PrivateRegistry

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rig.certificates import CertificateAuthority
    from rig.namespaces import Namespaces

ADDRESS = "10.99.0.1"

# The machine's /etc/docker stays as it is: what is added lies in the rig's mount namespace only.
TRUST = """set -e
mkdir -p /etc/docker
if [ ! -d /run/etc-docker ]; then
    mkdir -p /run/etc-docker/upper /run/etc-docker/work
    mount -t overlay -o lowerdir=/etc/docker,upperdir=/run/etc-docker/upper,workdir=/run/etc-docker/work \
overlay /etc/docker
fi
mkdir -p "/etc/docker/certs.d/$1"
cp "$2" "/etc/docker/certs.d/$1/ca.crt"
"""
FORGET = 'rm -rf "/etc/docker/certs.d/$1"'


class TlsRegistry(PrivateRegistry):
    """docker-registry with TLS at 10.99.0.1; nobody stands before it, so its requests are not recorded."""

    def __init__(
        self,
        namespaces: Namespaces,
        port: int,
        users: Mapping[str, str] | None = None,
        *,
        authority: CertificateAuthority,
    ) -> None:
        super().__init__(namespaces, port, users)
        self.address = f"{ADDRESS}:{port}"
        self.url = f"https://{self.address}"
        self.trusted = self._authority = str(authority.certificate)
        self._pair = authority.issue(f"IP:{ADDRESS}")

    def start(self) -> None:
        """Start it, and let the engine trust it; the certificates are read at each pull."""
        self._inside("ip", "address", "replace", f"{ADDRESS}/32", "dev", "lo")
        self._inside("sh", "-c", TRUST, "sh", self.address, self._authority)
        self.start_service()

    def stop(self) -> None:
        """Nobody listens at the address from now on, and the engine no longer trusts it."""
        self._inside("sh", "-c", FORGET, "sh", self.address)
        self.kill_service()

    def http(self) -> dict[str, object]:
        """Where and how it listens."""
        return {
            "addr": self.address,
            "tls": {"certificate": str(self._pair.certificate), "key": str(self._pair.key)},
        }

    def _inside(self, *argv: str) -> None:
        ended = subprocess.run(self.namespaces.inside(argv), check=False, capture_output=True, text=True)
        if ended.returncode != 0:
            raise RigError(f"{argv[0]} failed inside the rig: {ended.stderr.strip()}")
