"""Who vouches for a server of the rig? A certificate authority of its own, made with openssl."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rig.errors import RigError
from rig.machine import find_program

if TYPE_CHECKING:
    from pathlib import Path

DAYS = "2"
NEW_KEY = ("-newkey", "rsa:2048", "-noenc")
"""RSA, because the tokens of registries are signed with RS256."""

AUTHORITY = ("basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign,cRLSign")
LEAF = ("basicConstraints=critical,CA:FALSE", "keyUsage=critical,digitalSignature,keyEncipherment")


@dataclass(frozen=True)
class KeyPair:
    """A private key and the certificate for it, both PEM files."""

    key: Path
    certificate: Path


class CertificateAuthority:
    """A private CA: whoever is given `certificate` trusts what it issues, and nobody else does."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._own = KeyPair(folder / "authority.key", folder / "authority.crt")
        _request(self._own, "rig's authority", AUTHORITY)

    @property
    def certificate(self) -> Path:
        """What `ca.crt` and `ca_file` are to hold."""
        return self._own.certificate

    def issue(self, name: str) -> KeyPair:
        """A certificate for `IP:10.99.0.1` or `DNS:some.name`."""
        stem = re.sub(r"[^A-Za-z0-9.]", "-", name)
        pair = KeyPair(self._folder / f"{stem}.key", self._folder / f"{stem}.crt")
        issuer = ("-CA", str(self._own.certificate), "-CAkey", str(self._own.key))
        _request(pair, stem, (*LEAF, f"subjectAltName={name}"), issuer)
        return pair


def _request(pair: KeyPair, subject: str, extensions: tuple[str, ...], issuer: tuple[str, ...] = ()) -> None:
    configuration = pair.key.with_suffix(".cnf")
    # The machine's own openssl.cnf would add extensions of its own.
    lines = ["[req]", "distinguished_name=name", "x509_extensions=extensions", "[name]", "[extensions]", *extensions]
    lines += ["subjectKeyIdentifier=hash", "authorityKeyIdentifier=keyid"]
    configuration.write_text("\n".join(lines) + "\n")
    command = [find_program("openssl"), "req", "-x509", *NEW_KEY, "-days", DAYS, "-subj", f"/CN={subject}"]
    command += ["-config", str(configuration), "-keyout", str(pair.key), "-out", str(pair.certificate), *issuer]
    ended = subprocess.run(command, check=False, capture_output=True, text=True)
    if ended.returncode != 0:
        raise RigError(f"openssl made no certificate for {subject}: {ended.stderr.strip()}")
